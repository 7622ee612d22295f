/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/shared/status.h"

static void the_first_fault_is_kept(void **state)
{
    (void)state;
    pt_err err = {0};
    assert_int_equal(pt_fail(&err, PT_E_FORMAT, "wire %d", 7), PT_E_FORMAT);
    assert_int_equal(pt_fail(&err, PT_E_IO, "later"), PT_E_FORMAT);
    assert_string_equal(err.msg, "wire 7");
}

static void a_message_that_cannot_be_made_is_empty(void **state)
{
    (void)state;
    pt_err err = {.msg = "old"};
    assert_int_equal(pt_fail(&err, PT_E_IO, "value %ls", L"\x20ac"), PT_E_IO); /* not in the C locale */
    assert_string_equal(err.msg, "");
}

static void a_long_message_keeps_its_ends(void **state)
{
    (void)state;
    char path[4096];
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    pt_err err = {0};
    pt_fail(&err, PT_E_FORMAT, "key/%s: section 4: value too large", path);
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
    assert_memory_equal(err.msg, "key/ppp", 7);
    assert_non_null(strstr(err.msg, "p...p"));
    const char *end = ": section 4: value too large";
    assert_string_equal(err.msg + strlen(err.msg) - strlen(end), end);
}

static void a_message_that_just_fits_is_whole(void **state)
{
    (void)state;
    for (size_t len = sizeof(((pt_err *)0)->msg) - 3; len < sizeof(((pt_err *)0)->msg); len++) {
        char text[300];
        memset(text, 'x', len);
        text[len] = '\0';
        pt_err err = {0};
        pt_fail(&err, PT_E_IO, "%s", text);
        assert_string_equal(err.msg, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_fault_is_kept),
        cmocka_unit_test(a_message_that_cannot_be_made_is_empty),
        cmocka_unit_test(a_long_message_keeps_its_ends),
        cmocka_unit_test(a_message_that_just_fits_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
