/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of `bench arith` on a device, few chains of them. As C: t_device_arith.c. */
#include "tests/kernel/test_device.h"

#include "tests/unit/arith_tests.inc.h"

#include "tests/kernel/arith_chains.inc.h"

static test_device on;

static void run_on_device(void *ctx, const char *of, const void *in, size_t in_bytes, void *out, size_t out_bytes)
{
    const bool is_group = of[0] == 'g';
    char options[80];
    gpu_kernel *kernel;
    gpu_buffer *from, *to;
    pt_err err = {0};
    (void)ctx;
    snprintf(options, sizeof options, is_group ? "%s -DPT_GROUP=%s" : "%s -DPT_BENCH_FIELD=%s", PT_CURVE_OPTION,
             is_group ? of + 1 : of);
    gpu_kernel_get(on.device, is_group ? "arith_additions" : "arith_products", options, &kernel, &err);
    ASSERT_OK(err);
    gpu_buffer_create(on.device, "in", in_bytes, &from, &err);
    gpu_buffer_create(on.device, "out", out_bytes, &to, &err);
    ASSERT_OK(err);
    gpu_queue_write(on.queue, from, 0, in, in_bytes, &err);
    gpu_queue_write(on.queue, to, 0, out, out_bytes, &err);
    gpu_queue_launch(on.queue, kernel, chain_args.n, 4,
                     GPU_ARGS(gpu_arg_buffer(from), gpu_arg_buffer(to), GPU_ARG_VALUE(chain_args)), &err);
    gpu_queue_read(on.queue, to, 0, out_bytes, out, &err);
    ASSERT_OK(err);
    gpu_buffer_destroy(to);
    gpu_buffer_destroy(from);
}

static void chains_on_the_device_end_as_the_host_s(void **state)
{
    chains_end_right(*state, run_on_device, NULL);
}

int main(void)
{
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(chains_on_the_device_end_as_the_host_s, &rng)};
    on = test_device_open();
    const int n_failed = cmocka_run_group_tests_name("arith_chains", tests, NULL, NULL);
    test_device_close(&on);
    return n_failed;
}
