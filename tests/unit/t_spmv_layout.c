/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/spmv_layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Coefficients and wires are small numbers here, and sums are of whole numbers mod 2^64: what a device does with a layout can be done
 * by hand. */
enum { N_VALUES = 6, ZERO = 4, PLUS_ONE = 1, MINUS_ONE = 3, N_SIGNALS = 50 };
static const uint64_t coefficients[N_VALUES] = {7, 1, 1000003, UINT64_MAX, 0, 12345678901};

typedef struct {
    spmv_circuit circuit;
    uint64_t *row_start;
    spmv_entry *entries;
} instance;

static uint64_t random_next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static void *room(size_t n, size_t bytes)
{
    void *p = calloc(n > 0 ? n : 1, bytes);
    assert_non_null(p);
    return p;
}

/* Rows of these lengths, the same matrix for A and B; values by chance, or all of one. */
static instance instance_of(const size_t *lengths, uint32_t n_rows, int value)
{
    instance s = {.row_start = room(n_rows + (size_t)1, sizeof *s.row_start)};
    uint64_t state = n_rows;
    for (uint32_t row = 0; row < n_rows; row++)
        s.row_start[row + 1] = s.row_start[row] + lengths[row];
    const uint64_t n = s.row_start[n_rows];
    s.entries = room(n, sizeof *s.entries);
    for (uint64_t i = 0; i < n; i++)
        s.entries[i] = (spmv_entry){(uint32_t)(random_next(&state) % N_SIGNALS),
                                    value >= 0 ? (uint32_t)value : (uint32_t)(random_next(&state) % N_VALUES)};
    const spmv_matrix m = {s.row_start, s.entries};
    s.circuit = (spmv_circuit){.n_rows = n_rows,
                               .n_values = N_VALUES,
                               .zero = ZERO,
                               .plus_one = PLUS_ONE,
                               .minus_one = MINUS_ONE,
                               .matrices = {m, m}};
    return s;
}

static void instance_clear(instance *s)
{
    free(s->row_start);
    free(s->entries);
}

static uint64_t wire(uint32_t signal)
{
    return 31 * (uint64_t)signal + 5;
}

static uint64_t row_sum(const instance *s, size_t row)
{
    uint64_t sum = 0;
    for (uint64_t i = s->row_start[row]; i < s->row_start[row + 1]; i++)
        sum += coefficients[s->entries[i].value] * wire(s->entries[i].signal);
    return sum;
}

/* What a kernel writes: each place once. */
typedef struct {
    uint64_t *rows, *partials;
    bool *row_written, *partial_written;
    size_t n_rows, n_partials;
} sums;

static void put(const sums *s, uint32_t out, uint64_t sum)
{
    const bool partial = (out & SPMV_PARTIAL) != 0;
    const uint32_t at = out & ~SPMV_PARTIAL;
    bool *written = partial ? s->partial_written : s->row_written;
    assert_true(at < (partial ? s->n_partials : s->n_rows));
    assert_false(written[at]);
    written[at] = true;
    (partial ? s->partials : s->rows)[at] = sum;
}

/* The sum of a task, whose entries are where and what it says. */
static uint64_t task_sum(const spmv_task *t, const spmv_entry *entries, size_t n_entries)
{
    const uint32_t n_plus = t->counts & 0xff, n_minus = t->counts >> 8 & 0xff, n = n_plus + n_minus + (t->counts >> 16);
    uint64_t sum = 0;
    assert_true(n <= SPMV_TASK_MAX);
    assert_true(t->first + (uint64_t)n <= n_entries);
    for (uint32_t i = 0; i < n; i++) {
        const spmv_entry e = entries[t->first + i];
        assert_int_not_equal(e.value, ZERO);
        assert_int_equal(e.value == PLUS_ONE, i < n_plus);
        assert_int_equal(e.value == MINUS_ONE, i >= n_plus && i < n_plus + n_minus);
        sum += coefficients[e.value] * wire(e.signal);
    }
    return sum;
}

static uint64_t length_key(const spmv_task *t)
{
    return (uint64_t)(t->counts >> 16) << 32 | ((t->counts & 0xff) + (t->counts >> 8 & 0xff));
}

