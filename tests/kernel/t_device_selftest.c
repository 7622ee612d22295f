/* SPDX-License-Identifier: Apache-2.0 */
/* What a device computes before it gets a key, for keys of all kinds. A driver that answers wrongly is t_device_key's. */
#include "tests/kernel/test_device.h"

#include "node/groth16/device_selftest.h"

enum { LOG_DOMAIN_LARGEST = 22 };

static const msm_accumulator tasks = {.kind = MSM_BY_TASKS}, walk = {.kind = MSM_BY_WALK};

static struct {
    test_device device;
    gpu_lock *lock;
} on;

/* What a device_plan has of a key that has n wires and constraints, with windows of c bits. */
static device_plan plan_of(const pt_curve *curve, unsigned log_n, unsigned c, bool tables, bool g2, msm_accumulator by)
{
    const gpu_device_info *device = gpu_device_describe(on.device.device);
    const gpu_msm_shape h = {.scalar_bits = curve->fr_bits,
                             .fq_bytes = curve->fq_bytes,
                             .n = (size_t)1 << log_n,
                             .n_queries = {1, 0},
                             .accumulators = {by, by},
                             .tables = tables,
                             .c = c,
                             .buffer_max = (uint64_t)1 << 40};
    gpu_msm_shape witness = h;
    witness.n_queries[GPU_MSM_G1] = 3;
    witness.n_queries[GPU_MSM_G2] = g2;
    device_plan plan = {.g2 = g2};
    pt_err err = {0};
    gpu_ntt_plan_init(log_n, (gpu_ntt_shape){0}, device->local_bytes, device->group_max, &plan.ntt, &err);
    gpu_msm_plan_make(&h, &plan.h, &err);
    gpu_msm_plan_make(&witness, &plan.witness, &err);
    ASSERT_OK(err);
    return plan;
}

static device_selftest_plan selftest_of(const device_plan *plan)
{
    device_selftest_plan out;
    pt_err err = {0};
    device_selftest_plan_make(plan, gpu_device_describe(on.device.device), &out, &err);
    ASSERT_OK(err);
    return out;
}

/* Right, in the bytes that were planned, which are given back. */
static void expect_right(const pt_curve *curve, const device_selftest_plan *plan)
{
    gpu_device *device = on.device.device;
    pt_err err = {0};
    gpu_device_forget_peak(device);
    device_selftest(device, on.lock, curve, plan, &err);
    ASSERT_OK(err);
    assert_int_equal(gpu_device_peak_bytes(device), plan->bytes);
    assert_int_equal(gpu_device_bytes(device), 0);
}

static const pt_curve *curve_of(size_t i)
{
    static const char *const names[] = {"bn254", "bls12_381"};
    return i < sizeof names / sizeof *names ? pt_curve_by_name(names[i], (cpu_features){0}) : NULL;
}

static void the_device_proves_rightly_by_tasks_and_by_walking_tables(void **state)
{
    (void)state;
    for (size_t i = 0; curve_of(i) != NULL; i++)
        for (int tables = 0; tables < 2; tables++) {
            const device_plan plan = plan_of(curve_of(i), 6, 0, tables, true, tables ? walk : tasks);
            const device_selftest_plan selftest = selftest_of(&plan);
            assert_int_equal(selftest.n_sums, 1);
            assert_int_equal(selftest.sums[0].tables, tables);
            assert_int_equal(selftest.sums[0].of.n_queries[GPU_MSM_G2], 1);
            for (int group = GPU_MSM_G1; group <= GPU_MSM_G2; group++)
                assert_int_equal(selftest.sums[0].accumulators[group].kind, tables ? MSM_BY_WALK : MSM_BY_TASKS);
            expect_right(curve_of(i), &selftest);
        }
}

/* Digits of 32 bits, and elements of two words; H built as a key of few wires has it: another self-test. */
static void a_large_key_s_sorts_are_tested_as_they_are_built(void **state)
{
    (void)state;
    for (size_t i = 0; curve_of(i) != NULL; i++) {
        device_plan plan = plan_of(curve_of(i), LOG_DOMAIN_LARGEST, 20, true, false, tasks);
        plan.h = plan_of(curve_of(i), LOG_DOMAIN_LARGEST, 15, false, false, tasks).h;
        assert_true(plan.witness.sort.wide && plan.witness.sort.digit_bits == 32 && !plan.h.sort.wide);
        const device_selftest_plan selftest = selftest_of(&plan);
        assert_int_equal(selftest.n_sums, 2);
        assert_true(selftest.sums[0].sort.wide && selftest.sums[0].sort.digit_bits == 32 && selftest.sums[0].tables);
        assert_true(!selftest.sums[1].sort.wide && selftest.sums[1].sort.digit_bits == 16 && !selftest.sums[1].tables);
        expect_right(curve_of(i), &selftest);
    }
}

/* A transform's small case has the key's tiles, whatever its size. */
static void quotients_of_all_sizes_are_right(void **state)
{
    (void)state;
    for (size_t i = 0; curve_of(i) != NULL; i++)
        for (unsigned log_n = 1; log_n <= GPU_NTT_LOG_N_MAX; log_n++) {
            device_plan plan = plan_of(curve_of(i), log_n, 15, false, false, tasks);
            device_selftest_plan selftest = selftest_of(&plan);
            assert_int_equal(selftest.ntt.log_tile, plan.ntt.log_tile);
            assert_int_equal(selftest.ntt.log_each, plan.ntt.log_each);
            assert_int_equal(selftest.ntt.log_n, log_n < 12 ? log_n : 12);
            selftest.n_sums = 0;
            pt_err err = {0};
            if (log_n <= 13 || log_n == LOG_DOMAIN_LARGEST)
                device_selftest(on.device.device, on.lock, curve_of(i), &selftest, &err);
            ASSERT_OK(err);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_device_proves_rightly_by_tasks_and_by_walking_tables),
        cmocka_unit_test(a_large_key_s_sorts_are_tested_as_they_are_built),
        cmocka_unit_test(quotients_of_all_sizes_are_right),
    };
    char folder[] = "/tmp/t_device_selftest.XXXXXX", command[60];
    pt_err err = {0};
    on.device = test_device_open();
    if (mkdtemp(folder) == NULL || gpu_lock_open(folder, "device", &on.lock, &err) != PT_OK)
        return 1;
    const int n_failed = cmocka_run_group_tests_name("device_selftest", tests, NULL, NULL);
    gpu_lock_close(on.lock);
    test_device_close(&on.device);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) != 0 || n_failed != 0;
}
