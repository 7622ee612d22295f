/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/device_state.h"

enum { N_PENDING_MAX = 512, N_TIMES_MAX = 64, N_UNMARKED_MAX = 64 };

/* A command whose event has not been looked at yet. */
typedef struct {
    cl_event event;
    const char *name;
    bool is_last_of_several; /* the others have no event of their own */
} pending_command;

struct gpu_queue {
    gpu_device *device;
    cl_command_queue queue;
    bool is_timed;
    pending_command pending[N_PENDING_MAX];
    size_t n_pending;
    uint64_t n_retired;        /* events that pending[] has no more */
    size_t n_unmarked;         /* commands behind the last one that has an event */
    const char *last_unmarked; /* the last of these */
    gpu_time times[N_TIMES_MAX];
    size_t n_times;
};

static pt_status create(gpu_device *device, bool is_timed, gpu_queue **out, pt_err *err)
{
    cl_int code;
    gpu_queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a queue");
    queue->device = device;
    queue->is_timed = is_timed;
    queue->queue =
        device->cl->clCreateCommandQueue(device->context, device->id, is_timed ? CL_QUEUE_PROFILING_ENABLE : 0, &code);
    if (code != CL_SUCCESS) {
        free(queue);
        return opencl_fail(err, device->info.name, "making a queue", code);
    }
    *out = queue;
    return PT_OK;
}

pt_status gpu_queue_create(gpu_device *device, gpu_queue **out, pt_err *err)
{
    return create(device, true, out, err);
}

pt_status gpu_queue_create_untimed(gpu_device *device, gpu_queue **out, pt_err *err)
{
    return create(device, false, out, err);
}

/* A step failed: device, step and the bytes that buffers have. Drivers take a buffer's memory as late as when a command needs it: that there is
 * none then is a fault of the device, whose buffers were to have it. */
static pt_status queue_fail(gpu_queue *queue, pt_err *err, const char *step, cl_int code)
{
    char what[96];
    snprintf(what, sizeof what, "%s, with %llu bytes in buffers", step,
             (unsigned long long)gpu_device_bytes(queue->device));
    opencl_fail(err, queue->device->info.name, what, code);
    if (code == CL_MEM_OBJECT_ALLOCATION_FAILURE)
        err->code = PT_E_DEVICE;
    return err->code;
}

/* Wait for the n-th pending command and so for all before it; what failed is named. */
static pt_status wait_for(gpu_queue *queue, size_t n, pt_err *err)
{
    const opencl *cl = queue->device->cl;
    if (n == 0)
        return PT_OK;
    cl_int code = cl->clWaitForEvents(1, &queue->pending[n - 1].event);
    if (code == CL_SUCCESS)
        return PT_OK;
    (void)cl->clFinish(queue->queue); /* nothing is written to the host's memory after the caller knows of the fault */
    const pending_command *failed = &queue->pending[n - 1];
    for (size_t i = 0; i < n; i++) {
        cl_int state = CL_COMPLETE;
        if (cl->clGetEventInfo(queue->pending[i].event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL) ==
                CL_SUCCESS &&
            state < 0) {
            failed = &queue->pending[i];
            code = state;
            break;
        }
    }
    char step[64];
    snprintf(step, sizeof step, "%s%s", failed->name, failed->is_last_of_several ? " or a command before it" : "");
    return queue_fail(queue, err, step, code);
}

/* The row of the times for this name; NULL when the table is full, and the command is not counted. */
static gpu_time *time_of(gpu_queue *queue, const char *name)
{
    for (size_t i = 0; i < queue->n_times; i++)
        if (strcmp(queue->times[i].name, name) == 0)
            return &queue->times[i];
    if (queue->n_times == N_TIMES_MAX)
        return NULL;
    queue->times[queue->n_times] = (gpu_time){.name = name, .min_ns = UINT64_MAX};
    return &queue->times[queue->n_times++];
}

static pt_status count_time(gpu_queue *queue, const pending_command *command, pt_err *err)
{
    const opencl *cl = queue->device->cl;
    cl_ulong start = 0, end = 0;
    cl_int code = cl->clGetEventProfilingInfo(command->event, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL);
    if (code == CL_SUCCESS)
        code = cl->clGetEventProfilingInfo(command->event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL);
    if (code != CL_SUCCESS)
        return queue_fail(queue, err, "reading a command's times", code);
    gpu_time *time = time_of(queue, command->name);
    const uint64_t took = end > start ? end - start : 0;
    if (time != NULL) {
        time->n++;
        time->total_ns += took;
        time->min_ns = took < time->min_ns ? took : time->min_ns;
        time->max_ns = took > time->max_ns ? took : time->max_ns;
    }
    return PT_OK;
}

/* Release the first n pending commands; they have ended, or err says why not, and then their times are not asked for. */
static pt_status retire(gpu_queue *queue, size_t n, pt_err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (err->code == PT_OK && queue->is_timed)
            count_time(queue, &queue->pending[i], err);
        queue->device->cl->clReleaseEvent(queue->pending[i].event);
    }
    queue->n_pending -= n;
    queue->n_retired += n;
    memmove(queue->pending, queue->pending + n, queue->n_pending * sizeof *queue->pending);
    return err->code;
}

