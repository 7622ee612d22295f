/* SPDX-License-Identifier: Apache-2.0 */
/* A device's sums over a sorted form that the test makes itself: bucket by bucket, bit sums, tables of multiples. Per curve. */
#include "tests/kernel/msm_groups.h"

#include "gpu/gpu_msm_state.h"
#include "node/msm/bit_fold.h"

#define GROUP g1
#define GROUP_ENUM GPU_MSM_G1
#define GROUP_FOLD bit_fold_g1
#include "tests/kernel/msm_group_tests.inc.h"

#define GROUP g2
#define GROUP_ENUM GPU_MSM_G2
#define GROUP_FOLD bit_fold_g2
#include "tests/kernel/msm_group_tests.inc.h"

static void plan_width(msm_case *self, unsigned c)
{
    const gpu_msm_shape shape = msm_case_shape(c);
    msm_case_plan(self, &shape);
    begin_entries(self);
}

static void check_both(msm_case *self, uint32_t task_max)
{
    end_entries(self, task_max);
    g1_check(self);
    g2_check(self);
}

/* From sets that msm_bits alone sums to such that msm_halve halves twice before. */
static void each_bucket_is_the_sum_of_its_points(void **state)
{
    msm_case *self = *state;
    for (unsigned c = 4; c <= 10; c += 3) {
        plan_width(self, c);
        add_random(self, 1500, 0, self->n_buckets);
        check_both(self, UINT32_MAX);
    }
}

static void cut_buckets_are_combined(void **state)
{
    msm_case *self = *state;
    plan_width(self, 5);
    add_random(self, 1000, 0, self->n_buckets);
    add_random(self, 1200, 3, 1);
    add_random(self, 70, self->n_buckets - 1, 1);
    check_both(self, 12); /* tens of pairs, and one of a hundred, for which there is a launch with larger groups */
    assert_true(self->totals.n_cuts > 2 && self->totals.n_slots > 2 * self->totals.n_cuts + 64);
}

/* Of each kind a bucket that is summed at once, and one whose partial sums are equal, opposite or infinite. */
static void exceptional_sums_are_right(void **state)
{
    enum { INFINITE, P, P_AGAIN, P_NEGATIVE, OTHER };
    static const uint32_t lists[][8] = {
        {INFINITE, INFINITE},
        {P, P},
        {P, P_AGAIN, P, P_AGAIN},
        {P, P_NEGATIVE},
        {P, P_NEGATIVE, P_NEGATIVE, P, OTHER},
        {INFINITE, P, INFINITE, P_NEGATIVE},
        {P, P, P_NEGATIVE, P_NEGATIVE, P},
        {OTHER, P, OTHER, P, OTHER, P},
    };
    static const size_t lengths[] = {2, 2, 4, 2, 5, 4, 5, 6};
    msm_case *self = *state;
    for (uint32_t task_max = 1; task_max <= 3; task_max++) {
        plan_width(self, 4);
        for (uint32_t i = 0; i < 8; i++)
            for (size_t j = 0; j < lengths[i]; j++)
                add_entry(self, i, lists[i][j], 0);
        add_entry(self, 8, OTHER, 0);
        add_entry(self, 8, OTHER, 1); /* to infinity by the sign */
        check_both(self, task_max);
    }
}

static void empty_buckets_are_infinity_in_every_run(void **state)
{
    msm_case *self = *state;
    plan_width(self, 9);
    add_random(self, 900, 0, self->n_buckets);
    check_both(self, 4);
    begin_entries(self); /* the same memory, with almost nothing in it */
    add_entry(self, 17, 5, 1);
    check_both(self, 4);
    begin_entries(self);
    check_both(self, 4);
}

static void tables_hold_the_multiples_of_each_window(void **state)
{
    msm_case *self = *state;
    for (unsigned c = 8; c <= 14; c += 6) { /* 32 windows and 19: several chunks, and a part of one */
        gpu_msm_shape shape = msm_case_shape(c);
        shape.tables = true;
        msm_case_plan(self, &shape);
        assert_true(self->plan.tables);
        g1_check_points(self, 0, N_POINTS);
        g2_check_points(self, 100, N_POINTS - 101);
    }
}

static void points_may_lie_in_several_buffers(void **state)
{
    msm_case *self = *state;
    for (size_t quarters = 1; quarters <= 3; quarters += 2) {
        gpu_msm_shape shape = msm_case_shape(4);
        shape.buffer_max = N_POINTS * sizeof(g2_affine) * quarters / 4; /* 4 or 2 parts in G2, and small other buffers */
        shape.n_batches = gpu_msm_windows(FR_BITS, 4);
        msm_case_plan(self, &shape);
        assert_int_equal(gpu_msm_part_len(&self->plan, GPU_MSM_G2), N_POINTS * quarters / 4);
        g1_check_points(self, 7, 300);
        g2_check_points(self, 200, 1);
        begin_entries(self);
        add_random(self, 1000, 0, self->n_buckets);
        check_both(self, UINT32_MAX);
    }
}

static void points_beyond_the_scalars_are_refused(void **state)
{
    msm_case *self = *state;
    pt_err err = {0}, group_err = {0};
    gpu_msm_points *points;
    gpu_msm_shape shape = msm_case_shape(8);
    shape.n_queries[GPU_MSM_G2] = 0;
    msm_case_plan(self, &shape);
    assert_int_equal(gpu_msm_points_create(self->msm, self->device.queue, GPU_MSM_G1, (const uint8_t *)self->g1, 1,
                                           N_POINTS, &points, &err),
                     PT_E_ARG);
    assert_int_equal(gpu_msm_points_create(self->msm, self->device.queue, GPU_MSM_G2, (const uint8_t *)self->g2, 0, 1,
                                           &points, &group_err),
                     PT_E_ARG);
}

static void sum_by_walkers(msm_case *self, msm_accumulator g1, msm_accumulator g2)
{
    void *state = self;
    self->accumulators[GPU_MSM_G1] = g1;
    self->accumulators[GPU_MSM_G2] = g2;
    each_bucket_is_the_sum_of_its_points(&state);
    cut_buckets_are_combined(&state);
    exceptional_sums_are_right(&state);
    empty_buckets_are_infinity_in_every_run(&state);
    points_may_lie_in_several_buffers(&state);
    memset(self->accumulators, 0, sizeof self->accumulators);
}

static void walkers_sum_every_bucket(void **state)
{
    sum_by_walkers(*state, TEST_WALKER_G1, TEST_WALKER_G2);
}

static void walkers_with_private_products_sum_every_bucket(void **state)
{
    sum_by_walkers(*state, TEST_WALKER_PRIVATE, TEST_WALKER_PRIVATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_bucket_is_the_sum_of_its_points),
        cmocka_unit_test(cut_buckets_are_combined),
        cmocka_unit_test(exceptional_sums_are_right),
        cmocka_unit_test(empty_buckets_are_infinity_in_every_run),
        cmocka_unit_test(tables_hold_the_multiples_of_each_window),
        cmocka_unit_test(points_may_lie_in_several_buffers),
        cmocka_unit_test(walkers_sum_every_bucket),
        cmocka_unit_test(walkers_with_private_products_sum_every_bucket),
        cmocka_unit_test(points_beyond_the_scalars_are_refused),
    };
    return cmocka_run_group_tests_name("msm_sums", tests, msm_set_up, msm_tear_down);
}
