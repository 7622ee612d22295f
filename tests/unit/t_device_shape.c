/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/device_shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const device_limits limits = {.memory_bytes = 1000000007, .buffer_max = 250000, .local_bytes = 49152};

static gpu_msm_shape shape_of(const char *curve, device_msm_asked asked)
{
    return device_shape_of(pt_curve_by_name(curve, (cpu_features){0}), &limits, &asked);
}

static void a_curve_gives_the_bits_of_its_scalars_and_the_bytes_of_its_field(void **state)
{
    (void)state;
    const gpu_msm_shape bn254 = shape_of("bn254", (device_msm_asked){.n = 5}),
                        bls12_381 = shape_of("bls12_381", (device_msm_asked){.n = 5});
    assert_int_equal(bn254.scalar_bits, 254);
    assert_int_equal(bn254.fq_bytes, 32);
    assert_int_equal(bls12_381.scalar_bits, 255);
    assert_int_equal(bls12_381.fq_bytes, 48);
}

static void one_query_is_asked_for_with_all_that_was_said(void **state)
{
    (void)state;
    const gpu_msm_shape g1 = shape_of("bn254", (device_msm_asked){.n = 5}),
                        g2 = shape_of("bn254", (device_msm_asked){.g2 = true, .tables = true, .n = 7, .n_batches = 3});
    assert_true(g1.n_queries[GPU_MSM_G1] == 1 && g1.n_queries[GPU_MSM_G2] == 0 && !g1.tables && g1.n_batches == 0);
    assert_true(g2.n_queries[GPU_MSM_G1] == 0 && g2.n_queries[GPU_MSM_G2] == 1 && g2.tables && g2.n_batches == 3);
    assert_int_equal(g1.n, 5);
    assert_int_equal(g2.n, 7);
    assert_int_equal(g1.buffer_max, 250000);
    assert_int_equal(g1.local_max, 49152);
}

static void a_tenth_of_the_memory_is_left_unless_bytes_are_given(void **state)
{
    (void)state;
    static const device_limits unknown = {.buffer_max = 1};
    const device_msm_asked asked = {.n = 5};
    device_msm_asked bounded = {.n = 5, .memory_bytes = 77};
    const pt_curve *curve = pt_curve_by_name("bn254", (cpu_features){0});
    assert_int_equal(device_shape_of(curve, &limits, &asked).bytes_max, 900000000);
    assert_int_equal(device_shape_of(curve, &limits, &bounded).bytes_max, 77);
    assert_int_equal(device_shape_of(curve, &unknown, &bounded).bytes_max, 77);
    bounded.memory_bytes = limits.memory_bytes + 1; /* more than there is */
    assert_int_equal(device_shape_of(curve, &limits, &bounded).bytes_max, limits.memory_bytes);
    bounded.memory_bytes = limits.memory_bytes - 1;
    assert_int_equal(device_shape_of(curve, &limits, &bounded).bytes_max, limits.memory_bytes - 1);
    assert_int_equal(device_shape_of(curve, &unknown, &asked).bytes_max, 0); /* no bound */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_curve_gives_the_bits_of_its_scalars_and_the_bytes_of_its_field),
        cmocka_unit_test(one_query_is_asked_for_with_all_that_was_said),
        cmocka_unit_test(a_tenth_of_the_memory_is_left_unless_bytes_are_given),
    };
    return cmocka_run_group_tests_name("device_shape", tests, NULL, NULL);
}