pt_status gpu_queue_wait_until(gpu_queue *queue, uint64_t mark, pt_err *err)
{
    const size_t n = mark > queue->n_retired ? (size_t)(mark - queue->n_retired) : 0;
    wait_for(queue, n, err);
    return retire(queue, n, err);
}

pt_status gpu_queue_flush(gpu_queue *queue, pt_err *err)
{
    cl_int code = queue->device->cl->clFlush(queue->queue);
    return code == CL_SUCCESS ? PT_OK : queue_fail(queue, err, "handing over the commands", code);
}

/* Room for one more event. Half of the table is waited for, so that the device has the other half to do meanwhile. */
static pt_status make_room(gpu_queue *queue, pt_err *err)
{
    if (queue->n_pending < N_PENDING_MAX)
        return PT_OK;
    if (gpu_queue_flush(queue, err) != PT_OK)
        return err->code;
    wait_for(queue, N_PENDING_MAX / 2, err);
    return retire(queue, N_PENDING_MAX / 2, err);
}

/* The command was queued, if code says so. */
static pt_status queued(gpu_queue *queue, const char *name, cl_event event, cl_int code, pt_err *err)
{
    if (code != CL_SUCCESS)
        return queue_fail(queue, err, name, code);
    if (event == NULL) {
        queue->n_unmarked++;
        queue->last_unmarked = name;
    } else {
        queue->pending[queue->n_pending++] = (pending_command){event, name, queue->n_unmarked > 0};
        queue->n_unmarked = 0;
    }
    return PT_OK;
}

/* Where the next command's event goes; NULL: it needs none, for behind a command that has one NVIDIA's devices do nothing for some 2 us, as long
 * as a small kernel takes. Some have one, so that what is under way is bounded (make_room). */
static cl_event *event_of_next(const gpu_queue *queue, cl_event *event)
{
    return queue->is_timed || queue->n_unmarked + 1 >= N_UNMARKED_MAX ? event : NULL;
}

pt_status gpu_queue_mark(gpu_queue *queue, uint64_t *mark, pt_err *err)
{
    if (queue->n_unmarked > 0) {
        cl_event event = NULL;
        if (make_room(queue, err) != PT_OK)
            return err->code;
        cl_int code = queue->device->cl->clEnqueueMarkerWithWaitList(queue->queue, 0, NULL, &event);
        if (queued(queue, queue->last_unmarked, event, code, err) != PT_OK)
            return err->code;
    }
    *mark = queue->n_retired + queue->n_pending;
    return PT_OK;
}

pt_status gpu_queue_wait(gpu_queue *queue, pt_err *err)
{
    uint64_t mark;
    if (gpu_queue_mark(queue, &mark, err) == PT_OK)
        return gpu_queue_wait_until(queue, mark, err);
    (void)queue->device->cl->clFinish(queue->queue); /* as after a fault of a command */
    return retire(queue, queue->n_pending, err);
}

void gpu_queue_destroy(gpu_queue *queue)
{
    if (queue == NULL)
        return;
    pt_err ignored = {0};
    gpu_queue_wait(queue, &ignored);
    queue->device->cl->clReleaseCommandQueue(queue->queue);
    free(queue);
}

/* Under the kernel's lock. */
static pt_status set_args(const gpu_kernel *kernel, const gpu_arg *args, size_t n_args, pt_err *err)
{
    const opencl *cl = kernel->device->cl;
    if (n_args != kernel->n_args)
        return pt_fail(err, PT_E_INTERNAL, "%s: %zu arguments, and the kernel has %zu", kernel->name, n_args,
                       kernel->n_args);
    for (size_t i = 0; i < n_args; i++) {
        cl_int code = args[i].buffer != NULL
                          ? cl->clSetKernelArg(kernel->kernel, (cl_uint)i, sizeof(cl_mem), &args[i].buffer->mem)
                          : cl->clSetKernelArg(kernel->kernel, (cl_uint)i, args[i].bytes, args[i].value);
        if (code != CL_SUCCESS)
            return pt_fail(err, code == CL_OUT_OF_HOST_MEMORY ? PT_E_NOMEM : PT_E_DEVICE, "%s: %s: argument %zu: %s (%d)",
                           kernel->device->info.name, kernel->name, i, opencl_error_name(code), code);
    }
    return PT_OK;
}

