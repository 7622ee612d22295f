/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/input_set.h"

#include "tests/unit/format_tests.inc.h"

enum { N_FILES = 100 };

static void every_file_is_found_by_any_name_and_no_other_is(void **state)
{
    (void)state;
    char names[N_FILES][16];
    const char *paths[N_FILES + 1];
    struct stat info;
    input_set set;
    for (size_t i = 0; i < N_FILES; i++) {
        snprintf(names[i], sizeof names[i], "input-%zu", i);
        text_write("text", names[i]);
        paths[i] = names[i];
    }
    paths[N_FILES] = "absent";
    assert_int_equal(input_set_init(paths, N_FILES + 1, &set, NULL), PT_OK);
    assert_int_equal(set.n, N_FILES);
    for (size_t i = 0; i < N_FILES; i++) {
        assert_int_equal(stat(names[i], &info), 0);
        assert_true(input_set_holds(&set, &info));
    }
    assert_int_equal(link("input-7", "another-name"), 0);
    assert_int_equal(stat("another-name", &info), 0);
    assert_true(input_set_holds(&set, &info));
    text_write("text", "other");
    assert_int_equal(stat("other", &info), 0);
    assert_false(input_set_holds(&set, &info));
    input_set_clear(&set);
}

static void no_files_hold_nothing(void **state)
{
    (void)state;
    struct stat info;
    input_set set;
    assert_int_equal(stat(".", &info), 0);
    assert_int_equal(input_set_init(NULL, 0, &set, NULL), PT_OK);
    assert_false(input_set_holds(&set, &info));
    input_set_clear(&set);
    assert_false(input_set_holds(&set, &info));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_found_by_any_name_and_no_other_is),
        cmocka_unit_test(no_files_hold_nothing),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
