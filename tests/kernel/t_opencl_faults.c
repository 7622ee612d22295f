/* SPDX-License-Identifier: Apache-2.0 */
/* Every call of OpenCL fails once: a clear error or the right answer, and nothing is left. */
#include "tests/kernel/test_device.h"

#include <string.h>

#include "gpu/pinned.h"
#include "kernels/shared/probe_args.h"
#include "tests/kernel/failing_opencl.h"

enum { N = 256, GROUP = 64, N_CALLS_MAX = 1000 };

static cl_uint n_platforms; /* of the machine: one that doesn't answer hides no device of another */

/* One use of a device, from its list to an answer. */
typedef struct {
    const opencl *cl;
    const char *folder;
    gpu_device *device;
    gpu_queue *queue;
    gpu_buffer *in, *out;
    gpu_pinned *pinned;
    gpu_kernel *kernel;
    uint32_t words[N], answers[N];
} device_use;

static void prepare(device_use *use, pt_err *err)
{
    if (test_device_of(use->cl, (gpu_device_options){.cache_folder = use->folder}, &use->device, err) != PT_OK ||
        gpu_queue_create_untimed(use->device, &use->queue, err) != PT_OK ||
        gpu_buffer_create(use->device, "in", sizeof use->words, &use->in, err) != PT_OK ||
        gpu_buffer_create(use->device, "out", sizeof use->answers, &use->out, err) != PT_OK ||
        gpu_pinned_create(use->device, sizeof use->words, &use->pinned, err) != PT_OK)
        return;
    gpu_kernel_get(use->device, "probe", "", &use->kernel, err);
}

static void compute(device_use *use, pt_err *err)
{
    const probe_args args = {.n = N, .factor = 1u << 31};
    for (uint32_t i = 0; i < N; i++)
        use->words[i] = 2 * i;
    memcpy(gpu_pinned_view(use->pinned), use->words, sizeof use->words);
    if (gpu_queue_fill(use->queue, use->in, 0, 0, sizeof use->words, err) != PT_OK ||
        gpu_queue_write(use->queue, use->in, 0, gpu_pinned_view(use->pinned), sizeof use->words, err) != PT_OK ||
        gpu_queue_launch(use->queue, use->kernel, N, GROUP,
                         GPU_ARGS(gpu_arg_buffer(use->in), gpu_arg_buffer(use->out), GPU_ARG_VALUE(args)), err) != PT_OK ||
        gpu_queue_copy(use->queue, use->out, 0, use->in, 0, sizeof use->words, err) != PT_OK ||
        gpu_queue_wait(use->queue, err) != PT_OK ||
        gpu_queue_read_later(use->queue, use->in, 0, sizeof use->answers, use->answers, err) != PT_OK)
        return;
    gpu_queue_wait(use->queue, err);
}

static void release(device_use *use)
{
    gpu_pinned_destroy(use->pinned);
    gpu_buffer_destroy(use->out);
    gpu_buffer_destroy(use->in);
    gpu_queue_destroy(use->queue);
    if (use->device != NULL)
        assert_int_equal(gpu_device_bytes(use->device), 0);
    gpu_device_close(use->device);
}

/* Use the device once; the outcome is judged. */
static pt_status use_once(const opencl *cl, const char *folder, pt_err *err)
{
    device_use use = {.cl = cl, .folder = folder};
    const char *kind;
    prepare(&use, err);
    if (err->code == PT_OK)
        compute(&use, err);
    release(&use);
    for (uint32_t i = 0; i < N && err->code == PT_OK; i++)
        assert_int_equal(use.answers[i], 2 * i);
    if (failing_opencl_n_live(&kind) != 0)
        fail_msg("%s failed: a %s is left", failing_opencl_failed(), kind);
    return err->code;
}

static bool is_a_release(const char *call)
{
    return strncmp(call, "clRelease", 9) == 0 || strcmp(call, "clEnqueueUnmapMemObject") == 0;
}

/* Calls whose answers can be done without. The others end the use. */
static bool can_be_done_without(const char *call)
{
    static const char *const calls[] = {"clGetPlatformInfo", "clGetDeviceInfo",       "clGetProgramInfo",
                                        "clGetEventInfo",    "clGetProgramBuildInfo", "clGetKernelWorkGroupInfo"};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (strcmp(call, calls[i]) == 0)
            return true;
    return is_a_release(call) || (n_platforms > 1 && strcmp(call, "clGetDeviceIDs") == 0);
}

/* An error says what failed and why, or for want of what: a device whose name isn't told is none, or one of two that may be meant. */
static bool is_clear(const pt_err *err, cl_int code)
{
    return strstr(err->msg, opencl_error_name(code)) != NULL || strstr(err->msg, "does not say") != NULL ||
           strstr(err->msg, "no device has this in its name") != NULL || strstr(err->msg, ": may be ") != NULL;
}

/* Memory that a buffer can't have is too little; what a command can't do with the buffers there are is the device's fault, which a cluster lays at
 * its rank's door. PT_OK: as it may be */
static pt_status status_of(const char *call, cl_int code)
{
    const bool is_buffer = strcmp(call, "clCreateBuffer") == 0 || strcmp(call, "clEnqueueMapBuffer") == 0;
    if ((!is_buffer && strncmp(call, "clEnqueue", 9) != 0) || (is_buffer && code == CL_OUT_OF_RESOURCES))
        return PT_OK;
    return code == CL_OUT_OF_HOST_MEMORY || (is_buffer && code == CL_MEM_OBJECT_ALLOCATION_FAILURE) ? PT_E_NOMEM
                                                                                                    : PT_E_DEVICE;
}

