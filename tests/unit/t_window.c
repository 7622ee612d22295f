/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/window.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The last window of a scalar of n_bits has to hold its top bits and a carry, in a magnitude of at most 2^(width-1). */
static void the_last_window_has_room_for_a_carry(void **state)
{
    (void)state;
    for (unsigned width = WINDOW_WIDTH_MIN; width <= WINDOW_WIDTH_MAX; width++)
        for (unsigned bits = 1; bits <= SCALAR_BITS_MAX; bits++) {
            unsigned n = window_count(bits, width);
            assert_true(n <= WINDOWS_MAX);
            assert_true(bits <= n * width - 1);
            assert_true((n - 1) * width <= bits); /* and no window is idle */
        }
}

static void short_scalars_reach_low_windows_alone(void **state)
{
    (void)state;
    size_t reach[WINDOWS_MAX];
    scalar_lengths lengths = {{0}};
    lengths.of_bits[0] = 1000;
    lengths.of_bits[1] = 100;
    assert_int_equal(window_reach(&lengths, 8, reach), 0);
    assert_int_equal(reach[0], 0);
    lengths.of_bits[7] = 10;
    lengths.of_bits[8] = 5;
    lengths.of_bits[64] = 1;
    assert_int_equal(window_reach(&lengths, 8, reach), 9);
    assert_int_equal(reach[0], 16);
    assert_int_equal(reach[1], 6);
    for (unsigned w = 2; w < 9; w++)
        assert_int_equal(reach[w], 1);
    for (unsigned w = 9; w < WINDOWS_MAX; w++)
        assert_int_equal(reach[w], 0);
}

static void zeros_and_ones_cost_no_window(void **state)
{
    (void)state;
    scalar_lengths lengths = {{[0] = 1 << 20, [1] = 1 << 20}};
    for (unsigned width = WINDOW_WIDTH_MIN; width <= WINDOW_WIDTH_MAX; width++)
        assert_int_equal(window_cost(&lengths, width), 0);
}

static void the_width_chosen_costs_least(void **state)
{
    (void)state;
    for (size_t n = 1; n < (size_t)1 << 26; n = 2 * n + 1) {
        scalar_lengths lengths = {{[20] = n / 3, [254] = n}};
        unsigned chosen = window_width(&lengths);
        assert_in_range(chosen, WINDOW_WIDTH_MIN, WINDOW_WIDTH_MAX);
        for (unsigned width = WINDOW_WIDTH_MIN; width <= WINDOW_WIDTH_MAX; width++)
            assert_true(window_cost(&lengths, chosen) <= window_cost(&lengths, width));
    }
}

static void more_points_take_wider_windows(void **state)
{
    (void)state;
    unsigned before = 0;
    for (unsigned log_n = 10; log_n <= 24; log_n += 2) {
        scalar_lengths lengths = {{[254] = (size_t)1 << log_n}};
        unsigned width = window_width(&lengths);
        assert_true(width >= before);
        before = width;
    }
    assert_int_equal(before, WINDOW_WIDTH_MAX);
}

static void one_more_scalar_never_costs_less(void **state)
{
    (void)state;
    for (unsigned width = WINDOW_WIDTH_MIN; width <= WINDOW_WIDTH_MAX; width++) {
        scalar_lengths lengths = {{0}};
        uint64_t before = 0;
        for (unsigned bits = 2; bits <= 254; bits++) {
            lengths.of_bits[bits]++;
            uint64_t cost = window_cost(&lengths, width);
            assert_true(cost > before);
            before = cost;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_window_has_room_for_a_carry), cmocka_unit_test(short_scalars_reach_low_windows_alone),
        cmocka_unit_test(zeros_and_ones_cost_no_window),        cmocka_unit_test(the_width_chosen_costs_least),
        cmocka_unit_test(more_points_take_wider_windows),       cmocka_unit_test(one_more_scalar_never_costs_less),
    };
    return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
