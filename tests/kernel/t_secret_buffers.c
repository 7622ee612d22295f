/* SPDX-License-Identifier: Apache-2.0 */
/* What lies in buffers of a device when they go back: nothing of a witness. Per curve. */
#include "tests/kernel/msm_case.h"

#include "gpu/opencl_calls.h"
#include "gpu/spmv.h"
#include "tests/unit/domain_tests.inc.h"
#include "tests/kernel/spmv_case.h"

#define GROUP g1
#define GROUP_FIELD fq
#include "tests/kernel/msm_points.inc.h"

enum { N_MEMS_MAX = 64 };

/* The driver's calls, but for those that make and release buffers, which look at what is released. */
static struct {
    opencl calls;
    const opencl *real;
    cl_command_queue queue; /* the latest */
    struct {
        cl_mem mem;
        size_t bytes;
    } mems[N_MEMS_MAX];
    size_t n_mems, n_released, n_left, left_bytes[N_MEMS_MAX]; /* left: released with a byte that is not 0 */
} watch;

static cl_command_queue CL_API_CALL make_queue(cl_context context, cl_device_id id, cl_command_queue_properties properties,
                                               cl_int *code)
{
    return watch.queue = watch.real->clCreateCommandQueue(context, id, properties, code);
}

static cl_mem CL_API_CALL make_buffer(cl_context context, cl_mem_flags flags, size_t bytes, void *host, cl_int *code)
{
    cl_mem mem = watch.real->clCreateBuffer(context, flags, bytes, host, code);
    assert_true(watch.n_mems < N_MEMS_MAX);
    watch.mems[watch.n_mems].mem = mem;
    watch.mems[watch.n_mems++].bytes = bytes;
    return mem;
}

static void look_at(cl_mem mem, size_t bytes)
{
    uint8_t any = 0, *content = test_calloc(bytes, 1);
    assert_int_equal(watch.real->clEnqueueReadBuffer(watch.queue, mem, CL_TRUE, 0, bytes, content, 0, NULL, NULL),
                     CL_SUCCESS);
    for (size_t i = 0; i < bytes; i++)
        any |= content[i];
    test_free(content);
    watch.n_released++;
    if (any != 0)
        watch.left_bytes[watch.n_left++] = bytes;
}

static cl_int CL_API_CALL release_buffer(cl_mem mem)
{
    size_t i = 0;
    while (i < watch.n_mems && watch.mems[i].mem != mem)
        i++;
    assert_true(i < watch.n_mems);
    look_at(mem, watch.mems[i].bytes);
    watch.mems[i] = watch.mems[--watch.n_mems];
    return watch.real->clReleaseMemObject(mem);
}

static void forget_released(void)
{
    watch.n_released = watch.n_left = 0;
}

/* That are not released yet. */
static void look_at_all(void)
{
    forget_released();
    for (size_t i = 0; i < watch.n_mems; i++)
        look_at(watch.mems[i].mem, watch.mems[i].bytes);
}

static void secret_buffers_alone_are_zeroed(void **state)
{
    msm_case *self = *state;
    static const char text[4099] = "secret";
    pt_err err = {0};
    gpu_buffer *secret, *other;
    gpu_buffer_create_secret(self->device.device, "secret", sizeof text, &secret, &err);
    gpu_buffer_create(self->device.device, "other", sizeof text - 1, &other, &err);
    gpu_queue_write(self->device.queue, secret, 0, text, sizeof text, &err);
    gpu_queue_write(self->device.queue, secret, sizeof text - 6, text, 6, &err);
    gpu_queue_write(self->device.queue, other, 0, text, sizeof text - 1, &err);
    ASSERT_OK(err);
    forget_released();
    gpu_buffer_destroy(other);
    gpu_buffer_destroy(secret);
    assert_int_equal(watch.n_released, 2);
    assert_int_equal(watch.n_left, 1);
    assert_int_equal(watch.left_bytes[0], sizeof text - 1);
}

