/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/msm_sort_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static msm_sort_plan plan_of(msm_sort_shape shape)
{
    msm_sort_plan plan;
    pt_err err = {0};
    if (msm_sort_plan_make(&shape, &plan, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return plan;
}

static void refused(msm_sort_shape shape, const char *why)
{
    msm_sort_plan plan;
    pt_err err = {0};
    assert_int_equal(msm_sort_plan_make(&shape, &plan, &err), PT_E_ARG);
    assert_non_null(strstr(err.msg, why));
}

static void what_no_sort_can_be_is_an_argument_error(void **state)
{
    (void)state;
    refused((msm_sort_shape){.n = 0, .c = 16, .n_windows = 16}, "no digits");
    refused((msm_sort_shape){.n = 1, .c = 16}, "no digits");
    refused((msm_sort_shape){.n = 1, .c = 3, .n_windows = 1}, "windows of 3 bits");
    refused((msm_sort_shape){.n = 1, .c = 26, .n_windows = 1}, "windows of 26 bits");
    refused((msm_sort_shape){.n = 1, .c = 16, .n_windows = 17}, "window 16 of 16 bits");
    refused((msm_sort_shape){.n = 1, .c = 16, .first_window = 10, .n_windows = 7}, "window 16 of 16 bits");
    refused((msm_sort_shape){.n = (size_t)1 << 31, .c = 16, .n_windows = 1}, "at most 2147483647 entries");
    refused((msm_sort_shape){.n = (size_t)1 << 27, .c = 16, .n_windows = 16}, "at most 2147483647 entries");
    refused((msm_sort_shape){.n = (size_t)1 << 28, .c = 16, .first_window = 8, .n_windows = 1, .one_set = true},
            "in 9 windows");
    refused((msm_sort_shape){.n = 1, .c = 16, .n_windows = 1, .group_threads = 48}, "work-groups of 48");
    refused((msm_sort_shape){.n = 1, .c = 16, .n_windows = 1, .group_items = 3}, "times 3 items");
    refused((msm_sort_shape){.n = 1, .c = 16, .n_windows = 1, .group_threads = 1024, .group_items = 9}, "1024 times 9");
    refused((msm_sort_shape){.n = 1, .c = 16, .n_windows = 1, .match = 4}, "match 3");
}

/* What the header reckons with. */
static void two_levels_of_one_word_take_eight_bytes_an_entry(void **state)
{
    (void)state;
    const msm_sort_plan plan = plan_of((msm_sort_shape){.n = 1 << 20, .c = 16, .n_windows = 16});
    assert_false(plan.wide);
    assert_int_equal(plan.n_entries, 1 << 24);
    assert_int_equal(plan.bytes[MSM_SORT_SCALARS], 32 << 20);
    assert_int_equal(plan.bytes[MSM_SORT_ENTRIES], 64 << 20);
    assert_int_equal(plan.bytes[MSM_SORT_SPARE], 64 << 20);
    assert_int_equal(plan.n_steps, 11);
    assert_true(plan.own_bytes < 90 << 20);
}

static void tables_of_many_points_take_three_levels_of_two_words(void **state)
{
    (void)state;
    const msm_sort_plan plan = plan_of((msm_sort_shape){.n = 1 << 24, .c = 22, .n_windows = 12, .one_set = true});
    assert_true(plan.wide);
    assert_int_equal(plan.n_buckets, 1 << 21);
    assert_int_equal(plan.bytes[MSM_SORT_SPARE], (uint64_t)12 * 8 << 24);
    assert_int_equal(plan.n_steps, 16);
    assert_int_equal(plan.steps[plan.n_steps - 5].buffers[7], MSM_SORT_ENTRIES);
}

static void bins_before_the_last_level_are_tiles_where_they_can_be(void **state)
{
    (void)state;
    for (unsigned log_n = 12; log_n <= 24; log_n++)
        for (unsigned c = 17; c <= 25; c++) {
            const msm_sort_plan plan =
                plan_of((msm_sort_shape){.n = (size_t)1 << log_n, .c = c, .n_windows = 253 / c + 1, .one_set = true});
            const size_t tile = plan.group_threads * plan.group_items, mean = plan.n_entries >> plan.first_bits;
            assert_true(mean < tile || plan.first_bits == (c == 17 ? 8 : 16));
            assert_true(plan.first_bits < c - 1 && c - 1 - plan.first_bits <= 8 && plan.first_bits <= 16);
        }
    assert_int_equal(plan_of((msm_sort_shape){.n = 1 << 20, .c = 16, .n_windows = 16}).first_bits, 8);
}

static void a_part_of_a_sort_has_its_levels_and_needs_no_more(void **state)
{
    (void)state;
    for (unsigned c = 8; c <= 24; c += 4)
        for (int one_set = 0; one_set < 2; one_set++) {
            const unsigned n_all = 253 / c + 1;
            const msm_sort_plan plan = plan_of(
                (msm_sort_shape){.n = 1 << 18, .c = c, .first_window = 1, .n_windows = n_all - 1, .one_set = one_set});
            for (unsigned n_windows = 1; n_windows < n_all; n_windows++) {
                msm_sort_plan part;
                pt_err err = {0};
                assert_int_equal(msm_sort_plan_part(&plan, 1000 * n_windows, 0, n_windows, &part, &err), PT_OK);
                assert_int_equal(part.first_bits, plan.first_bits);
                assert_int_equal(part.group_items, plan.group_items);
                for (int i = 0; i < MSM_SORT_N_BUFFERS; i++)
                    assert_true(part.bytes[i] <= plan.bytes[i]);
            }
        }
}

static void a_tile_is_as_large_as_local_memory_allows(void **state)
{
    (void)state;
    msm_sort_shape shape = {.n = 1 << 20, .c = 20, .n_windows = 13, .one_set = true};
    const msm_sort_plan largest = plan_of(shape);
    for (shape.local_max = largest.local_bytes; shape.local_max > 19000; shape.local_max -= 1000) {
        const msm_sort_plan plan = plan_of(shape);
        assert_true(plan.local_bytes <= shape.local_max && plan.group_items <= largest.group_items);
        assert_true(plan.group_items == largest.group_items || shape.local_max < largest.local_bytes);
    }
}

static void the_slots_that_there_is_room_for_are_enough(void **state)
{
    (void)state;
    for (size_t room = 2; room < 5000; room = room * 3 / 2) {
        const msm_sort_plan plan = plan_of((msm_sort_shape){.n = 1000, .c = 8, .n_windows = 32, .n_slots_max = room});
        assert_true(plan.n_slots_max <= room);
        assert_true(plan.bytes[MSM_SORT_CUTS] >= plan.n_cuts_max * sizeof(msm_cut));
    }
}

static void tasks_are_as_many_as_are_wanted(void **state)
{
    (void)state;
    msm_sort_shape shape = {.n = 1 << 18, .c = 17, .n_windows = 15, .one_set = true};
    const msm_sort_plan many = plan_of(shape);
    assert_int_equal(many.task_limit, (15 << 18) >> 17);
    shape.n_tasks_wanted = 1 << 14;
    assert_int_equal(plan_of(shape).task_limit, 2 * 60 + 64); /* twice the mean: whole buckets */
    shape.n_tasks_wanted = 1 << 15;
    assert_int_equal(plan_of(shape).task_limit, (15 << 18) >> 15);
    shape.n_tasks_wanted = SIZE_MAX;
    assert_int_equal(plan_of(shape).task_limit, 16);
}

static void options_name_the_curve_where_it_matters(void **state)
{
    (void)state;
    char options[MSM_SORT_OPTIONS_MAX];
    const msm_sort_plan plan = plan_of((msm_sort_shape){.n = 1000, .c = 17, .n_windows = 2, .match = 3});
    msm_sort_options(&plan, MSM_SORT_DIGITS, "-DPT_CURVE_BLS12_381", options);
    assert_string_equal(options, "-DPT_SORT_THREADS=256 -DPT_SORT_ITEMS=20 -DPT_SORT_WIDE=0 -DPT_SORT_DIGIT_BITS=32 "
                                 "-DPT_CURVE_BLS12_381 -DPT_SORT_MATCH=2");
    msm_sort_options(&plan, MSM_SORT_TILE_SORT, "-DPT_CURVE_BLS12_381", options);
    assert_null(strstr(options, "CURVE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_no_sort_can_be_is_an_argument_error),
        cmocka_unit_test(two_levels_of_one_word_take_eight_bytes_an_entry),
        cmocka_unit_test(tables_of_many_points_take_three_levels_of_two_words),
        cmocka_unit_test(bins_before_the_last_level_are_tiles_where_they_can_be),
        cmocka_unit_test(a_part_of_a_sort_has_its_levels_and_needs_no_more),
        cmocka_unit_test(a_tile_is_as_large_as_local_memory_allows),
        cmocka_unit_test(the_slots_that_there_is_room_for_are_enough),
        cmocka_unit_test(tasks_are_as_many_as_are_wanted),
        cmocka_unit_test(options_name_the_curve_where_it_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
