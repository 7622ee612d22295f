/* SPDX-License-Identifier: Apache-2.0 */
/* Synthesis on a device beside node/circuit/synthesis: the same bytes. */
#include "tests/kernel/test_device.h"

#include <string.h>

#include "gpu/spmv.h"
#include "node/circuit/synthesis.h"
#include "tests/unit/arith_tests.inc.h"
#include "tests/unit/domain_tests.inc.h"

#ifdef PT_CURVE_BN254
#define CURVE_OPTIONS "-DPT_CURVE_BN254"
#else
#define CURVE_OPTIONS "-DPT_CURVE_BLS12_381"
#endif

_Static_assert(sizeof(csr_entry) == sizeof(spmv_entry), "entries are handed over as they lie");

enum { N_SIGNALS = 60, N_VALUES = 8, ZERO = 3, PLUS_ONE = 0, MINUS_ONE = 1 };

typedef struct {
    test_device device;
    test_rng rng;
} room;

static int set_up(void **state)
{
    room *self = test_calloc(1, sizeof *self);
    self->device = test_device_open();
    self->rng = rng_start();
    *state = self;
    return 0;
}

static int tear_down(void **state)
{
    room *self = *state;
    test_device_close(&self->device);
    test_free(self);
    return 0;
}

/* Coefficients and witness values: 0, 1, -1, 2, 2^64, and random ones. */
typedef struct {
    csr circuit;
    fr dictionary[N_VALUES]; /* twice in Montgomery form */
    fr witness[N_SIGNALS];   /* canonical */
} instance;

static csr_matrix matrix_of(test_rng *rng, const size_t *lengths, uint32_t n_rows)
{
    csr_matrix m = {test_calloc(n_rows + (size_t)1, sizeof *m.row_start), NULL};
    for (uint32_t row = 0; row < n_rows; row++)
        m.row_start[row + 1] = m.row_start[row] + lengths[row];
    const size_t n = m.row_start[n_rows];
    m.entries = test_calloc(n + 1, sizeof *m.entries);
    for (size_t i = 0; i < n; i++)
        m.entries[i] = (csr_entry){(uint32_t)(rng_next(rng) % N_SIGNALS), (uint32_t)(rng_next(rng) % N_VALUES)};
    return m;
}

/* Rows of these lengths in A, in the other order in B. */
static void instance_init(instance *s, test_rng *rng, const size_t *lengths, uint32_t n_rows)
{
    fr minus_one = fr_modulus;
    size_t *turned = test_calloc(n_rows, sizeof *turned);
    minus_one.limb[0]--;
    const fr kinds[] = {{{1}}, minus_one, {{2}}, {{0}}, {{0, 1}}};
    for (size_t i = 0; i < N_VALUES; i++) {
        s->dictionary[i] = i < 5 ? kinds[i] : rng_fr(rng);
        fr_to_mont(&s->dictionary[i], &s->dictionary[i]);
        fr_to_mont(&s->dictionary[i], &s->dictionary[i]);
    }
    for (size_t i = 0; i < N_SIGNALS; i++)
        s->witness[i] = i < 20 ? kinds[i % 5] : rng_fr(rng);
    for (uint32_t i = 0; i < n_rows; i++)
        turned[i] = lengths[n_rows - 1 - i];
    s->circuit = (csr){.n_rows = n_rows,
                       .n_values = N_VALUES,
                       .values = (uint8_t *)s->dictionary,
                       .value_bytes = sizeof(fr),
                       .a = matrix_of(rng, lengths, n_rows),
                       .b = matrix_of(rng, turned, n_rows)};
    test_free(turned);
}

static void instance_clear(instance *s)
{
    test_free(s->circuit.a.row_start);
    test_free(s->circuit.a.entries);
    test_free(s->circuit.b.row_start);
    test_free(s->circuit.b.entries);
}

static spmv_circuit view_of(const csr *c)
{
    return (spmv_circuit){.n_rows = c->n_rows,
                          .n_values = c->n_values,
                          .values = c->values,
                          .value_bytes = c->value_bytes,
                          .zero = ZERO,
                          .plus_one = PLUS_ONE,
                          .minus_one = MINUS_ONE,
                          .matrices = {{c->a.row_start, (const spmv_entry *)(const void *)c->a.entries},
                                       {c->b.row_start, (const spmv_entry *)(const void *)c->b.entries}}};
}

/* a, b and c of the device, one behind the other; the witness and they are new buffers. */
static void run_on_device(room *self, const spmv_circuit *view, const fr *witness, fr *out)
{
    gpu_buffer *w, *rows[3];
    gpu_spmv *spmv;
    pt_err err = {0};
    uint64_t planned;
    const size_t row_bytes = view->n_rows * sizeof(fr);
    gpu_queue *queue = self->device.queue;
    gpu_spmv_bytes(view, &planned, &err);
    gpu_spmv_create(self->device.device, queue, CURVE_OPTIONS, view, &spmv, &err);
    ASSERT_OK(err);
    assert_int_equal(gpu_device_bytes(self->device.device), planned);
    gpu_buffer_create(self->device.device, "witness", N_SIGNALS * sizeof *witness, &w, &err);
    gpu_queue_write(queue, w, 0, witness, N_SIGNALS * sizeof *witness, &err);
    for (int i = 0; i < 3; i++) {
        gpu_buffer_create(self->device.device, "rows", row_bytes, &rows[i], &err);
        gpu_queue_fill(queue, rows[i], 0, UINT32_MAX, row_bytes, &err);
    }
    ASSERT_OK(err);
    gpu_spmv_run(spmv, queue, w, rows[0], rows[1], rows[2], &err);
    for (size_t i = 0; i < 3; i++)
        gpu_queue_read(queue, rows[i], 0, row_bytes, out + i * view->n_rows, &err);
    ASSERT_OK(err);
    for (int i = 0; i < 3; i++)
        gpu_buffer_destroy(rows[i]);
    gpu_buffer_destroy(w);
    gpu_spmv_destroy(spmv);
    assert_int_equal(gpu_device_bytes(self->device.device), 0);
}

