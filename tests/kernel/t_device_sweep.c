/* SPDX-License-Identifier: Apache-2.0 */
/* A sweep of accumulators on a device that refuses some of their launches, is lost, or is wrong. */
#include "node/bench/bench.h"

#include "tests/kernel/failing_opencl.h"
#include "tests/kernel/test_device.h"

enum { LOG_SIZE = 4, N_ASKED = 2, N_ROWS = 2 * N_ASKED, LOST_STEPS = 40 };
enum { TASKS, WALK }; /* what is asked for, in this order */
static const char *const names[N_ASKED] = {"msm_accumulate", "msm_walk"};

/* A driver before the failing one: it refuses to launch kernels of a name, or gives zeros for what is read. */
static struct {
    opencl calls;
    const opencl *below;
    cl_kernel kernels[N_ASKED]; /* of names[]; built once */
    bool refuses[N_ASKED];
    bool forgets;
} driver;

static cl_kernel CL_API_CALL create_kernel(cl_program program, const char *name, cl_int *code)
{
    cl_kernel made = driver.below->clCreateKernel(program, name, code);
    for (size_t i = 0; i < N_ASKED; i++)
        if (strcmp(names[i], name) == 0)
            driver.kernels[i] = made;
    return made;
}

static cl_int CL_API_CALL launch(cl_command_queue queue, cl_kernel kernel, cl_uint n_dims, const size_t *offset,
                                 const size_t *n, const size_t *group, cl_uint n_after, const cl_event *after,
                                 cl_event *event)
{
    for (size_t i = 0; i < N_ASKED; i++)
        if (driver.refuses[i] && kernel == driver.kernels[i])
            return CL_OUT_OF_RESOURCES;
    return driver.below->clEnqueueNDRangeKernel(queue, kernel, n_dims, offset, n, group, n_after, after, event);
}

static cl_int CL_API_CALL read_buffer(cl_command_queue queue, cl_mem from, cl_bool blocking, size_t offset, size_t bytes,
                                      void *to, cl_uint n_after, const cl_event *after, cl_event *event)
{
    const bool forgets = driver.forgets && bytes > sizeof(msm_sort_totals);
    cl_int code = driver.below->clEnqueueReadBuffer(queue, from, forgets ? CL_TRUE : blocking, offset, bytes, to, n_after,
                                                    after, event);
    if (forgets)
        memset(to, 0, bytes);
    return code;
}

typedef struct {
    opencl *cl;
    gpu_device *device;
    crew *crew;
    sweep swept;
} sweep_use;

static void run(sweep_use *self, pt_err *err)
{
    static const unsigned size = LOG_SIZE;
    bench_report rows = {0};
    const bench_job job = {.kind = BENCH_MSM,
                           .curve = pt_curve_by_name("bn254", (cpu_features){0}),
                           .crew = self->crew,
                           .device = self->device,
                           .n_repeats = 1,
                           .seed = 7,
                           .log_sizes = &size,
                           .n_sizes = 1,
                           .scalars = SCALARS_FULL,
                           .groups = GROUP_G1,
                           .sweep = &self->swept,
                           .report = &rows};
    sweep_clear(&self->swept);
    self->swept.n_asked = N_ASKED;
    msm_accumulator_complete(&(msm_accumulator){.kind = MSM_BY_TASKS}, &self->swept.asked[TASKS], err);
    msm_accumulator_complete(&TEST_WALKER_G1, &self->swept.asked[WALK], err);
    bench_run(&job, err);
    assert_int_equal(gpu_device_bytes(self->device), 0);
    bench_report_clear(&rows);
}

static void assert_rows_are_measured(const sweep_use *self, bool walk)
{
    assert_int_equal(self->swept.n, N_ROWS);
    for (size_t i = 0; i < N_ROWS; i++) {
        const sweep_row *row = &self->swept.rows[i];
        const bool measured = row->accumulator.kind == MSM_BY_TASKS || walk;
        assert_int_equal(row->skipped[0] == '\0', measured);
        assert_int_equal(row->n_samples, measured ? SWEEP_PASSES : 0);
    }
}

