/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/printable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_line_has_no_control_character(void **unused)
{
    (void)unused;
    char text[] = "a\nb\x1b[2Jc\x7f\t\xc3\xa9";
    printable_line(text);
    assert_string_equal(text, "a?b?[2Jc??\xc3\xa9");
}

static void expect_json(const char *text, const char *expected)
{
    json_t *value = printable_json(text);
    assert_non_null(value);
    assert_string_equal(json_string_value(value), expected);
    json_decref(value);
}

static void any_name_becomes_a_json_string(void **unused)
{
    (void)unused;
    expect_json("w.wtns", "w.wtns");
    expect_json("caf\xc3\xa9\n", "caf\xc3\xa9\n");
    expect_json("caf\xe9.wtns", "caf?.wtns");
    expect_json("", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_no_control_character),
        cmocka_unit_test(any_name_becomes_a_json_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
