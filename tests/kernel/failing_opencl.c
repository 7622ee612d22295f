/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/kernel/failing_opencl.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { N_NAMES_MAX = 4096 };
enum { CONTEXT, QUEUE, MEMORY, PROGRAM, KERNEL, EVENT, MAPPING, N_KINDS };
static const char *const kinds[N_KINDS] = {"context", "queue", "buffer", "program", "kernel", "event", "mapping"};

static struct {
    const opencl *real;
    size_t n_calls, fails_at;
    cl_int code;
    bool for_good;
    const char *failed;
    atomic_long live[N_KINDS];
    const char *names[N_NAMES_MAX]; /* of the calls; the first of them */
    pthread_mutex_t mutex;          /* calls come from several threads */
} state = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* Is this the call that fails? */
static bool fails(const char *name)
{
    pthread_mutex_lock(&state.mutex);
    if (state.n_calls < N_NAMES_MAX)
        state.names[state.n_calls] = name;
    state.n_calls++;
    bool now = state.n_calls == state.fails_at || (state.failed != NULL && state.for_good);
    if (now && state.failed == NULL)
        state.failed = name;
    pthread_mutex_unlock(&state.mutex);
    return now;
}

/* A question or an order: name(params), called with args. */
#define ORDER(name, params, args)                                 \
    static cl_int CL_API_CALL failing_##name params               \
    {                                                             \
        return fails(#name) ? state.code : state.real->name args; \
    }
/* What makes an object; its last parameter is `code`. */
#define MAKER(type, name, kind, params, args)                    \
    static type CL_API_CALL failing_##name params                \
    {                                                            \
        *code = state.code;                                      \
        type made = fails(#name) ? NULL : state.real->name args; \
        state.live[kind] += made != NULL;                        \
        return made;                                             \
    }
#define RELEASE(name, kind, type)                         \
    static cl_int CL_API_CALL failing_##name(type object) \
    {                                                     \
        state.live[kind]--;                               \
        cl_int done = state.real->name(object);           \
        return fails(#name) ? state.code : done;          \
    }
/* A command; its last parameter is `event`. */
#define COMMAND(name, params, args)                                      \
    static cl_int CL_API_CALL failing_##name params                      \
    {                                                                    \
        cl_int done = fails(#name) ? state.code : state.real->name args; \
        state.live[EVENT] += done == CL_SUCCESS && event != NULL;        \
        return done;                                                     \
    }

/* clang-format off: a line a call */
ORDER(clGetPlatformIDs, (cl_uint room, cl_platform_id *out, cl_uint *n), (room, out, n))
ORDER(clGetPlatformInfo, (cl_platform_id a, cl_platform_info b, size_t c, void *d, size_t *e), (a, b, c, d, e))
ORDER(clGetDeviceIDs, (cl_platform_id a, cl_device_type b, cl_uint c, cl_device_id *d, cl_uint *e), (a, b, c, d, e))
ORDER(clGetDeviceInfo, (cl_device_id a, cl_device_info b, size_t c, void *d, size_t *e), (a, b, c, d, e))
MAKER(cl_context, clCreateContext, CONTEXT,
      (const cl_context_properties *a, cl_uint b, const cl_device_id *c,
       void(CL_CALLBACK *d)(const char *, const void *, size_t, void *), void *e, cl_int *code),
      (a, b, c, d, e, code))
RELEASE(clReleaseContext, CONTEXT, cl_context)
MAKER(cl_command_queue, clCreateCommandQueue, QUEUE,
      (cl_context a, cl_device_id b, cl_command_queue_properties c, cl_int *code), (a, b, c, code))
RELEASE(clReleaseCommandQueue, QUEUE, cl_command_queue)
MAKER(cl_mem, clCreateBuffer, MEMORY, (cl_context a, cl_mem_flags b, size_t c, void *d, cl_int *code), (a, b, c, d, code))
RELEASE(clReleaseMemObject, MEMORY, cl_mem)
MAKER(cl_program, clCreateProgramWithSource, PROGRAM,
      (cl_context a, cl_uint b, const char **c, const size_t *d, cl_int *code), (a, b, c, d, code))
MAKER(cl_program, clCreateProgramWithBinary, PROGRAM,
      (cl_context a, cl_uint b, const cl_device_id *c, const size_t *d, const unsigned char **e, cl_int *f, cl_int *code),
      (a, b, c, d, e, f, code))
ORDER(clBuildProgram,
      (cl_program a, cl_uint b, const cl_device_id *c, const char *d, void(CL_CALLBACK *e)(cl_program, void *), void *f),
      (a, b, c, d, e, f))
ORDER(clGetProgramInfo, (cl_program a, cl_program_info b, size_t c, void *d, size_t *e), (a, b, c, d, e))
ORDER(clGetProgramBuildInfo, (cl_program a, cl_device_id b, cl_program_build_info c, size_t d, void *e, size_t *f),
      (a, b, c, d, e, f))
RELEASE(clReleaseProgram, PROGRAM, cl_program)
MAKER(cl_kernel, clCreateKernel, KERNEL, (cl_program a, const char *b, cl_int *code), (a, b, code))
ORDER(clGetKernelInfo, (cl_kernel a, cl_kernel_info b, size_t c, void *d, size_t *e), (a, b, c, d, e))
ORDER(clGetKernelWorkGroupInfo, (cl_kernel a, cl_device_id b, cl_kernel_work_group_info c, size_t d, void *e, size_t *f),
      (a, b, c, d, e, f))
ORDER(clSetKernelArg, (cl_kernel a, cl_uint b, size_t c, const void *d), (a, b, c, d))
RELEASE(clReleaseKernel, KERNEL, cl_kernel)
COMMAND(clEnqueueNDRangeKernel,
        (cl_command_queue a, cl_kernel b, cl_uint c, const size_t *d, const size_t *e, const size_t *f, cl_uint g,
         const cl_event *h, cl_event *event),
        (a, b, c, d, e, f, g, h, event))
COMMAND(clEnqueueReadBuffer,
        (cl_command_queue a, cl_mem b, cl_bool c, size_t d, size_t e, void *f, cl_uint g, const cl_event *h,
         cl_event *event),
        (a, b, c, d, e, f, g, h, event))
COMMAND(clEnqueueWriteBuffer,
        (cl_command_queue a, cl_mem b, cl_bool c, size_t d, size_t e, const void *f, cl_uint g, const cl_event *h,
         cl_event *event),
        (a, b, c, d, e, f, g, h, event))
COMMAND(clEnqueueCopyBuffer,
        (cl_command_queue a, cl_mem b, cl_mem c, size_t d, size_t e, size_t f, cl_uint g, const cl_event *h,
         cl_event *event),
        (a, b, c, d, e, f, g, h, event))
COMMAND(clEnqueueFillBuffer,
        (cl_command_queue a, cl_mem b, const void *c, size_t d, size_t e, size_t f, cl_uint g, const cl_event *h,
         cl_event *event),
        (a, b, c, d, e, f, g, h, event))
static void *CL_API_CALL failing_clEnqueueMapBuffer(cl_command_queue a, cl_mem b, cl_bool c, cl_map_flags d, size_t e,
                                                    size_t f, cl_uint g, const cl_event *h, cl_event *i, cl_int *code)
{
    *code = state.code;
    void *at = fails("clEnqueueMapBuffer") ? NULL : state.real->clEnqueueMapBuffer(a, b, c, d, e, f, g, h, i, code);
    state.live[MAPPING] += at != NULL;
    return at;
}
static cl_int CL_API_CALL failing_clEnqueueUnmapMemObject(cl_command_queue a, cl_mem b, void *c, cl_uint d,
                                                          const cl_event *e, cl_event *f)
{
    state.live[MAPPING]--;
    cl_int done = state.real->clEnqueueUnmapMemObject(a, b, c, d, e, f); /* as of a release */
    return fails("clEnqueueUnmapMemObject") ? state.code : done;
}
COMMAND(clEnqueueMarkerWithWaitList, (cl_command_queue a, cl_uint b, const cl_event *c, cl_event *event), (a, b, c, event))
static cl_int CL_API_CALL failing_clFinish(cl_command_queue queue)
{
    cl_int done =
        state.real->clFinish(queue); /* even if it fails: what is queued writes to memory that its owner then takes back */
    return fails("clFinish") ? state.code : done;
}
ORDER(clFlush, (cl_command_queue a), (a))
ORDER(clWaitForEvents, (cl_uint a, const cl_event *b), (a, b))
ORDER(clGetEventInfo, (cl_event a, cl_event_info b, size_t c, void *d, size_t *e), (a, b, c, d, e))
ORDER(clGetEventProfilingInfo, (cl_event a, cl_profiling_info b, size_t c, void *d, size_t *e), (a, b, c, d, e))
RELEASE(clReleaseEvent, EVENT, cl_event)
/* clang-format on */

static const opencl table = {
#define FAILING_MEMBER(name) .name = failing_##name,
    OPENCL_CALLS(FAILING_MEMBER)
#undef FAILING_MEMBER
};

const opencl *failing_opencl(const opencl *real)
{
    state.real = real;
    failing_opencl_set(0, CL_SUCCESS, false);
    return &table;
}

void failing_opencl_set(size_t n, cl_int code, bool for_good)
{
    state.n_calls = 0;
    state.fails_at = n;
    state.code = code;
    state.for_good = for_good;
    state.failed = NULL;
}

size_t failing_opencl_n_calls(void)
{
    return state.n_calls;
}

const char *failing_opencl_failed(void)
{
    return state.failed;
}

size_t failing_opencl_n_named(const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < state.n_calls && i < N_NAMES_MAX; i++)
        n += strcmp(state.names[i], name) == 0;
    return n;
}

long failing_opencl_n_live(const char **kind)
{
    long n = 0;
    *kind = "object";
    for (size_t i = 0; i < N_KINDS; i++)
        if (state.live[i] != 0) {
            n += state.live[i];
            *kind = kinds[i];
        }
    return n;
}
