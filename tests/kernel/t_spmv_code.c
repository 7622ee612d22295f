/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of synthesis as C, where sanitizers see them, beside node/circuit/synthesis. Every array has its own size. */
#include <string.h>

#include "tests/unit/arith_tests.inc.h"
#include "tests/unit/domain_tests.inc.h"
#include "tests/kernel/spmv_as_c.h"
#include "tests/kernel/spmv_case.h"

static void *room(size_t n, size_t bytes)
{
    void *p = aligned_alloc(16, (n * bytes + 15) / 16 * 16 + 16);
    assert_non_null(p);
    memset(p, 0xa5, n * bytes);
    return p;
}

static void multiply(const spmv_circuit *view, size_t matrix, const fr *witness, fr *rows)
{
    spmv_counts c;
    pt_err err = {0};
    assert_int_equal(spmv_count(view, matrix, &c, &err), PT_OK);
    spmv_entry *entries = malloc(c.n_entries * sizeof *entries);
    spmv_task *tasks = malloc(c.n_tasks * sizeof *tasks);
    spmv_join_task *joins = malloc(c.n_joins * sizeof *joins);
    fr *partials = room(c.n_partials, sizeof *partials);
    spmv_fill(view, matrix, &c, entries, tasks, joins);
    spmv_as_c_tasks(tasks, entries, view->values, witness, rows, partials, (spmv_args){0, (uint32_t)c.n_tasks});
    for (size_t level = 0; level < c.n_levels; level++)
        spmv_as_c_joins(
            joins, rows, partials,
            (spmv_args){(uint32_t)c.level_begin[level], (uint32_t)(c.level_begin[level + 1] - c.level_begin[level])});
    free(entries);
    free(tasks);
    free(joins);
    free(partials);
}

static void expect_the_same_bytes(test_rng *rng, const size_t *lengths, uint32_t n_rows)
{
    instance s;
    fr *expected[3], *got[3];
    for (int i = 0; i < 3; i++) {
        expected[i] = room(n_rows, sizeof(fr));
        got[i] = room(n_rows, sizeof(fr));
    }
    instance_init(&s, rng, lengths, n_rows);
    const spmv_circuit view = view_of(&s.circuit);
    ON_CREW(1, synthesis_run(threads, &s.circuit, s.witness, NULL, expected[0], expected[1], expected[2]));
    multiply(&view, 0, s.witness, got[0]);
    multiply(&view, 1, s.witness, got[1]);
    spmv_as_c_product(got[0], got[1], got[2], (spmv_args){0, n_rows});
    for (int i = 0; i < 3; i++) {
        assert_memory_equal(got[i], expected[i], n_rows * sizeof(fr));
        free(expected[i]);
        free(got[i]);
    }
    instance_clear(&s);
}

static void rows_of_every_length_are_those_of_the_host(void **state)
{
    size_t lengths[130];
    for (size_t i = 0; i < 130; i++)
        lengths[i] = i;
    expect_the_same_bytes(*state, lengths, 130);
}

static void long_rows_are_those_of_the_host(void **state)
{
    static const size_t lengths[] = {1, 33000, 0, 1025, 2};
    expect_the_same_bytes(*state, lengths, 5);
}

int main(void)
{
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(rows_of_every_length_are_those_of_the_host, &rng),
        cmocka_unit_test_prestate(long_rows_are_those_of_the_host, &rng),
    };
    return cmocka_run_group_tests_name("spmv_code", tests, NULL, NULL);
}