pt_status gpu_queue_launch(gpu_queue *queue, gpu_kernel *kernel, size_t n, size_t group, const gpu_arg *args, size_t n_args,
                           pt_err *err)
{
    if (group == 0 || group > kernel->info.group_max)
        return pt_fail(err, PT_E_ARG, "%s: %s: work-groups of %zu, and it has at most %zu", queue->device->info.name,
                       kernel->name, group, kernel->info.group_max);
    if (n == 0 || make_room(queue, err) != PT_OK)
        return err->code;
    const size_t rounded = (n + group - 1) / group * group;
    cl_event event = NULL;
    pthread_mutex_lock(&kernel->lock);
    if (set_args(kernel, args, n_args, err) == PT_OK) {
        cl_int code = queue->device->cl->clEnqueueNDRangeKernel(queue->queue, kernel->kernel, 1, NULL, &rounded, &group, 0,
                                                                NULL, event_of_next(queue, &event));
        queued(queue, kernel->name, event, code, err);
    }
    pthread_mutex_unlock(&kernel->lock);
    return err->code;
}

/* Does the buffer hold this range? */
static pt_status check_range(const gpu_buffer *buffer, size_t offset, size_t bytes, pt_err *err)
{
    if (offset <= buffer->bytes && bytes <= buffer->bytes - offset)
        return PT_OK;
    return pt_fail(err, PT_E_INTERNAL, "%s: buffer %s: %zu bytes at %zu, and it has %zu", buffer->device->info.name,
                   buffer->name, bytes, offset, buffer->bytes);
}

static pt_status write_to(gpu_queue *queue, gpu_buffer *to, size_t offset, const void *from, size_t bytes, cl_bool blocking,
                          pt_err *err)
{
    cl_event event = NULL;
    if (check_range(to, offset, bytes, err) != PT_OK || bytes == 0 || make_room(queue, err) != PT_OK)
        return err->code;
    cl_int code =
        queue->device->cl->clEnqueueWriteBuffer(queue->queue, to->mem, blocking, offset, bytes, from, 0, NULL, &event);
    return queued(queue, "write", event, code, err);
}

pt_status gpu_queue_write(gpu_queue *queue, gpu_buffer *to, size_t offset, const void *from, size_t bytes, pt_err *err)
{
    return write_to(queue, to, offset, from, bytes, CL_TRUE, err) == PT_OK ? gpu_queue_wait(queue, err) : err->code;
}

pt_status gpu_queue_write_later(gpu_queue *queue, gpu_buffer *to, size_t offset, const void *from, size_t bytes,
                                pt_err *err)
{
    return write_to(queue, to, offset, from, bytes, CL_FALSE, err);
}

static pt_status read_from(gpu_queue *queue, const gpu_buffer *from, size_t offset, size_t bytes, void *to,
                           cl_bool blocking, pt_err *err)
{
    cl_event event = NULL;
    if (check_range(from, offset, bytes, err) != PT_OK || bytes == 0 || make_room(queue, err) != PT_OK)
        return err->code;
    cl_int code =
        queue->device->cl->clEnqueueReadBuffer(queue->queue, from->mem, blocking, offset, bytes, to, 0, NULL, &event);
    return queued(queue, "read", event, code, err);
}

pt_status gpu_queue_read(gpu_queue *queue, const gpu_buffer *from, size_t offset, size_t bytes, void *to, pt_err *err)
{
    return read_from(queue, from, offset, bytes, to, CL_TRUE, err) == PT_OK ? gpu_queue_wait(queue, err) : err->code;
}

pt_status gpu_queue_read_later(gpu_queue *queue, const gpu_buffer *from, size_t offset, size_t bytes, void *to, pt_err *err)
{
    return read_from(queue, from, offset, bytes, to, CL_FALSE, err);
}

pt_status gpu_queue_fill(gpu_queue *queue, gpu_buffer *to, size_t offset, uint32_t word, size_t bytes, pt_err *err)
{
    cl_event event = NULL;
    if (check_range(to, offset, bytes, err) != PT_OK || bytes == 0 || make_room(queue, err) != PT_OK)
        return err->code;
    cl_int code = gpu_buffer_fill(to, queue->queue, offset, word, bytes, event_of_next(queue, &event));
    return queued(queue, "fill", event, code, err);
}

pt_status gpu_queue_wipe(gpu_queue *queue, gpu_buffer *buffer, pt_err *err)
{
    return buffer == NULL ? err->code : gpu_queue_fill(queue, buffer, 0, 0, gpu_buffer_bytes(buffer), err);
}

pt_status gpu_queue_copy(gpu_queue *queue, const gpu_buffer *from, size_t from_offset, gpu_buffer *to, size_t to_offset,
                         size_t bytes, pt_err *err)
{
    cl_event event = NULL;
    if (check_range(from, from_offset, bytes, err) != PT_OK || check_range(to, to_offset, bytes, err) != PT_OK ||
        bytes == 0 || make_room(queue, err) != PT_OK)
        return err->code;
    cl_int code = queue->device->cl->clEnqueueCopyBuffer(queue->queue, from->mem, to->mem, from_offset, to_offset, bytes, 0,
                                                         NULL, event_of_next(queue, &event));
    return queued(queue, "copy", event, code, err);
}

const gpu_time *gpu_queue_times(const gpu_queue *queue, size_t *n)
{
    *n = queue->n_times;
    return queue->times;
}

void gpu_queue_forget_times(gpu_queue *queue)
{
    queue->n_times = 0;
}
