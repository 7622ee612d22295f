/* SPDX-License-Identifier: Apache-2.0 */
/* Every call of OpenCL that an MSM makes fails once: a clear error or the right sum, and nothing is left. Per curve. */
#include "tests/kernel/msm_case.h"

#include "kernels/shared/msm_sort_args.h"
#include "node/msm/bit_fold.h"
#include "tests/kernel/failing_opencl.h"

#define GROUP g1
#define GROUP_FIELD fq
#include "tests/kernel/msm_points.inc.h"

#define GROUP g2
#define GROUP_FIELD fq2
#include "tests/kernel/msm_points.inc.h"

enum { N = 5, N_CALLS_MAX = 5000, N_G1_SUMS_MAX = 512, N_G2_SUMS_MAX = 32 };

/* One MSM of 5 points in one group, from its memory to its sum. */
typedef struct {
    gpu_msm_group group;
    gpu_queue *queue;
    gpu_msm *msm;
    gpu_msm_points *points;
    gpu_buffer *scalars;
    fr values[N];
    union {
        g1_xyzz g1[N_G1_SUMS_MAX];
        g2_xyzz g2[N_G2_SUMS_MAX];
    } bit_sums;
} msm_use;

/* Tables in two batches; in G2 the buckets are a walker's, who takes buffers of his own. */
static gpu_msm_shape tables_in(gpu_msm_group group)
{
    gpu_msm_shape shape = msm_case_shape(9);
    shape.n = N;
    shape.n_queries[GPU_MSM_G1 + GPU_MSM_G2 - group] = 0;
    shape.tables = true;
    shape.n_batches = 2;
    shape.accumulators[GPU_MSM_G2] = TEST_WALKER_G2;
    return shape;
}

/* In G1. Points and scalars of each are copied when it begins, and what batches keep is copied too. */
static gpu_msm_shape two_slices(void)
{
    gpu_msm_shape shape = msm_case_shape(4);
    shape.n = N;
    shape.n_queries[GPU_MSM_G2] = 0;
    shape.n_slices = 2;
    shape.n_batches = 2;
    return shape;
}

static void plan_shape(msm_case *self, gpu_msm_shape shape)
{
    pt_err err = {0};
    gpu_msm_plan_make(&shape, &self->plan, &err);
    ASSERT_OK(err);
}

static void prepare(msm_case *self, msm_use *use, pt_err *err)
{
    const bool is_g1 = use->group == GPU_MSM_G1;
    const uint8_t *points = is_g1 ? (const uint8_t *)(self->g1 + 2) : (const uint8_t *)(self->g2 + 2);
    for (uint64_t i = 0; i < N; i++)
        use->values[i] = (fr){{i + 1}};
    if (gpu_queue_create(self->device.device, &use->queue, err) != PT_OK ||
        gpu_msm_create(self->device.device, &self->plan, PT_CURVE_OPTION, &use->msm, err) != PT_OK ||
        gpu_msm_points_create(use->msm, use->queue, use->group, points, 2, N - 2, &use->points, err) != PT_OK ||
        gpu_buffer_create(self->device.device, "scalars", sizeof use->values, &use->scalars, err) != PT_OK)
        return;
    gpu_queue_write(use->queue, use->scalars, 0, use->values, sizeof use->values, err);
}

static void compute(msm_use *use, pt_err *err)
{
    const gpu_msm_query query = {use->points, (uint8_t *)&use->bit_sums};
    gpu_msm_run(use->msm, use->queue, use->scalars, &query, 1, err);
}

/* Points 2, 3 and 4 are G, -G and 4 G; their scalars 3, 4 and 5. */
static void check_sum(const gpu_msm_plan *plan, const msm_use *use)
{
    const gpu_msm_results results = gpu_msm_results_of(plan);
    const bit_fold_shape shape = {results.n_repeats, results.n_sets, plan->c};
    g1_xyzz sum1;
    g2_xyzz sum2;
    if (use->group == GPU_MSM_G1) {
        bit_fold_g1(&shape, use->bit_sums.g1, &sum1);
        g1_assert_multiple(&sum1, 3 - 4 + 20);
    } else {
        bit_fold_g2(&shape, use->bit_sums.g2, &sum2);
        g2_assert_multiple(&sum2, 3 - 4 + 20);
    }
}

/* A driver that reads the sort's counts wrongly: this word of them. */
enum { TRUTHFUL = 3 };
static struct {
    opencl calls;
    const opencl *below;
    size_t word;
} liar = {.word = TRUTHFUL};

static cl_int CL_API_CALL read_wrongly(cl_command_queue queue, cl_mem from, cl_bool blocking, size_t offset, size_t bytes,
                                       void *to, cl_uint n, const cl_event *after, cl_event *event)
{
    const bool lies = bytes == sizeof(msm_sort_totals) && liar.word < TRUTHFUL;
    cl_int code =
        liar.below->clEnqueueReadBuffer(queue, from, lies ? CL_TRUE : blocking, offset, bytes, to, n, after, event);
    if (lies)
        ((msm_word *)to)[liar.word] = 1000;
    return code;
}