static void expect_the_same_bytes(room *self, const instance *s, const spmv_circuit *view)
{
    const size_t n = s->circuit.n_rows;
    fr *expected = test_calloc(3 * n, sizeof *expected), *got = test_calloc(3 * n, sizeof *got);
    ON_CREW(2, synthesis_run(threads, &s->circuit, s->witness, NULL, expected, expected + n, expected + 2 * n));
    run_on_device(self, view, s->witness, got);
    for (size_t i = 0; i < 3 * n; i++)
        if (memcmp(&got[i], &expected[i], sizeof *got) != 0)
            fail_msg("%c differs in row %zu of %zu", "abc"[i / n], i % n, n);
    test_free(expected);
    test_free(got);
}

static void rows_of_every_length_are_those_of_the_host(void **state)
{
    enum { N = 700 };
    room *self = *state;
    size_t lengths[N];
    instance s;
    for (size_t i = 0; i < N; i++)
        lengths[i] = i < 140 ? i : rng_next(&self->rng) % 5;
    instance_init(&s, &self->rng, lengths, N);
    const spmv_circuit view = view_of(&s.circuit);
    expect_the_same_bytes(self, &s, &view);
    instance_clear(&s);
}

static void long_rows_are_those_of_the_host(void **state)
{
    static const size_t lengths[] = {1, 40000, 0, 1024, 1025, 2, 33};
    room *self = *state;
    instance s;
    instance_init(&s, &self->rng, lengths, sizeof lengths / sizeof *lengths);
    const spmv_circuit view = view_of(&s.circuit);
    expect_the_same_bytes(self, &s, &view);
    instance_clear(&s);
}

static void a_dictionary_without_special_ones_gives_the_same(void **state)
{
    static const size_t lengths[] = {5, 0, 70, 1, 3, 9, 2, 2};
    room *self = *state;
    instance s;
    instance_init(&s, &self->rng, lengths, sizeof lengths / sizeof *lengths);
    spmv_circuit view = view_of(&s.circuit);
    view.zero = view.plus_one = view.minus_one = N_VALUES;
    expect_the_same_bytes(self, &s, &view);
    instance_clear(&s);
}

static void the_largest_values_give_the_same(void **state)
{
    static const size_t lengths[] = {33, 33, 1, 64, 2};
    room *self = *state;
    instance s;
    instance_init(&s, &self->rng, lengths, sizeof lengths / sizeof *lengths);
    for (size_t i = 0; i < N_SIGNALS; i++)
        s.witness[i] = s.witness[1]; /* r - 1 */
    for (size_t i = 5; i < N_VALUES; i++) {
        s.dictionary[i] = fr_modulus;
        s.dictionary[i].limb[0] -= i;
    }
    const spmv_circuit view = view_of(&s.circuit);
    expect_the_same_bytes(self, &s, &view);
    instance_clear(&s);
}

static void circuits_without_entries_or_of_one_row_are_those_of_the_host(void **state)
{
    static const size_t none[3], one[] = {1};
    room *self = *state;
    instance s;
    instance_init(&s, &self->rng, none, 3);
    spmv_circuit view = view_of(&s.circuit);
    expect_the_same_bytes(self, &s, &view);
    instance_clear(&s);
    instance_init(&s, &self->rng, one, 1);
    view = view_of(&s.circuit);
    expect_the_same_bytes(self, &s, &view);
    instance_clear(&s);
}

static void a_device_without_room_is_an_error_and_leaves_nothing(void **state)
{
    static const size_t lengths[] = {40, 3, 2, 1};
    const gpu_device_options options = {.memory_max = 1000};
    room *self = *state;
    instance s;
    pt_err err = {0};
    gpu_spmv *spmv;
    test_device small = test_device_open_with(&options);
    instance_init(&s, &self->rng, lengths, 4);
    const spmv_circuit view = view_of(&s.circuit);
    assert_int_equal(gpu_spmv_create(small.device, small.queue, CURVE_OPTIONS, &view, &spmv, &err), PT_E_NOMEM);
    assert_int_equal(gpu_device_bytes(small.device), 0);
    instance_clear(&s);
    test_device_close(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_every_length_are_those_of_the_host),
        cmocka_unit_test(long_rows_are_those_of_the_host),
        cmocka_unit_test(a_dictionary_without_special_ones_gives_the_same),
        cmocka_unit_test(the_largest_values_give_the_same),
        cmocka_unit_test(circuits_without_entries_or_of_one_row_are_those_of_the_host),
        cmocka_unit_test(a_device_without_room_is_an_error_and_leaves_nothing),
    };
    return cmocka_run_group_tests_name("spmv", tests, set_up, tear_down);
}