static void an_msm_leaves_nothing_of_its_scalars(void **state)
{
    enum { N = 40, C = 6 };
    msm_case *self = *state;
    gpu_msm_shape shape = msm_case_shape(C);
    shape.n = N;
    shape.n_slices = 2;
    shape.n_queries[GPU_MSM_G2] = 0;
    fr scalars[N];
    pt_err err = {0};
    gpu_msm_points *points;
    gpu_buffer *buffer;
    msm_case_plan(self, &shape);
    const gpu_msm_results results = gpu_msm_results_of(&self->plan);
    g1_xyzz *sums = test_calloc(results.n_repeats * results.n_sets * C, sizeof *sums);
    for (size_t i = 0; i < N; i++)
        scalars[i] = rng_fr(&self->rng);
    gpu_buffer_create_secret(self->device.device, "scalars", sizeof scalars, &buffer, &err);
    gpu_queue_write(self->device.queue, buffer, 0, scalars, sizeof scalars, &err);
    gpu_msm_points_create(self->msm, self->device.queue, GPU_MSM_G1, (const uint8_t *)self->g1, 0, N, &points, &err);
    ASSERT_OK(err);
    gpu_msm_run(self->msm, self->device.queue, buffer, &(gpu_msm_query){points, (uint8_t *)sums}, 1, &err);
    ASSERT_OK(err);
    gpu_msm_points_destroy(points);
    look_at_all();
    assert_true(watch.n_left > MSM_SORT_N_BUFFERS / 2);
    gpu_queue_wipe(self->device.queue, buffer, &err);
    gpu_msm_wipe(self->msm, self->device.queue, &err);
    gpu_queue_wait(self->device.queue, &err);
    ASSERT_OK(err);
    look_at_all();
    assert_int_equal(watch.n_left, 0);
    forget_released();
    gpu_msm_destroy(self->msm);
    self->msm = NULL;
    gpu_buffer_destroy(buffer);
    assert_true(watch.n_released > MSM_SORT_N_BUFFERS);
    assert_int_equal(watch.n_left, 0);
    test_free(sums);
}

/* What is left is the circuit's alone: dictionary, entries, tasks and joins. */
static void synthesis_leaves_no_partial_sums(void **state)
{
    static const size_t lengths[] = {100, 3, 70};
    msm_case *self = *state;
    instance s;
    instance_init(&s, &self->rng, lengths, 3);
    const spmv_circuit view = view_of(&s.circuit);
    const size_t row_bytes = 3 * sizeof(fr);
    gpu_queue *queue = self->device.queue;
    gpu_spmv *spmv;
    gpu_buffer *witness, *rows[3];
    pt_err err = {0};
    gpu_spmv_create(self->device.device, queue, PT_CURVE_OPTION, &view, &spmv, &err);
    gpu_buffer_create_secret(self->device.device, "witness", sizeof s.witness, &witness, &err);
    gpu_queue_write(queue, witness, 0, s.witness, sizeof s.witness, &err);
    for (int i = 0; i < 3; i++)
        gpu_buffer_create_secret(self->device.device, "rows", row_bytes, &rows[i], &err);
    ASSERT_OK(err);
    gpu_spmv_run(spmv, queue, witness, rows[0], rows[1], rows[2], &err);
    gpu_queue_wait(queue, &err);
    ASSERT_OK(err);
    forget_released();
    gpu_spmv_destroy(spmv);
    gpu_buffer_destroy(witness);
    for (int i = 0; i < 3; i++)
        gpu_buffer_destroy(rows[i]);
    assert_int_equal(watch.n_released, 8 + 4);
    assert_int_equal(watch.n_left, 7);
    instance_clear(&s);
}

static int set_up(void **state)
{
    msm_case *self = msm_case_make();
    pt_err err = {0};
    opencl *cl = test_opencl_or_skip();
    watch.calls = *cl;
    watch.real = cl;
    watch.calls.clCreateCommandQueue = make_queue;
    watch.calls.clCreateBuffer = make_buffer;
    watch.calls.clReleaseMemObject = release_buffer;
    self->device.cl = cl;
    test_device_of(&watch.calls, (gpu_device_options){0}, &self->device.device, &err);
    ASSERT_OK(err);
    gpu_queue_create(self->device.device, &self->device.queue, &err);
    ASSERT_OK(err);
    g1_make_points(self);
    *state = self;
    return 0;
}

static int tear_down(void **state)
{
    msm_case *self = *state;
    test_device_close(&self->device);
    test_free(self);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secret_buffers_alone_are_zeroed),
        cmocka_unit_test(an_msm_leaves_nothing_of_its_scalars),
        cmocka_unit_test(synthesis_leaves_no_partial_sums),
    };
    return cmocka_run_group_tests_name("secret_buffers", tests, set_up, tear_down);
}
