/* SPDX-License-Identifier: Apache-2.0 */
/* The self-test of field and group arithmetic on a device; its answers' other tests are t_device_arith's. G2 comes last: drivers take
 * longest to build it. */
#include "tests/kernel/test_device.h"

#include "gpu/selftest.h"

static test_device on;

static void computes_rightly_in(int group)
{
    static const char *const curves[] = {"bn254", "bls12_381"};
    pt_err err = {0};
    for (size_t i = 0; i < 2; i++)
        gpu_selftest(on.device, on.queue, NULL, curves[i], group, &err);
    ASSERT_OK(err);
    assert_int_equal(gpu_device_bytes(on.device), 0);
}

static void the_device_computes_rightly_in_fields_and_g1(void **state)
{
    (void)state;
    computes_rightly_in(1);
}

static void the_device_computes_rightly_in_g2(void **state)
{
    (void)state;
    computes_rightly_in(2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_device_computes_rightly_in_fields_and_g1),
        cmocka_unit_test(the_device_computes_rightly_in_g2),
    };
    on = test_device_open();
    const int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_device_close(&on);
    return n_failed;
}
