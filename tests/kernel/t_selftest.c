/* SPDX-License-Identifier: Apache-2.0 */
/* The self-test of field and group arithmetic on a device; its answers' other tests are t_device_arith's. */
#include "tests/kernel/test_device.h"

#include "gpu/selftest.h"

static void the_device_computes_rightly(void **state)
{
    static const char *const curves[] = {"bn254", "bls12_381"};
    test_device device = test_device_open();
    pt_err err = {0};
    for (int i = 0; i < 4; i++) {
        gpu_selftest(device.device, device.queue, curves[i / 2], i % 2 + 1, &err);
        ASSERT_OK(err);
    }
    assert_int_equal(gpu_device_bytes(device.device), 0);
    test_device_close(&device);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_device_computes_rightly)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
