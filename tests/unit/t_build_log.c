/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/build_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void the_most_of_any_function_is_told(void **state)
{
    (void)state;
    build_log_figures found;
    assert_true(build_log_read("ptxas info    : Overriding global maxrregcount 512 with entry-specific value 255\n"
                               "ptxas info    : Compiling entry function 'msm_walk' for 'sm_90'\n"
                               "ptxas info    : Function properties for msm_walk\n"
                               "ptxas         .     768 bytes stack frame, 428 bytes spill stores, 500 bytes spill loads\n"
                               "ptxas info    : Used 255 registers, used 1 barriers, 768 bytes cumulative stack size\n"
                               "ptxas info    : Function properties for fq2_mul_parts\n"
                               "ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
                               "ptxas info    : Used 96 registers\n",
                               &found));
    assert_int_equal(found.registers, 255);
    assert_int_equal(found.spill_bytes, 428);
}

static void a_log_without_registers_tells_nothing(void **state)
{
    (void)state;
    static const char *const logs[] = {"", "warning: Used registers", "Used to spill 7 bytes stack frame, x"};
    build_log_figures found = {7, 8};
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        assert_false(build_log_read(logs[i], &found));
        assert_true(found.registers == 7 && found.spill_bytes == 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_of_any_function_is_told),
        cmocka_unit_test(a_log_without_registers_tells_nothing),
    };
    return cmocka_run_group_tests_name("build_log", tests, NULL, NULL);
}
