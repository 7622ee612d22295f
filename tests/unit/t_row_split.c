/* SPDX-License-Identifier: Apache-2.0 */
#include "node/circuit/row_split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/setup/splitmix.h"

enum { N_ROWS_MAX = 5000 };

typedef struct {
    uint64_t a[N_ROWS_MAX + 1], b[N_ROWS_MAX + 1];
    csr circuit;
} rows;

static void init(rows *r, uint32_t n_rows)
{
    r->circuit = (csr){.n_rows = n_rows, .a.row_start = r->a, .b.row_start = r->b};
    r->a[0] = r->b[0] = 0;
}

/* Every row in one part, in order, and no part with more than its share and one row. */
static void check_parts(const csr *circuit, size_t n_parts)
{
    const uint64_t total = row_split_work(circuit, circuit->n_rows);
    size_t next = 0;
    for (size_t part = 0; part < n_parts; part++) {
        const crew_range range = row_split_part(circuit, n_parts, part);
        assert_int_equal(range.begin, next);
        assert_in_range(range.end, range.begin, circuit->n_rows);
        next = range.end;
        if (range.begin == range.end)
            continue;
        const uint64_t work = row_split_work(circuit, range.end - 1) - row_split_work(circuit, range.begin);
        assert_true(work <= total / n_parts + 1); /* without its last row it is below its share */
    }
    assert_int_equal(next, circuit->n_rows);
}

static void every_row_is_in_one_part_of_even_work(void **state)
{
    (void)state;
    static rows r;
    uint64_t seed = 7;
    for (uint32_t n_rows = 1; n_rows <= N_ROWS_MAX; n_rows = 3 * n_rows + 1)
        for (unsigned spread = 1; spread < 20; spread += 6) {
            init(&r, n_rows);
            for (size_t i = 0; i < n_rows; i++) {
                r.a[i + 1] = r.a[i] + splitmix_next(&seed) % (1ULL << splitmix_next(&seed) % spread);
                r.b[i + 1] = r.b[i] + splitmix_next(&seed) % 3;
            }
            for (size_t n_parts = 1; n_parts <= 200; n_parts = 2 * n_parts + 1)
                check_parts(&r.circuit, n_parts);
        }
}

static void equal_rows_are_dealt_out_by_number(void **state)
{
    (void)state;
    static rows r;
    init(&r, 4096);
    for (size_t i = 0; i < 4096; i++) {
        r.a[i + 1] = r.a[i] + 3;
        r.b[i + 1] = r.b[i] + 1;
    }
    for (size_t part = 0; part < 8; part++)
        assert_int_equal(row_split_part(&r.circuit, 8, part).begin, 512 * part);
}

static void a_row_that_outweighs_all_others_stands_alone(void **state)
{
    (void)state;
    static rows r;
    init(&r, 1000);
    for (size_t i = 0; i < 1000; i++) {
        r.a[i + 1] = r.a[i] + (i == 300 ? 1 << 30 : 1);
        r.b[i + 1] = 0;
    }
    check_parts(&r.circuit, 4);
    assert_int_equal(row_split_part(&r.circuit, 4, 0).end, 301);
    assert_int_equal(row_split_part(&r.circuit, 4, 3).end, 1000);
}

static void rows_without_entries_are_work_too(void **state)
{
    (void)state;
    static rows r;
    init(&r, 64);
    for (size_t i = 0; i < 64; i++)
        r.a[i + 1] = r.b[i + 1] = 0;
    check_parts(&r.circuit, 4);
    assert_int_equal(row_split_part(&r.circuit, 4, 1).begin, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_in_one_part_of_even_work),
        cmocka_unit_test(equal_rows_are_dealt_out_by_number),
        cmocka_unit_test(a_row_that_outweighs_all_others_stands_alone),
        cmocka_unit_test(rows_without_entries_are_work_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