/* Every call of a use fails with this code, for_good: and all after it. without: one more call that may. */
static void fail_each(const opencl *cl, const char *folder, cl_int code, bool for_good, bool (*without)(const char *))
{
    size_t n = 1;
    for (; n < N_CALLS_MAX; n++) {
        pt_err err = {0};
        failing_opencl_set(n, code, for_good);
        use_once(cl, folder, &err);
        const char *failed = failing_opencl_failed();
        if (failed == NULL)
            break;
        if (err.code == PT_OK && !without(failed))
            fail_msg("%s failed (call %zu), and nobody said so", failed, n);
        if (err.code != PT_OK && !is_clear(&err, code))
            fail_msg("%s failed (call %zu), and the error is: %s", failed, n, err.msg);
        if (err.code != PT_OK && status_of(failed, code) != PT_OK)
            assert_int_equal(err.code, status_of(failed, code));
        if (err.code != PT_OK && strncmp(failed, "clEnqueue", 9) == 0 && strstr(err.msg, " bytes in buffers: ") == NULL)
            fail_msg("%s failed (call %zu), and no bytes are told: %s", failed, n, err.msg);
    }
    assert_true(n > 40 && n < N_CALLS_MAX);
}

/* With the cache the source is there still. */
static bool can_be_built_again(const char *call)
{
    return can_be_done_without(call) || strcmp(call, "clCreateProgramWithBinary") == 0 ||
           strcmp(call, "clBuildProgram") == 0;
}

static void every_failed_call_ends_in_a_clear_error(void **state)
{
    fail_each(*state, NULL, CL_OUT_OF_RESOURCES, false, can_be_done_without);
}

static void memory_that_is_short_at_any_call_is_a_clear_error(void **state)
{
    fail_each(*state, NULL, CL_MEM_OBJECT_ALLOCATION_FAILURE, false, can_be_done_without);
}

static void every_failed_call_with_a_cache_ends_in_a_clear_error(void **state)
{
    char folder[] = "/tmp/partita_faults.XXXXXX", command[64];
    assert_non_null(mkdtemp(folder));
    pt_err err = {0};
    failing_opencl_set(0, CL_SUCCESS, false);
    use_once(*state, folder, &err); /* the cache has the kernel from here on */
    ASSERT_OK(err);
    fail_each(*state, folder, CL_OUT_OF_HOST_MEMORY, false, can_be_built_again);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

/* Without times a place in the queue has an event, and what is before it has none. */
static void events_are_for_places_in_a_queue(void **state)
{
    enum { N_FILLS = 5 };
    device_use use = {.cl = *state};
    pt_err err = {0};
    const char *kind;
    uint64_t mark = 0, again = 0;
    failing_opencl_set(0, CL_SUCCESS, false);
    prepare(&use, &err);
    ASSERT_OK(err);
    const long before = failing_opencl_n_live(&kind);
    for (uint32_t i = 0; i < N_FILLS; i++)
        gpu_queue_fill(use.queue, use.in, 0, i, sizeof use.words, &err);
    ASSERT_OK(err);
    assert_int_equal(failing_opencl_n_live(&kind), before);
    gpu_queue_mark(use.queue, &mark, &err);
    assert_int_equal(failing_opencl_n_live(&kind), before + 1);
    gpu_queue_mark(use.queue, &again, &err); /* there is one */
    assert_int_equal(failing_opencl_n_live(&kind), before + 1);
    assert_int_equal(again, mark);
    gpu_queue_wait_until(use.queue, mark, &err);
    ASSERT_OK(err);
    assert_int_equal(failing_opencl_n_live(&kind), before);
    release(&use);
}

/* What comes after the last answer is releases alone. */
static void a_device_that_is_lost_at_any_call_is_a_clear_error(void **state)
{
    fail_each(*state, NULL, CL_DEVICE_NOT_AVAILABLE, true, is_a_release);
}

static void a_missing_loader_is_a_clear_error(void **state)
{
    (void)state;
    opencl *cl;
    pt_err err = {0}, calls = {0};
    assert_int_equal(opencl_open_library("libnowhere.so.1", &cl, &err), PT_E_DEVICE);
    assert_non_null(strstr(err.msg, "no OpenCL here: libnowhere.so.1"));
    assert_int_equal(opencl_open_library("libc.so.6", &cl, &calls), PT_E_DEVICE);
    assert_non_null(strstr(calls.msg, "has no clGetPlatformIDs"));
}

static int set_up(void **state)
{
    const opencl *cl = test_opencl_or_skip();
    *state = (void *)(uintptr_t)failing_opencl(cl);
    return cl->clGetPlatformIDs(0, NULL, &n_platforms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failed_call_ends_in_a_clear_error),
        cmocka_unit_test(memory_that_is_short_at_any_call_is_a_clear_error),
        cmocka_unit_test(every_failed_call_with_a_cache_ends_in_a_clear_error),
        cmocka_unit_test(a_device_that_is_lost_at_any_call_is_a_clear_error),
        cmocka_unit_test(events_are_for_places_in_a_queue),
        cmocka_unit_test(a_missing_loader_is_a_clear_error),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
