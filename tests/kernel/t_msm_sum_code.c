/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels that sum an MSM's buckets, compiled as C: no device is needed, and a sanitizer sees every access. Per curve. */
#include "tests/kernel/msm_groups.h"

#include "node/msm/bit_fold.h"
#include "tests/kernel/sum_code.h"

enum { SMALL_GROUP = 8, N_WALKERS = 3 * SUM_WALK_GROUP };

/* ---- memory as a device has it: each buffer is of its own, and to the byte, so that a sanitizer sees the first one beyond ---- */

static void *room(size_t bytes)
{
    void *p = malloc(bytes);
    assert_non_null(p);
    memset(p, 0xa5, bytes);
    return p;
}

static void *copy_of(const void *from, size_t bytes)
{
    return memcpy(room(bytes), from, bytes);
}

static sum_memory sorted_memory(const msm_case *self, void *sums)
{
    return (sum_memory){.entries = copy_of(self->sorted_entries, self->n_entries * sizeof *self->sorted_entries),
                        .ranges = copy_of(self->ranges, self->n_buckets * sizeof *self->ranges),
                        .tasks = copy_of(self->tasks, self->totals.n_tasks * sizeof *self->tasks),
                        .cuts = copy_of(self->cuts, self->totals.n_cuts * sizeof *self->cuts),
                        .totals = copy_of(&self->totals, sizeof self->totals),
                        .sums = sums};
}

/* All but the sums. */
static void clear(sum_memory *memory)
{
    for (size_t i = 0; i < 4; i++)
        free(memory->points[i]);
    free(memory->entries);
    free(memory->ranges);
    free(memory->tasks);
    free(memory->cuts);
    free(memory->totals);
}

#define GROUP g1
#define GROUP_RUN sum_code_g1
#define GROUP_FOLD bit_fold_g1
#include "tests/kernel/sum_code_tests.inc.h"

#define GROUP g2
#define GROUP_RUN sum_code_g2
#define GROUP_FOLD bit_fold_g2
#include "tests/kernel/sum_code_tests.inc.h"

static int set_up(void **state)
{
    *state = msm_case_with_points(msm_case_make());
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

/* By tasks, and by walkers. */
static void check_both(msm_case *self)
{
    for (int walks = 0; walks <= 1; walks++) {
        g1_check_code(self, walks != 0);
        g2_check_code(self, walks != 0);
    }
}

static void each_bucket_is_the_sum_of_its_points(void **state)
{
    msm_case *self = *state;
    for (unsigned c = 4; c <= 6; c++) {
        plan_width(self, c);
        add_random(self, 4 * N_WALKERS * SUM_WALK_STRANDS, 0, self->n_buckets); /* strands are full, the last too */
        cut_entries(self, UINT32_MAX);
        check_both(self);
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
    for (size_t i = 0; i < 12; i++)
        add_entry(self, 10, (uint32_t)(i % 4 == 1 ? 0 : 2 + i), 0); /* infinity among others */
    cut_entries(self, 3);
    check_both(self);
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
