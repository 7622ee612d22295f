/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/gpu_ntt_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LOCAL = 48 << 10, GROUP_MAX = 1024 };

static const gpu_ntt_shape chosen = {0};

static gpu_ntt_plan plan_of(unsigned log_n, gpu_ntt_shape shape)
{
    pt_err err = {0};
    gpu_ntt_plan plan;
    if (gpu_ntt_plan_init(log_n, shape, LOCAL, GROUP_MAX, &plan, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return plan;
}

/* Every level in one pass, neighbouring passes joined, tiles full and fitting. */
static void check_plan(const gpu_ntt_plan *p)
{
    unsigned levels = 0;
    for (unsigned i = 0; i < p->n_passes; i++) {
        const gpu_ntt_pass *pass = &p->pass[i];
        assert_int_equal(pass->log_stride, levels);
        assert_in_range(pass->log_rows, p->log_each, p->log_tile);
        if (i > 0)
            assert_int_equal(pass->log_columns + pass->log_rows, p->log_tile);
        else
            assert_int_equal(pass->log_columns, 0);
        assert_true(pass->log_columns <= pass->log_stride);
        levels += pass->log_rows;
    }
    assert_int_equal(levels, p->log_n);
    assert_int_equal(p->n_groups << p->log_tile, (size_t)1 << p->log_n);
    assert_int_equal(p->group << p->log_each, (size_t)1 << p->log_tile);
    assert_true(p->local_bytes <= LOCAL);
}

static void every_size_and_shape_takes_each_level_once(void **state)
{
    (void)state;
    for (unsigned log_n = 1; log_n <= GPU_NTT_LOG_N_MAX; log_n++) {
        gpu_ntt_plan p = plan_of(log_n, chosen);
        check_plan(&p);
        for (unsigned tile = 1; tile <= GPU_NTT_LOG_TILE_MAX; tile++)
            for (unsigned each = 1; each <= GPU_NTT_LOG_EACH_MAX; each++) {
                pt_err err = {0};
                if (gpu_ntt_plan_init(log_n, (gpu_ntt_shape){tile, each}, LOCAL, GROUP_MAX, &p, &err) == PT_OK)
                    check_plan(&p);
                else
                    assert_int_equal(err.code, PT_E_ARG);
            }
    }
}

static void passes_over_memory_are_few(void **state)
{
    (void)state;
    for (unsigned log_n = 1; log_n <= GPU_NTT_LOG_N_MAX; log_n++)
        assert_int_equal(plan_of(log_n, chosen).n_passes, log_n <= 10 ? 1 : log_n < 20 ? 2 : 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(plan_of(24, chosen).pass[i].log_rows, 8);
    for (unsigned log_n = 21; log_n <= GPU_NTT_LOG_N_MAX; log_n++) /* 64 bytes side by side */
        for (unsigned i = 1; i < 3; i++)
            assert_true(plan_of(log_n, chosen).pass[i].log_columns >= 1);
}

/* 132 multiprocessors: two groups each, and enough of them. */
static void a_transform_of_2_16_keeps_a_large_device_busy(void **state)
{
    (void)state;
    assert_int_equal(plan_of(16, chosen).n_groups, 256);
    assert_int_equal(plan_of(18, chosen).n_groups, 512);
}

/* And no work-group is larger than what NVIDIA allows a kernel whose registers are not known to be few. */
static void few_values_have_a_work_item_each_butterfly(void **state)
{
    (void)state;
    for (unsigned log_n = 1; log_n <= GPU_NTT_LOG_N_MAX; log_n++) {
        const gpu_ntt_plan p = plan_of(log_n, chosen);
        assert_true(p.group <= 256);
        assert_int_equal(p.log_each, log_n <= 18 && log_n != 10 ? 1 : 2);
    }
}

static void bytes_are_those_of_the_vectors_and_tables(void **state)
{
    (void)state;
    const gpu_ntt_plan p = plan_of(20, chosen);
    assert_int_equal(p.vector_bytes, 32 << 20);
    assert_int_equal(p.block_bytes, 32 << 20);
    assert_int_equal(p.forward_bytes, 32 << 20);
    assert_int_equal(p.odd_bytes, 64 << 20);
    assert_int_equal(p.plain_bytes, 64 << 20);
    assert_int_equal(p.roots_bytes, 61 * 32);
    assert_int_equal(p.local_bytes, 16 << 10);
    assert_int_equal(plan_of(19, chosen).local_bytes, 32 << 10);
}

static void what_has_no_passes_is_an_argument_error(void **state)
{
    static const struct {
        unsigned log_n;
        gpu_ntt_shape shape;
    } bad[] = {{0, {0}}, {GPU_NTT_LOG_N_MAX + 1, {0}}, {4, {5, 1}}, {20, {11, 2}}, {20, {10, 5}}, {1, {1, 2}}, {5, {4, 3}}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pt_err err = {0};
        gpu_ntt_plan p;
        assert_int_equal(gpu_ntt_plan_init(bad[i].log_n, bad[i].shape, LOCAL, GROUP_MAX, &p, &err), PT_E_ARG);
        assert_int_not_equal(strlen(err.msg), 0);
    }
}

static void a_tile_that_the_device_cannot_hold_is_an_error_with_the_figures(void **state)
{
    gpu_ntt_plan p;
    pt_err err = {0};
    assert_int_equal(gpu_ntt_plan_init(19, chosen, 16 << 10, GROUP_MAX, &p, &err), PT_E_DEVICE);
    assert_non_null(strstr(err.msg, "32768 bytes"));
    err = (pt_err){0};
    assert_int_equal(gpu_ntt_plan_init(19, chosen, LOCAL, 128, &p, &err), PT_E_DEVICE);
    assert_non_null(strstr(err.msg, "256 work-items"));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_and_shape_takes_each_level_once),
        cmocka_unit_test(passes_over_memory_are_few),
        cmocka_unit_test(a_transform_of_2_16_keeps_a_large_device_busy),
        cmocka_unit_test(few_values_have_a_work_item_each_butterfly),
        cmocka_unit_test(bytes_are_those_of_the_vectors_and_tables),
        cmocka_unit_test(what_has_no_passes_is_an_argument_error),
        cmocka_unit_test(a_tile_that_the_device_cannot_hold_is_an_error_with_the_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
