/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/time_axis.h"
#include "tests/unit/report_tests.inc.h"

static void assert_label(const time_axis *axis, size_t tick, const char *expected)
{
    printed page;
    time_axis_label(axis, tick, printed_open(&page));
    assert_string_equal(printed_close(&page), expected);
}

static void assert_duration(double seconds, const char *expected)
{
    printed page;
    time_axis_duration(seconds, printed_open(&page));
    assert_string_equal(printed_close(&page), expected);
}

/* From nanoseconds to a month, wherever it begins: steps of 1, 2 or 5, no tick outside, and more would be too many. */
static void ticks_fit_every_window(void **state)
{
    (void)state;
    for (double from = 0; from < 2; from += 0.37)
        for (double length = 3e-9; length < 3e6; length *= 1.7) {
            const timeline_window window = {from, from + length};
            time_axis axis = time_axis_of(window, 12);
            int64_t digit = axis.step_ns;
            while (digit % 10 == 0)
                digit /= 10;
            assert_true(digit == 1 || digit == 2 || digit == 5);
            assert_true(axis.n <= 12);
            assert_true(axis.n >= 4 || axis.step_ns == 1);
            assert_int_equal(axis.first_ns % axis.step_ns, 0);
            assert_true(time_axis_at(&axis, 0) >= from - 1e-9);
            assert_true(time_axis_at(&axis, axis.n - 1) <= window.to + 1e-9);
            assert_true(time_axis_at(&axis, 0) - (double)axis.step_ns * 1e-9 < from + 1e-9);
            assert_true(time_axis_at(&axis, axis.n) > window.to - 1e-9);
        }
}

static void labels_have_the_step_s_digits(void **state)
{
    (void)state;
    time_axis axis = time_axis_of((timeline_window){0, 3.9}, 12);
    assert_label(&axis, 1, "0.5 s");
    assert_label(&axis, 4, "2.0 s");
    axis = time_axis_of((timeline_window){0, 39}, 12);
    assert_label(&axis, 1, "5 s");
    axis = time_axis_of((timeline_window){0, 0.25}, 12);
    assert_label(&axis, 2, "100 ms");
    axis = time_axis_of((timeline_window){0, 0.0008}, 12);
    assert_label(&axis, 1, "100 us");
    axis = time_axis_of((timeline_window){4.00000009, 4.00000041}, 12);
    assert_label(&axis, 0, "4.00000010 s");
    axis = time_axis_of((timeline_window){0, 0}, 12);
    assert_int_equal(axis.n, 1);
    assert_label(&axis, 0, "0.000 us");
}

static void durations_have_the_unit_that_suits(void **state)
{
    (void)state;
    assert_duration(0, "0.0 us");
    assert_duration(12.3456, "12.346 s");
    assert_duration(0.0123456, "12.35 ms");
    assert_duration(0.0000123456, "12.3 us");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_fit_every_window),
        cmocka_unit_test(labels_have_the_step_s_digits),
        cmocka_unit_test(durations_have_the_unit_that_suits),
    };
    return cmocka_run_group_tests_name("time_axis", tests, NULL, NULL);
}
