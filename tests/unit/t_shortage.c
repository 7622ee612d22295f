/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/shortage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const pt_err well = {0}, none = {.code = PT_E_NOMEM, .msg = "no memory for a frame"},
                    damaged = {.code = PT_E_FORMAT, .msg = "a damaged frame"};

static pt_status look(shortage *self, double now)
{
    pt_err err = {0};
    return shortage_look(self, now, &err);
}

static void memory_that_stays_short_is_given_up(void **state)
{
    (void)state;
    shortage s = {0};
    pt_err err = {0};
    for (int i = 0; i < 3; i++) {
        shortage_note(&s, &none);
        assert_int_equal(look(&s, 100 + i), PT_OK);
    }
    assert_int_equal(shortage_look(&s, 103, &err), PT_E_NOMEM);
    assert_string_equal(err.msg, "no memory for a frame, again and again");
}

static void one_that_goes_well_ends_it(void **state)
{
    (void)state;
    shortage s = {0};
    for (int i = 0; i < 100; i++) {
        shortage_note(&s, &none);
        assert_int_equal(look(&s, i * 2), PT_OK);
        shortage_note(&s, i % 2 == 0 ? &well : &damaged); /* which is no want of memory */
    }
}

static void a_quiet_time_before_it_does_not_count(void **state)
{
    (void)state;
    shortage s = {0};
    assert_int_equal(look(&s, 0), PT_OK);
    shortage_note(&s, &none);
    assert_int_equal(look(&s, 1000), PT_OK);
    assert_int_equal(look(&s, 1002), PT_OK);
    assert_int_equal(look(&s, 1004), PT_E_NOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_stays_short_is_given_up),
        cmocka_unit_test(one_that_goes_well_ends_it),
        cmocka_unit_test(a_quiet_time_before_it_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
