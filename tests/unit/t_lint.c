/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/lint_parts.h"
#include "tests/unit/lint_tests.inc.h"

static void every_rule_is_found_by_its_name(void **state)
{
    (void)state;
    lint_rule rule;
    for (int i = 0; i < LINT_RULES; i++) {
        assert_true(lint_rule_find(lint_rule_name((lint_rule)i), &rule));
        assert_int_equal(rule, i);
    }
    assert_false(lint_rule_find("no-rule", &rule));
    assert_false(lint_rule_find("", &rule));
}

static void every_rule_stands_in_the_documentation_with_its_severity(void **state)
{
    (void)state;
    image usage = image_read(PT_TESTS_DIR "/../docs/usage.md");
    usage.bytes[usage.n] = 0;
    for (int i = 0; i < LINT_RULES; i++) {
        char row[80];
        snprintf(row, sizeof row, "\n| `%s` | %s | ", lint_rule_name((lint_rule)i),
                 lint_severity_name(lint_rule_severity((lint_rule)i)));
        if (strstr((const char *)usage.bytes, row) == NULL)
            fail_msg("docs/usage.md has no row \"%s\"", row + 1);
    }
    free(usage.bytes);
}

static void indices_are_counted_and_the_first_shown(void **state)
{
    (void)state;
    lint_indices list = {0};
    char text[LINT_INDICES_ROOM];
    lint_indices_add(&list, 7);
    lint_indices_text(&list, 9, text);
    assert_string_equal(text, "1 of 9: 7");
    for (uint32_t i = 1; i < 8; i++)
        lint_indices_add(&list, UINT32_MAX);
    lint_indices_text(&list, 9, text);
    assert_null(strstr(text, "others"));
    lint_indices_add(&list, 1);
    list.n = UINT32_MAX;
    lint_indices_text(&list, UINT32_MAX, text);
    assert_non_null(strstr(text, "4294967295 of 4294967295: 7, 4294967295, "));
    assert_string_equal(text + strlen(text) - 11, " and others");
}

static void only_a_malformed_file_is_a_finding(void **state)
{
    (void)state;
    lint_report report = {0};
    pt_err err = {0};
    pt_fail(&err, PT_E_FORMAT, "a: b.zkey: section 2: odd");
    assert_int_equal(lint_take_error(&report, "a: b.zkey", &err), PT_OK);
    assert_int_equal(err.code, PT_OK);
    expect_rules(&report, "malformed");
    expect_finding(&report, 0, "", "section 2: odd");
    pt_fail(&err, PT_E_NOMEM, "no memory");
    assert_int_equal(lint_take_error(&report, "a", &err), PT_E_NOMEM);
    assert_int_equal(report.n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_is_found_by_its_name),
        cmocka_unit_test(every_rule_stands_in_the_documentation_with_its_severity),
        cmocka_unit_test(indices_are_counted_and_the_first_shown),
        cmocka_unit_test(only_a_malformed_file_is_a_finding),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
