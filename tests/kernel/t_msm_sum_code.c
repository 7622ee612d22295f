/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels that sum an MSM's buckets, compiled as C: no device is needed, and a sanitizer sees every access. Per curve. */
#include "tests/kernel/msm_case.h"

#include "node/msm/bit_fold.h"
#include "tests/kernel/sum_code.h"

enum { SMALL_GROUP = 8 };

#define GROUP g1
#define GROUP_FIELD fq
#include "tests/kernel/msm_points.inc.h"
#define GROUP g1
#define GROUP_RUN sum_code_g1
#define GROUP_FOLD bit_fold_g1
#include "tests/kernel/sum_code_tests.inc.h"

#define GROUP g2
#define GROUP_FIELD fq2
#include "tests/kernel/msm_points.inc.h"
#define GROUP g2
#define GROUP_RUN sum_code_g2
#define GROUP_FOLD bit_fold_g2
#include "tests/kernel/sum_code_tests.inc.h"

static int set_up(void **state)
{
    msm_case *self = msm_case_make();
    g1_make_points(self);
    g2_make_points(self);
    *state = self;
    return 0;
}

static int tear_down(void **state)
{
    test_free(*state);
    return 0;
}

static void plan_width(msm_case *self, unsigned c)
{
    pt_err err = {0};
    const gpu_msm_shape shape = msm_case_shape(c);
    gpu_msm_plan_make(&shape, &self->plan, &err);
    ASSERT_OK(err);
    begin_entries(self);
}

static void each_bucket_is_the_sum_of_its_points(void **state)
{
    msm_case *self = *state;
    for (unsigned c = 4; c <= 6; c++) {
        plan_width(self, c);
        add_random(self, 150, 0, self->n_buckets);
        cut_entries(self, UINT32_MAX);
        g1_check_code(self);
        g2_check_code(self);
    }
}

static void cut_buckets_are_combined(void **state)
{
    msm_case *self = *state;
    plan_width(self, 4);
    add_random(self, 60, 0, self->n_buckets);
    add_random(self, 90, 3, 1); /* more partial sums than a group has work-items */
    for (size_t i = 0; i < 20; i++)
        add_entry(self, 9, 1 + (uint32_t)(i % 3), 0); /* P, P, -P ... */
    cut_entries(self, 3);
    g1_check_code(self);
    g2_check_code(self);
}

static void multiples_are_right(void **state)
{
    g1_check_multiples(*state);
    g2_check_multiples(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_bucket_is_the_sum_of_its_points),
        cmocka_unit_test(cut_buckets_are_combined),
        cmocka_unit_test(multiples_are_right),
    };
    return cmocka_run_group_tests_name("msm_sum_code", tests, set_up, tear_down);
}
