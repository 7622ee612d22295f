/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_count_is_a_whole_decimal_number_or_a_power_of_two(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        size_t value;
    } good[] = {{"0", 0}, {"1", 1}, {"007", 7}, {"4096", 4096}, {"2^0", 1}, {"2^18", 1u << 18}, {"2^62", (size_t)1 << 62}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        size_t value = 12345;
        assert_true(cli_read_count(good[i].text, 0, SIZE_MAX, &value));
        assert_int_equal(value, good[i].value);
    }
}

static void anything_else_is_no_count(void **unused)
{
    (void)unused;
    static const char *const bad[] = {"",    " ",   "-1", "+1",   "1 ",   " 1",   "1x",  "0x10",
                                      "1e3", "1.0", "2^", "2^-1", "2^63", "2^^3", "3^2", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t value = 12345;
        assert_false(cli_read_count(bad[i], 0, SIZE_MAX, &value));
        assert_int_equal(value, 12345);
    }
}

static void a_count_outside_of_its_bounds_is_refused(void **unused)
{
    (void)unused;
    size_t value = 12345;
    assert_false(cli_read_count("0", 1, 10, &value));
    assert_false(cli_read_count("11", 1, 10, &value));
    assert_false(cli_read_count("2^4", 1, 10, &value));
    assert_true(cli_read_count("10", 1, 10, &value));
    assert_int_equal(value, 10);
}

static void a_check_is_one_of_three_words(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        key_check check;
    } good[] = {{"full", KEY_CHECK_FULL}, {"quick", KEY_CHECK_QUICK}, {"none", KEY_CHECK_NONE}};
    for (size_t i = 0; i < 3; i++) {
        key_check check = KEY_CHECK_QUICK;
        assert_true(cli_read_check(good[i].text, &check));
        assert_int_equal(check, good[i].check);
    }
    static const char *const bad[] = {"", "Full", "ful", "fuller", "quick,full", "0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        key_check check;
        assert_false(cli_read_check(bad[i], &check));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_count_is_a_whole_decimal_number_or_a_power_of_two),
        cmocka_unit_test(anything_else_is_no_count),
        cmocka_unit_test(a_count_outside_of_its_bounds_is_refused),
        cmocka_unit_test(a_check_is_one_of_three_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