static void run_tasks(const spmv_counts *c, const spmv_entry *entries, const spmv_task *tasks, const sums *out)
{
    size_t n_entries = 0;
    for (size_t i = 0; i < c->n_tasks; i++) {
        put(out, tasks[i].out, task_sum(&tasks[i], entries, c->n_entries));
        n_entries += (size_t)(length_key(&tasks[i]) >> 32) + (uint32_t)length_key(&tasks[i]);
        assert_true(i == 0 || length_key(&tasks[i - 1]) >= length_key(&tasks[i]));
    }
    assert_int_equal(n_entries, c->n_entries);
}

static void run_joins(const spmv_counts *c, const spmv_join_task *joins, const sums *out)
{
    for (size_t i = 0; i < c->n_joins; i++) {
        uint64_t sum = 0;
        assert_in_range(joins[i].n, 1, SPMV_TASK_MAX);
        for (uint32_t k = 0; k < joins[i].n; k++) {
            assert_true(out->partial_written[joins[i].first + k]);
            sum += out->partials[joins[i].first + k];
        }
        put(out, joins[i].out, sum);
    }
    assert_int_equal(c->level_begin[0], 0);
    assert_int_equal(c->level_begin[c->n_levels], c->n_joins);
}

/* No join of a level reads what the same level writes: its work-items run at one time. */
static void check_levels(const spmv_counts *c, const spmv_join_task *joins)
{
    for (size_t level = 0; level < c->n_levels; level++)
        for (size_t i = c->level_begin[level]; i < c->level_begin[level + 1]; i++)
            for (size_t k = c->level_begin[level]; k < c->level_begin[level + 1]; k++)
                if (joins[k].out & SPMV_PARTIAL)
                    assert_false((joins[k].out & ~SPMV_PARTIAL) - joins[i].first < joins[i].n);
}

static spmv_counts check_rows(instance *s)
{
    spmv_counts c[2];
    pt_err err = {0};
    for (size_t m = 0; m < 2; m++) {
        assert_int_equal(spmv_count(&s->circuit, m, &c[m], &err), PT_OK);
        const size_t n_rows = s->circuit.n_rows, n_partials = c[m].n_partials;
        spmv_entry *entries = room(c[m].n_entries, sizeof *entries);
        spmv_task *tasks = room(c[m].n_tasks, sizeof *tasks);
        spmv_join_task *joins = room(c[m].n_joins, sizeof *joins);
        const sums out = {.rows = room(n_rows, 8),
                          .partials = room(n_partials, 8),
                          .row_written = room(n_rows, sizeof(bool)),
                          .partial_written = room(n_partials, sizeof(bool)),
                          .n_rows = n_rows,
                          .n_partials = n_partials};
        spmv_fill(&s->circuit, m, &c[m], entries, tasks, joins);
        run_tasks(&c[m], entries, tasks, &out);
        run_joins(&c[m], joins, &out);
        check_levels(&c[m], joins);
        for (size_t row = 0; row < n_rows; row++) {
            assert_true(out.row_written[row]);
            assert_int_equal(out.rows[row], row_sum(s, row));
        }
        void *const used[] = {entries, tasks, joins, out.rows, out.partials, out.row_written, out.partial_written};
        for (size_t i = 0; i < sizeof used / sizeof *used; i++)
            free(used[i]);
    }
    return c[0];
}

static void rows_of_every_length_are_their_sums(void **state)
{
    enum { N = 300 };
    size_t lengths[N];
    uint64_t seed = 5;
    for (size_t i = 0; i < N; i++)
        lengths[i] = i < 140 ? i : random_next(&seed) % 5;
    instance s = instance_of(lengths, N, -1);
    check_rows(&s);
    instance_clear(&s);
    (void)state;
}

