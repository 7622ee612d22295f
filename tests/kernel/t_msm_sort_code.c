/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels that sort an MSM's entries, compiled as C: no device is needed, and a sanitizer sees them.
 *
 * usage: t_msm_sort_code [whole]     whole: every kind of scalars in the largest shapes too */
#include "tests/kernel/sort_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/kernel/sort_shapes.h"

/* Sort in memory that is full of junk beforehand, and check. */
static void sort_and_check(const msm_sort_plan *plan, const uint32_t *scalars)
{
    void *buffers[MSM_SORT_N_BUFFERS];
    for (int i = 0; i < MSM_SORT_N_BUFFERS; i++) {
        buffers[i] = malloc(plan->bytes[i]); /* to the byte, so that a sanitizer sees the first one beyond */
        assert_non_null(buffers[i]);
        memset(buffers[i], 0xa5, plan->bytes[i]);
    }
    memcpy(buffers[MSM_SORT_SCALARS], scalars, plan->bytes[MSM_SORT_SCALARS]);
    for (size_t i = 0; i < plan->n_steps; i++)
        sort_code_run(&plan->steps[i], buffers);
    const sort_result result = {buffers[MSM_SORT_ENTRIES], buffers[MSM_SORT_TASKS], buffers[MSM_SORT_CUTS],
                                *(msm_sort_totals *)buffers[MSM_SORT_TOTALS]};
    sort_check(plan, scalars, &result);
    for (int i = 0; i < MSM_SORT_N_BUFFERS; i++)
        free(buffers[i]);
}

enum { C_LARGE = 17 }; /* windows of so many bits have buckets for seconds */

/* Is it left to the whole test? */
static bool is_left_out(const msm_sort_shape *shape, sort_kind kind, bool whole)
{
    return !whole && shape->c >= C_LARGE && kind != SORT_UNIFORM && kind != SORT_MONSTER;
}

/* Returns how many kinds of scalars were sorted. */
static size_t try_shape(msm_sort_shape shape, bool whole)
{
    size_t n_tried = 0;
    if (shape.n_windows == 0)
        shape.n_windows = (sort_order_bits() - 1) / shape.c + 1;
    shape.group_threads = PT_SORT_THREADS;
    shape.group_items = PT_SORT_ITEMS;
    shape.wide = PT_SORT_WIDE;
    msm_sort_plan plan;
    pt_err err = {0};
    assert_int_equal(msm_sort_plan_make(&shape, &plan, &err), PT_OK);
    if (plan.wide != PT_SORT_WIDE || plan.digit_bits != PT_SORT_DIGIT_BITS)
        return 0; /* another program has its kernels */
    assert_int_equal(plan.local_bytes, sort_code_local_bytes());
    uint32_t *scalars = calloc(shape.n, 32);
    assert_non_null(scalars);
    for (int kind = 0; kind < SORT_N_KINDS; kind++) {
        if (is_left_out(&shape, (sort_kind)kind, whole))
            continue;
        print_message("%zu scalars, %s: %u windows of %u bits from %u on%s\n", shape.n, sort_kind_names[kind],
                      shape.n_windows, shape.c, shape.first_window, shape.one_set ? ", one set" : "");
        sort_draw((sort_kind)kind, shape.n, 7, scalars);
        sort_and_check(&plan, scalars);
        n_tried++;
    }
    free(scalars);
    return n_tried;
}

static void every_kind_of_scalars_is_sorted_in_every_shape(void **state)
{
    const bool *whole = *state;
    size_t n_tried = 0;
    for (int i = 0; i < SORT_N_SHAPES; i++)
        n_tried += try_shape(sort_shapes[i], *whole);
    assert_true(n_tried > 0);
}

int main(int argc, char **argv)
{
    bool whole = argc > 1 && strcmp(argv[1], "whole") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_kind_of_scalars_is_sorted_in_every_shape, &whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
