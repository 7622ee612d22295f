/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/bench/bench_report.h"

static void rows_are_of_sorted_samples_and_kept_in_order(void **state)
{
    pt_err err = {0};
    bench_report report = {0};
    for (int i = 0; i < 100; i++) {
        double samples[] = {5, 1, 3};
        const bench_label label = {i == 99 ? "last" : "other", 8, 2, "ms", "itself", NULL};
        assert_int_equal(bench_report_add(&report, &label, samples, 3, &err), PT_OK);
    }
    const bench_row *last = &report.rows[99];
    assert_int_equal(report.n, 100);
    assert_string_equal(last->name, "last");
    assert_float_equal((float)last->median, 3.0f, 1e-6f);
    assert_float_equal((float)last->p25, 2.0f, 1e-6f);
    assert_float_equal((float)last->min, 1.0f, 1e-6f);
    assert_int_equal(last->n_threads, 2);
    bench_report_clear(&report);
    bench_report_clear(&report);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_of_sorted_samples_and_kept_in_order),
    };
    return cmocka_run_group_tests_name("bench_report", tests, NULL, NULL);
}
