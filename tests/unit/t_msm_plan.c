/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/msm_plan.h"

#include "node/setup/splitmix.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { G1_SUM = 128, G2_SUM = 256, SCRATCH = 1 << 19 };

static msm_plan plan_of(const scalar_lengths *lengths, size_t n_threads)
{
    const msm_shape shape = {lengths, 0, n_threads, 3, 1, G1_SUM, G2_SUM, SCRATCH};
    msm_plan plan;
    msm_plan_make(&shape, 0, &plan);
    return plan;
}

/* Of all queries together, of those in G1, of those in G2: what the largest takes. */
static size_t most_sums(const msm_plan *plan, size_t n_threads)
{
    size_t most = 0;
    for (size_t n_g1 = 0; n_g1 <= 3; n_g1 += 3)
        for (size_t n_g2 = 0; n_g2 <= 1; n_g2++) {
            size_t n_bytes = msm_slice(plan, n_threads, n_g1, n_g2).n_slices * (n_g1 * G1_SUM + n_g2 * G2_SUM);
            most = n_bytes > most ? n_bytes : most;
        }
    return most;
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
            const size_t at[] = {plan.order_at,  plan.ones_at, plan.digits_at,  plan.sorted_at,
                                 plan.starts_at, plan.sums_at, plan.scratch_at, plan.bytes};
            const size_t len[] = {4 * plan.n_rest,
                                  4 * plan.n_ones,
                                  2 * n_digits,
                                  4 * plan.n_places * plan.n_rest,
                                  4 * plan.n_places * msm_piece_starts(&plan),
                                  most_sums(&plan, n_threads),
                                  n_threads * SCRATCH};
            assert_int_equal(at[0], 0);
            assert_int_equal(plan.n_digits, n_digits);
            for (size_t i = 0; i < 7; i++) {
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
        msm_slicing cut = msm_slice(&plan, n_threads, 3, 1);
        size_t n_slices = 0;
        for (unsigned piece = 0; piece < plan.n_pieces; piece++) {
            assert_true(msm_piece_slices(&plan, cut, piece) * cut.slice_len >= msm_piece_len(&plan, piece));
            n_slices += msm_piece_slices(&plan, cut, piece);
        }
        assert_int_equal(cut.n_slices, n_slices);
        assert_true(msm_slice(&plan, n_threads, 0, 1).n_slices >= n_slices); /* fewer queries, shorter slices */
        assert_in_range(plan.n_places, 1, plan.n_pieces);
    }
}

/* A 0/1 witness has one piece: two threads share it because it has many slices. */
static void ones_alone_are_cut_for_every_thread(void **state)
{
    (void)state;
    const scalar_lengths lengths = {{[0] = 100000, [1] = 100000}};
    msm_plan plan = plan_of(&lengths, 2);
    assert_int_equal(plan.n_pieces, 1);
    assert_true(msm_slice(&plan, 2, 3, 1).n_slices * 4 >= 32); /* tasks: four queries */
}

/* What is taken before the scalars are known is enough for any. */
static void the_bytes_of_n_scalars_hold_any_lengths(void **state)
{
    (void)state;
    uint64_t rng = 1;
    for (int trial = 0; trial < 3000; trial++) {
        scalar_lengths lengths = {{0}};
        size_t n = 1 + (size_t)(splitmix_next(&rng) >> (44 + splitmix_next(&rng) % 20)), left = n;
        for (unsigned kinds = 1 + (unsigned)(splitmix_next(&rng) % 4); kinds > 0 && left > 0; kinds--) {
            size_t some = kinds == 1 ? left : (size_t)(splitmix_next(&rng) % (left + 1));
            lengths.of_bits[splitmix_next(&rng) % 255] += some;
            left -= some;
        }
        const msm_shape shape = {&lengths, 0, 1 + (size_t)(splitmix_next(&rng) % 16), 3, 1, G1_SUM, G2_SUM, SCRATCH};
        size_t enough = msm_plan_bytes(&shape, n);
        msm_plan plan;
        msm_plan_make(&shape, enough, &plan);
        assert_in_range(plan.bytes, 1, enough);
        assert_in_range(plan.n_places, 1, plan.n_pieces);
    }
}

static void no_scalars_need_no_slices(void **state)
{
    (void)state;
    const scalar_lengths lengths = {{0}};
    msm_plan plan = plan_of(&lengths, 2);
    assert_int_equal(msm_slice(&plan, 2, 3, 1).n_slices, 0);
    assert_int_equal(plan.n_windows, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_follow_one_another_without_overlap),
        cmocka_unit_test(slices_are_those_of_all_pieces),
        cmocka_unit_test(ones_alone_are_cut_for_every_thread),
        cmocka_unit_test(the_bytes_of_n_scalars_hold_any_lengths),
        cmocka_unit_test(no_scalars_need_no_slices),
    };
    return cmocka_run_group_tests_name("msm_plan", tests, NULL, NULL);
}