static void use_once(msm_case *self, pt_err *err)
{
    msm_use use = {.group = self->plan.of.n_queries[GPU_MSM_G1] > 0 ? GPU_MSM_G1 : GPU_MSM_G2};
    const gpu_msm_results results = gpu_msm_results_of(&self->plan);
    const size_t n_sums = results.n_repeats * results.n_sets * self->plan.c;
    assert_true(n_sums <= (use.group == GPU_MSM_G1 ? N_G1_SUMS_MAX : N_G2_SUMS_MAX));
    prepare(self, &use, err);
    if (err->code == PT_OK)
        compute(&use, err);
    gpu_queue_destroy(use.queue);
    gpu_buffer_destroy(use.scalars);
    gpu_msm_points_destroy(use.points);
    gpu_msm_destroy(use.msm);
    assert_int_equal(gpu_device_bytes(self->device.device), 0);
    if (err->code == PT_OK)
        check_sum(&self->plan, &use);
}

/* Nothing stands in for a buffer or a kernel, though a sum of so few points may come out right without. */
static bool can_be_done_without(const char *call)
{
    return strcmp(call, "clCreateBuffer") != 0 && strcmp(call, "clSetKernelArg") != 0 &&
           strcmp(call, "clEnqueueNDRangeKernel") != 0;
}

static void fail_each(msm_case *self, cl_int code, bool for_good)
{
    const char *kind;
    pt_err none = {0};
    failing_opencl_set(0, CL_SUCCESS, false);
    use_once(self, &none); /* kernels are the device's from here on */
    ASSERT_OK(none);
    const long n_live = failing_opencl_n_live(&kind);
    size_t n = 1, n_errors = 0;
    for (; n < N_CALLS_MAX; n++) {
        pt_err err = {0};
        failing_opencl_set(n, code, for_good);
        use_once(self, &err);
        const char *failed = failing_opencl_failed();
        if (failed == NULL)
            break;
        if (err.code != PT_OK && strstr(err.msg, opencl_error_name(code)) == NULL)
            fail_msg("%s failed (call %zu), and the error is: %s", failed, n, err.msg);
        if (err.code == PT_OK && !can_be_done_without(failed))
            fail_msg("%s failed (call %zu), and there is no error", failed, n);
        if (failing_opencl_n_live(&kind) != n_live)
            fail_msg("%s failed (call %zu): a %s is left", failed, n, kind);
        n_errors += err.code != PT_OK;
    }
    assert_true(n > 100 && n < N_CALLS_MAX && n_errors > n / 2);
}

static void every_failed_call_ends_in_a_clear_error(void **state)
{
    plan_shape(*state, tables_in(GPU_MSM_G1));
    fail_each(*state, CL_OUT_OF_RESOURCES, false);
}

static void of_slices_every_failed_call_ends_in_a_clear_error(void **state)
{
    msm_case *self = *state;
    plan_shape(self, two_slices());
    assert_true(self->plan.n_slices == 2 && self->plan.kept_run > 0);
    fail_each(self, CL_OUT_OF_RESOURCES, false);
}

static void in_g2_every_failed_call_ends_in_a_clear_error(void **state)
{
    plan_shape(*state, tables_in(GPU_MSM_G2));
    fail_each(*state, CL_OUT_OF_RESOURCES, false);
}

static void a_device_that_is_lost_ends_in_a_clear_error(void **state)
{
    plan_shape(*state, tables_in(GPU_MSM_G1));
    fail_each(*state, CL_DEVICE_NOT_AVAILABLE, true);
}

static void counts_that_can_t_be_are_an_error(void **state)
{
    plan_shape(*state, tables_in(GPU_MSM_G1));
    failing_opencl_set(0, CL_SUCCESS, false);
    for (liar.word = 0; liar.word < TRUTHFUL; liar.word++) {
        pt_err err = {0};
        use_once(*state, &err);
        assert_int_equal(err.code, PT_E_INTERNAL);
        assert_non_null(strstr(err.msg, "counts"));
    }
}

static int set_up(void **state)
{
    pt_err err = {0};
    opencl *cl = test_opencl_or_skip();
    msm_case *self = msm_case_make();
    self->device.cl = cl;
    liar.below = failing_opencl(cl);
    liar.calls = *liar.below;
    liar.calls.clEnqueueReadBuffer = read_wrongly;
    test_device_of(&liar.calls, (gpu_device_options){0}, &self->device.device, &err);
    ASSERT_OK(err);
    g1_make_points(self);
    g2_make_points(self);
    *state = self;
    return 0;
}

static int tear_down(void **state)
{
    msm_case *self = *state;
    failing_opencl_set(0, CL_SUCCESS, false);
    gpu_device_close(self->device.device);
    opencl_close(self->device.cl);
    test_free(self);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failed_call_ends_in_a_clear_error),
        cmocka_unit_test(of_slices_every_failed_call_ends_in_a_clear_error),
        cmocka_unit_test(in_g2_every_failed_call_ends_in_a_clear_error),
        cmocka_unit_test(a_device_that_is_lost_ends_in_a_clear_error),
        cmocka_unit_test(counts_that_can_t_be_are_an_error),
    };
    return cmocka_run_group_tests_name("gpu_msm_faults", tests, set_up, tear_down);
}