static void what_can_t_be_launched_is_skipped_with_its_reason(void **state)
{
    sweep_use *self = *state;
    const char *kind;
    pt_err err = {0};
    run(self, &err); /* kernels are the device's from here on */
    ASSERT_OK(err);
    assert_rows_are_measured(self, true);
    const long n_live = failing_opencl_n_live(&kind);
    driver.refuses[WALK] = true;
    run(self, &err);
    ASSERT_OK(err);
    assert_rows_are_measured(self, false);
    for (size_t i = WALK; i < N_ROWS; i += N_ASKED) {
        const sweep_row *row = &self->swept.rows[i];
        if (strstr(row->skipped, "msm_walk") == NULL || strstr(row->skipped, "CL_OUT_OF_RESOURCES") == NULL)
            fail_msg("skipped: %s", row->skipped);
        assert_int_equal(row->n_shares, 0);
        assert_true(self->swept.rows[i - WALK].is_best);
    }
    if (failing_opencl_n_live(&kind) != n_live)
        fail_msg("a %s is left", kind);
}

static void where_no_accumulator_can_be_launched_there_is_an_error(void **state)
{
    sweep_use *self = *state;
    pt_err err = {0};
    driver.refuses[TASKS] = driver.refuses[WALK] = true;
    run(self, &err);
    assert_int_equal(err.code, PT_E_DEVICE);
    assert_non_null(strstr(err.msg, "no accumulator could be measured"));
    assert_non_null(strstr(err.msg, "msm_accumulate"));
    assert_non_null(strstr(err.msg, "CL_OUT_OF_RESOURCES"));
}

/* From the n-th call on, for a few n from the first to the last. */
static void a_device_that_is_lost_is_an_error(void **state)
{
    sweep_use *self = *state;
    pt_err none = {0};
    failing_opencl_set(0, CL_SUCCESS, false);
    run(self, &none);
    ASSERT_OK(none);
    const size_t n_calls = failing_opencl_n_calls(), step = n_calls / LOST_STEPS + 1;
    size_t n_errors = 0;
    for (size_t n = 1; n <= n_calls; n += step) {
        pt_err err = {0};
        failing_opencl_set(n, CL_DEVICE_NOT_AVAILABLE, true);
        run(self, &err);
        if (err.code == PT_OK)
            assert_rows_are_measured(self, true); /* what is released at the end is not needed any more */
        else if (strstr(err.msg, "CL_DEVICE_NOT_AVAILABLE") == NULL)
            fail_msg("%s failed (call %zu), and the error is: %s", failing_opencl_failed(), n, err.msg);
        n_errors += err.code != PT_OK;
    }
    assert_true(n_errors >= n_calls / step);
}

static void a_wrong_sum_ends_the_sweep(void **state)
{
    sweep_use *self = *state;
    pt_err err = {0};
    driver.forgets = true;
    run(self, &err);
    assert_int_equal(err.code, PT_E_INTERNAL);
    assert_non_null(strstr(err.msg, "wrong sum"));
}

static int be_right(void **state)
{
    failing_opencl_set(0, CL_SUCCESS, false);
    driver.refuses[TASKS] = driver.refuses[WALK] = false;
    driver.forgets = false;
    (void)state;
    return 0;
}

static int set_up(void **state)
{
    static sweep_use self;
    pt_err err = {0};
    self.cl = test_opencl_or_skip();
    driver.below = failing_opencl(self.cl);
    driver.calls = *driver.below;
    driver.calls.clCreateKernel = create_kernel;
    driver.calls.clEnqueueNDRangeKernel = launch;
    driver.calls.clEnqueueReadBuffer = read_buffer;
    test_device_of(&driver.calls, (gpu_device_options){0}, &self.device, &err);
    crew_create(2, &self.crew, &err);
    ASSERT_OK(err);
    *state = &self;
    return 0;
}

static int tear_down(void **state)
{
    sweep_use *self = *state;
    be_right(state);
    sweep_clear(&self->swept);
    crew_destroy(self->crew);
    gpu_device_close(self->device);
    opencl_close(self->cl);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_can_t_be_launched_is_skipped_with_its_reason, be_right),
        cmocka_unit_test_teardown(where_no_accumulator_can_be_launched_there_is_an_error, be_right),
        cmocka_unit_test_teardown(a_device_that_is_lost_is_an_error, be_right),
        cmocka_unit_test_teardown(a_wrong_sum_ends_the_sweep, be_right),
    };
    return cmocka_run_group_tests_name("device_sweep", tests, set_up, tear_down);
}
