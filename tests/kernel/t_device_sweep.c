/* SPDX-License-Identifier: Apache-2.0 */
/* A sweep of accumulators on a device that refuses to launch some of them: these are skipped with the reason, the others measured. */
#include "tests/kernel/test_device.h"

#include "gpu/opencl_calls.h"
#include "node/bench/bench.h"

enum { LOG_N = 4, REPEATS = 2 };

/* The driver, and the kernel that it does not launch: with an error, or as if it had. */
static struct {
    opencl table;
    const opencl *real;
    const char *kernel;
    cl_int code;
} driver;

static cl_int CL_API_CALL launch(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *offset,
                                 const size_t *n, const size_t *group, cl_uint n_waits, const cl_event *waits,
                                 cl_event *event)
{
    char name[64] = "";
    driver.real->clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof name, name, NULL);
    if (strcmp(name, driver.kernel) != 0)
        return driver.real->clEnqueueNDRangeKernel(queue, kernel, dimensions, offset, n, group, n_waits, waits, event);
    if (driver.code == CL_SUCCESS && event != NULL)
        return driver.real->clEnqueueMarkerWithWaitList(queue, 0, NULL, event);
    return driver.code;
}

typedef struct {
    gpu_device *device;
    crew *threads;
} fixture;

static const msm_accumulator tasks = {.kind = MSM_BY_TASKS, .group = 64}, walk = TEST_WALKER_G1;

/* Measure tasks and a walker, without tables and with. */
static pt_status run(const fixture *f, sweep *asked, pt_err *err)
{
    const unsigned log_n = LOG_N;
    bench_report report = {0};
    const bench_job job = {.kind = BENCH_MSM,
                           .curve = pt_curve_by_name("bn254", (cpu_features){0}),
                           .crew = f->threads,
                           .device = f->device,
                           .n_repeats = REPEATS,
                           .log_sizes = &log_n,
                           .n_sizes = 1,
                           .scalars = SCALARS_FULL,
                           .groups = GROUP_G1,
                           .sweep = asked,
                           .report = &report};
    bench_run(&job, err);
    bench_report_clear(&report);
    assert_int_equal(gpu_device_bytes(f->device), 0);
    return err->code;
}

static void what_is_not_launched_is_skipped_with_the_reason(void **state)
{
    sweep asked = {.asked = {tasks, walk}, .n_asked = 2};
    pt_err err = {0};
    driver.kernel = "msm_walk";
    driver.code = CL_OUT_OF_RESOURCES;
    run(*state, &asked, &err);
    ASSERT_OK(err);
    assert_int_equal(asked.n, 4);
    for (size_t i = 0; i < asked.n; i++)
        if (asked.rows[i].accumulator.kind == MSM_BY_TASKS) {
            assert_string_equal(asked.rows[i].skipped, "");
            assert_int_equal(asked.rows[i].n_samples, SWEEP_PASSES * REPEATS);
            assert_true(asked.rows[i].is_best);
        } else
            assert_non_null(strstr(asked.rows[i].skipped, "bytes in buffers: CL_OUT_OF_RESOURCES (-5)"));
    sweep_clear(&asked);
}

static void a_device_that_launches_none_is_an_error(void **state)
{
    sweep asked = {.asked = {tasks, walk}, .n_asked = 2};
    pt_err err = {0};
    driver.kernel = "msm_bits";
    driver.code = CL_OUT_OF_RESOURCES;
    assert_int_equal(run(*state, &asked, &err), PT_E_DEVICE);
    assert_non_null(strstr(err.msg, "no accumulator could be measured: "));
    assert_non_null(strstr(err.msg, "msm_bits"));
    sweep_clear(&asked);
}

static void a_wrong_sum_ends_it(void **state)
{
    sweep asked = {.asked = {tasks, walk}, .n_asked = 2};
    pt_err err = {0};
    driver.kernel = "msm_bits";
    driver.code = CL_SUCCESS;
    assert_int_equal(run(*state, &asked, &err), PT_E_INTERNAL);
    assert_non_null(strstr(err.msg, "wrong sum"));
    sweep_clear(&asked);
}

int main(void)
{
    fixture f;
    pt_err err = {0};
    opencl *cl = test_opencl_or_skip();
    driver.real = cl;
    driver.table = *cl;
    driver.table.clEnqueueNDRangeKernel = launch;
    driver.kernel = "";
    if (test_device_of(&driver.table, (gpu_device_options){0}, &f.device, &err) != PT_OK ||
        crew_create(1, &f.threads, &err) != PT_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(what_is_not_launched_is_skipped_with_the_reason, &f),
        cmocka_unit_test_prestate(a_device_that_launches_none_is_an_error, &f),
        cmocka_unit_test_prestate(a_wrong_sum_ends_it, &f),
    };
    const int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    crew_destroy(f.threads);
    gpu_device_close(f.device);
    opencl_close(cl);
    return n_failed;
}
