/* SPDX-License-Identifier: Apache-2.0 */
#include "node/circuit/synthesis.h"

#include "tests/unit/arith_tests.inc.h"
#include "tests/unit/domain_tests.inc.h"

enum { N_SIGNALS = 40, N_VALUES = 8, ENTRIES_A_ROW = 6 };

/* Coefficients that circuits have (1, -1, 2, 2^k, r - 1 is -1) and random ones; witness values of every kind. */
typedef struct {
    csr circuit;
    fr value[N_VALUES];      /* canonical */
    fr dictionary[N_VALUES]; /* twice in Montgomery form */
    fr witness[N_SIGNALS];   /* canonical */
} instance;

/* Rows of 0 to ENTRIES_A_ROW - 1 entries, signals repeated at will. */
static csr_matrix rng_matrix(test_rng *rng, uint32_t n_rows)
{
    csr_matrix m = {calloc(n_rows + (size_t)1, sizeof *m.row_start),
                    malloc(n_rows * (size_t)ENTRIES_A_ROW * sizeof *m.entries)};
    assert_non_null(m.row_start);
    assert_non_null(m.entries);
    for (uint32_t row = 0; row < n_rows; row++) {
        uint64_t end = m.row_start[row] + rng_next(rng) % ENTRIES_A_ROW;
        for (uint64_t i = m.row_start[row]; i < end; i++)
            m.entries[i] = (csr_entry){(uint32_t)(rng_next(rng) % N_SIGNALS), (uint32_t)(rng_next(rng) % N_VALUES)};
        m.row_start[row + 1] = end;
    }
    return m;
}

static void instance_init(instance *s, test_rng *rng, uint32_t n_rows)
{
    fr minus_one = fr_modulus;
    minus_one.limb[0]--;
    const fr kinds[] = {{{1}}, minus_one, {{2}}, {{0}}, {{0, 1}}};
    for (size_t i = 0; i < N_VALUES; i++) {
        s->value[i] = i < 5 ? kinds[i] : rng_fr(rng);
        fr_to_mont(&s->dictionary[i], &s->value[i]);
        fr_to_mont(&s->dictionary[i], &s->dictionary[i]);
    }
    for (size_t i = 0; i < N_SIGNALS; i++)
        s->witness[i] = i < 20 ? kinds[i % 5] : rng_fr(rng);
    s->circuit = (csr){.n_rows = n_rows,
                       .n_values = N_VALUES,
                       .values = (uint8_t *)s->dictionary,
                       .value_bytes = sizeof(fr),
                       .a = rng_matrix(rng, n_rows),
                       .b = rng_matrix(rng, n_rows)};
}

static void instance_clear(instance *s)
{
    free(s->circuit.a.row_start);
    free(s->circuit.a.entries);
    free(s->circuit.b.row_start);
    free(s->circuit.b.entries);
}

/* The row's sum by its definition, everything in Montgomery form. */
static fr plain_product(const instance *s, const csr_matrix *m, size_t row)
{
    fr sum = fr_zero, coefficient, w;
    for (uint64_t i = m->row_start[row]; i < m->row_start[row + 1]; i++) {
        fr_to_mont(&coefficient, &s->value[m->entries[i].value]);
        fr_to_mont(&w, &s->witness[m->entries[i].signal]);
        fr_mul(&w, &w, &coefficient);
        fr_add(&sum, &sum, &w);
    }
    return sum;
}

static void rows_are_the_plain_products(void **state)
{
    static const uint32_t sizes[] = {1, 2, 7, 64, 1023, 1024, 1025, 4096};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        instance s;
        const uint32_t n = sizes[k];
        instance_init(&s, *state, n);
        fr *a = test_alloc(n), *b = test_alloc(n), *c = test_alloc(n);
        for (size_t n_threads = 1; n_threads <= 3; n_threads++) {
            ON_CREW(n_threads, synthesis_run(threads, &s.circuit, s.witness, NULL, a, b, c));
            for (uint32_t row = 0; row < n; row++) {
                fr pa = plain_product(&s, &s.circuit.a, row), pb = plain_product(&s, &s.circuit.b, row), pc;
                fr_mul(&pc, &pa, &pb);
                assert_true(fr_eq(&a[row], &pa));
                assert_true(fr_eq(&b[row], &pb));
                assert_true(fr_eq(&c[row], &pc));
            }
            memset(a, 0xff, n * sizeof *a);
        }
        free(a);
        free(b);
        free(c);
        instance_clear(&s);
    }
}

static void a_row_without_entries_is_zero(void **state)
{
    instance s;
    instance_init(&s, *state, 3);
    memset(s.circuit.a.row_start, 0, 4 * sizeof *s.circuit.a.row_start);
    fr a[3], b[3], c[3];
    memset(a, 0xff, sizeof a);
    ON_CREW(1, synthesis_run(threads, &s.circuit, s.witness, NULL, a, b, c));
    for (int i = 0; i < 3; i++) {
        assert_true(fr_is_zero(&a[i]));
        assert_true(fr_is_zero(&c[i]));
    }
    instance_clear(&s);
}

static void a_dictionary_without_one_is_no_special_case(void **state)
{
    instance s;
    instance_init(&s, *state, 64);
    for (int i = 0; i < 2; i++) {
        s.value[i] = s.value[5];
        s.dictionary[i] = s.dictionary[5];
    }
    fr a[64], b[64], c[64];
    ON_CREW(1, synthesis_run(threads, &s.circuit, s.witness, NULL, a, b, c));
    for (uint32_t row = 0; row < 64; row++) {
        fr expected = plain_product(&s, &s.circuit.a, row);
        assert_true(fr_eq(&a[row], &expected));
    }
    instance_clear(&s);
}

int main(void)
{
    skip_unless_supported();
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(rows_are_the_plain_products, &rng),
        cmocka_unit_test_prestate(a_row_without_entries_is_zero, &rng),
        cmocka_unit_test_prestate(a_dictionary_without_one_is_no_special_case, &rng),
    };
    return cmocka_run_group_tests_name("synthesis", tests, NULL, NULL);
}