static void rows_of_one_class_are_their_sums(void **state)
{
    static const size_t lengths[] = {0, 1, 31, 32, 33, 64, 65, 1024, 1025, 0, 3};
    for (int value = 0; value < N_VALUES; value++) {
        instance s = instance_of(lengths, sizeof lengths / sizeof *lengths, value);
        const spmv_counts c = check_rows(&s);
        assert_int_equal(c.n_entries, value == ZERO ? 0 : s.row_start[s.circuit.n_rows]);
        instance_clear(&s);
    }
    (void)state;
}

/* A long row is cut again and again: 40,000 entries are 1,250 tasks, 40 joins, 2, 1. */
static void a_long_row_takes_levels_of_joins(void **state)
{
    static const size_t lengths[] = {2, 40000, 1, 33, 1025};
    instance s = instance_of(lengths, 5, 0);
    const spmv_counts c = check_rows(&s);
    assert_int_equal(c.n_levels, 3);
    assert_int_equal(c.n_tasks, 1 + 1250 + 1 + 2 + 33);
    assert_int_equal(c.level_begin[1], 40 + 1 + 2);
    assert_int_equal(c.level_begin[2] - c.level_begin[1], 2 + 1);
    assert_int_equal(c.level_begin[3] - c.level_begin[2], 1);
    instance_clear(&s);
    (void)state;
}

static void a_circuit_without_entries_writes_zeros(void **state)
{
    static const size_t lengths[3];
    instance s = instance_of(lengths, 3, -1);
    const spmv_counts c = check_rows(&s);
    assert_int_equal(c.n_tasks, 3);
    assert_int_equal(c.n_joins + c.n_partials + c.n_entries, 0);
    instance_clear(&s);
    (void)state;
}

/* One that the places of special coefficients lie beyond. */
static void a_dictionary_without_special_ones_has_products_alone(void **state)
{
    static const size_t lengths[] = {5, 70};
    instance s = instance_of(lengths, 2, -1);
    spmv_counts c;
    pt_err err = {0};
    s.circuit.zero = s.circuit.plus_one = s.circuit.minus_one = N_VALUES;
    assert_int_equal(spmv_count(&s.circuit, 1, &c, &err), PT_OK);
    spmv_entry entries[75];
    spmv_task tasks[4];
    spmv_join_task joins[1];
    assert_int_equal(c.n_entries, 75);
    assert_int_equal(c.n_tasks, 4);
    spmv_fill(&s.circuit, 1, &c, entries, tasks, joins);
    assert_memory_equal(entries, s.entries, sizeof entries);
    assert_int_equal(tasks[3].counts, 5 << 16);
    instance_clear(&s);
    (void)state;
}

static void what_a_word_does_not_number_is_refused(void **state)
{
    static const uint64_t entries[2] = {0, (uint64_t)UINT32_MAX + 1};
    pt_err err = {0};
    spmv_counts c;
    const spmv_circuit large = {.n_rows = 1, .matrices = {{entries, NULL}, {entries, NULL}}};
    assert_int_equal(spmv_count(&large, 1, &c, &err), PT_E_ARG);
    assert_string_equal(err.msg, "matrix B: 4294967296 entries in 1 rows are more than a word numbers");
    (void)state;
}

static void rows_that_would_be_partial_sums_are_refused(void **state)
{
    static const uint64_t entries[1];
    pt_err err = {0};
    spmv_counts c;
    const spmv_circuit large = {.n_rows = ((uint32_t)1 << 31) + 1, .matrices = {{entries, NULL}, {entries, NULL}}};
    assert_int_equal(spmv_count(&large, 0, &c, &err), PT_E_ARG);
    assert_string_equal(err.msg, "a circuit of 2147483649 rows: a device numbers 2147483648 at most");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_every_length_are_their_sums),
        cmocka_unit_test(rows_of_one_class_are_their_sums),
        cmocka_unit_test(a_long_row_takes_levels_of_joins),
        cmocka_unit_test(a_circuit_without_entries_writes_zeros),
        cmocka_unit_test(a_dictionary_without_special_ones_has_products_alone),
        cmocka_unit_test(what_a_word_does_not_number_is_refused),
        cmocka_unit_test(rows_that_would_be_partial_sums_are_refused),
    };
    return cmocka_run_group_tests_name("spmv_layout", tests, NULL, NULL);
}
