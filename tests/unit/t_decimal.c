/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/decimal.h"

#include "tests/unit/format_tests.inc.h"

static bool reads(const char *text, size_t n_bytes, uint8_t *out)
{
    return decimal_to_bytes(text, strlen(text), n_bytes, out);
}

static void integers_come_back_as_they_were(void **state)
{
    (void)state;
    static const char *const integers[] = {
        "0",
        "1",
        "9",
        "10",
        "18446744073709551615",
        "18446744073709551616",
        "10000000000000000000",
        "100000000000000000000000000000000000000",
        "340282366920938463463374607431768211455",
        "21888242871839275222246405745257275088548364400416034343698204186575808495616",
        "115792089237316195423570985008687907853269984665640564039457584007913129639935"};
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
        uint8_t bytes[DECIMAL_BYTES_MAX];
        char text[DECIMAL_CHARS_MAX];
        assert_true(reads(integers[i], 32, bytes));
        decimal_from_bytes(bytes, 32, text);
        assert_string_equal(text, integers[i]);
    }
}

static void bytes_are_little_endian(void **state)
{
    (void)state;
    uint8_t bytes[8];
    assert_true(reads("258", 8, bytes));
    assert_int_equal(bytes[0], 2);
    assert_int_equal(bytes[1], 1);
    assert_int_equal(bytes[2], 0);
}

static void the_largest_integer_has_116_digits(void **state)
{
    (void)state;
    uint8_t bytes[DECIMAL_BYTES_MAX], back[DECIMAL_BYTES_MAX];
    char text[DECIMAL_CHARS_MAX];
    memset(bytes, 0xff, sizeof bytes);
    decimal_from_bytes(bytes, sizeof bytes, text);
    assert_int_equal(strlen(text), 116);
    assert_true(reads(text, sizeof back, back));
    assert_memory_equal(bytes, back, sizeof bytes);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[32] = {7};
    assert_false(reads("18446744073709551616", 8, bytes));
    assert_false(reads("115792089237316195423570985008687907853269984665640564039457584007913129639936", 32, bytes));
    assert_false(
        reads("999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999", 32, bytes));
    assert_int_equal(bytes[0], 7);
}

static void only_plain_digits_are_integers(void **state)
{
    (void)state;
    static const char *const others[] = {"", "-1", "+1", " 1", "1 ", "01", "00", "0x10", "1e3", "1.0", "1_000", "\xd9\xa1"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        uint8_t bytes[32];
        assert_false(reads(others[i], 32, bytes));
    }
    uint8_t bytes[32];
    assert_false(decimal_to_bytes("1\0", 2, 32, bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_come_back_as_they_were),    cmocka_unit_test(bytes_are_little_endian),
        cmocka_unit_test(the_largest_integer_has_116_digits), cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(only_plain_digits_are_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
