/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/msm_plan.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { G1_SUM = 128, G2_SUM = 256, SCRATCH = 1 << 19 };

static msm_plan plan_of(const scalar_lengths *lengths, size_t n_threads)
{
    const msm_shape shape = {lengths, 0, n_threads, 3, 1, G1_SUM, G2_SUM, SCRATCH};
    msm_plan plan;
    msm_plan_make(&shape, &plan);
    return plan;
}

/* Each array ends before the next one begins, and the last one where the plan's bytes end. */
static void arrays_follow_one_another_without_overlap(void **state)
{
    (void)state;
    for (size_t n = 0; n < (size_t)1 << 24; n = 3 * n + 1)
        for (size_t n_threads = 1; n_threads <= 3; n_threads++) {
            const scalar_lengths lengths = {{[0] = n, [1] = n / 2, [17] = n / 3, [254] = n}};
            msm_plan plan = plan_of(&lengths, n_threads);
            size_t n_digits = 0;
            for (unsigned w = 0; w < plan.n_windows; w++) {
                assert_int_equal(plan.digits_first[w], n_digits);
                n_digits += plan.reach[w];
            }
            const size_t at[] = {plan.order_at,   plan.ones_at,    plan.digits_at,  plan.sorted_at, plan.starts_at,
                                 plan.g1_sums_at, plan.g2_sums_at, plan.scratch_at, plan.bytes};
            const size_t len[] = {4 * plan.n_rest,
                                  4 * plan.n_ones,
                                  2 * n_digits,
                                  4 * plan.group * plan.n_rest,
                                  4 * plan.group * msm_piece_starts(&plan),
                                  3 * plan.n_slices * G1_SUM,
                                  plan.n_slices * G2_SUM,
                                  n_threads * SCRATCH};
            assert_int_equal(at[0], 0);
            for (size_t i = 0; i < 8; i++) {
                assert_int_equal(at[i + 1] % 64, 0);
                assert_in_range(at[i + 1] - at[i], len[i], len[i] + 63);
            }
        }
}

static void slices_are_those_of_all_pieces(void **state)
{
    (void)state;
    const scalar_lengths lengths = {{[1] = 300000, [9] = 70000, [254] = 100000}};
    for (size_t n_threads = 1; n_threads <= 64; n_threads *= 2) {
        msm_plan plan = plan_of(&lengths, n_threads);
        size_t n_slices = 0;
        for (unsigned piece = 0; piece < plan.n_pieces; piece++) {
            assert_true(msm_piece_slices(&plan, piece) * plan.slice_len >= msm_piece_len(&plan, piece));
            n_slices += msm_piece_slices(&plan, piece);
        }
        assert_int_equal(plan.n_slices, n_slices);
        assert_in_range(plan.group, 1, plan.n_pieces);
    }
}

/* A 0/1 witness has one piece: two threads share it because it has many slices. */
static void ones_alone_are_cut_for_every_thread(void **state)
{
    (void)state;
    const scalar_lengths lengths = {{[0] = 100000, [1] = 100000}};
    msm_plan plan = plan_of(&lengths, 2);
    assert_int_equal(plan.n_pieces, 1);
    assert_true(plan.n_slices * 4 >= 32); /* tasks: four queries */
}

static void no_scalars_need_no_slices(void **state)
{
    (void)state;
    const scalar_lengths lengths = {{0}};
    msm_plan plan = plan_of(&lengths, 2);
    assert_int_equal(plan.n_slices, 0);
    assert_int_equal(plan.n_windows, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_follow_one_another_without_overlap),
        cmocka_unit_test(slices_are_those_of_all_pieces),
        cmocka_unit_test(ones_alone_are_cut_for_every_thread),
        cmocka_unit_test(no_scalars_need_no_slices),
    };
    return cmocka_run_group_tests_name("msm_plan", tests, NULL, NULL);
}
