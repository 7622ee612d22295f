/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void every_name_is_read_as_it_is_written(void **state)
{
    (void)state;
    sweep all = {.n_asked = 0};
    sweep_ask_all(&all);
    assert_int_equal(all.n_asked, 4 + 3 * 3 * 3 * 2);
    for (size_t i = 0; i < all.n_asked; i++) {
        char name[MSM_ACCUMULATOR_NAME], again[MSM_ACCUMULATOR_NAME];
        msm_accumulator read;
        pt_err err = {0};
        msm_accumulator_name(&all.asked[i], name);
        assert_int_equal(msm_accumulator_read(name, &read, &err), PT_OK);
        msm_accumulator_name(&read, again);
        assert_string_equal(name, again);
        for (size_t k = 0; k < i; k++) {
            msm_accumulator_name(&all.asked[k], again);
            assert_string_not_equal(name, again);
        }
    }
}

static void what_is_no_accumulator_is_an_argument_error(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "tasks",
                                        "tasks_g0",
                                        "tasks_g48",
                                        "tasks_g064",
                                        "tasks_g64 ",
                                        "walk_g64_s8",
                                        "walk_g64_s8_private",
                                        "walk_g64_s8_near_alone",
                                        "walk_g64_s33_local_alone",
                                        "walk_g64_s8_local_together",
                                        "walk_g512_s8_local_shared"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        pt_err err = {0};
        msm_accumulator read = {.group = 7};
        assert_int_equal(msm_accumulator_read(wrong[i], &read, &err), PT_E_ARG);
        assert_int_equal(read.group, 7);
    }
}

static bool is_near(double a, double b)
{
    return a - b < 1e-12 && b - a < 1e-12;
}

static void samples_give_mean_and_deviation(void **state)
{
    (void)state;
    const double samples[] = {2, 4, 4, 4, 5, 5, 7, 9};
    sweep_row row = {.ms = 0};
    sweep_row_sum_up(&row, samples, 4);
    assert_int_equal(row.n_samples, 8);
    assert_true(is_near(row.ms, 5));
    assert_true(is_near(row.pass_ms[0], 3.5));
    assert_true(is_near(row.pass_ms[1], 6.5));
    assert_true(is_near(row.sd_ms * row.sd_ms, 32.0 / 7));
}

static sweep_row row_of(const char *name, double ms, double sd)
{
    sweep_row row = {.ms = ms, .sd_ms = sd};
    pt_err err = {0};
    msm_accumulator_read(name, &row.accumulator, &err);
    assert_int_equal(err.code, PT_OK);
    return row;
}

/* By the larger of the two deviations: 4 of them are a difference, less is none. */
static void differences_below_four_deviations_are_none(void **state)
{
    (void)state;
    sweep_row rows[] = {row_of("tasks_g32", 12, 0.5), row_of("walk_g64_s8_local_shared", 10, 0.5),
                        row_of("walk_g64_s8_local_alone", 11.96, 0.1), row_of("tasks_g64", 12, 0.6),
                        row_of("walk_g64_s4_local_alone", 1, 0.1)};
    snprintf(rows[4].skipped, sizeof rows[4].skipped, "no room");
    assert_ptr_equal(sweep_judge(rows, 5), &rows[1]);
    static const bool differs[] = {true, false, false, false, false};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(rows[i].is_best, i == 1);
        assert_int_equal(rows[i].differs, differs[i]);
    }
    assert_true(is_near(rows[0].slower, 0.2));
}

static void the_default_is_chosen_unless_another_is_better(void **state)
{
    (void)state;
    sweep_row close[] = {row_of("walk_g64_s8_local_shared", 10, 0.5), row_of("tasks_g128", 11.9, 0.1)};
    sweep_row far[] = {row_of("walk_g64_s8_local_shared", 10, 0.5), row_of("tasks_g128", 12.1, 0.1)};
    assert_ptr_equal(sweep_judge(close, 2), &close[1]);
    assert_ptr_equal(sweep_judge(far, 2), &far[0]);
    snprintf(far[0].skipped, sizeof far[0].skipped, "no room");
    assert_ptr_equal(sweep_judge(far, 2), &far[1]);
    snprintf(far[1].skipped, sizeof far[1].skipped, "no room");
    assert_null(sweep_judge(far, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_read_as_it_is_written),
        cmocka_unit_test(what_is_no_accumulator_is_an_argument_error),
        cmocka_unit_test(samples_give_mean_and_deviation),
        cmocka_unit_test(differences_below_four_deviations_are_none),
        cmocka_unit_test(the_default_is_chosen_unless_another_is_better),
    };
    return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
