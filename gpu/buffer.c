/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "gpu/device_state.h"

enum {
    PATTERN_BEST = 16, /* bytes: on an H200 a fill takes half the time of one by 4, a tenth of one by 128 */
    PATTERN_MAX = 128  /* the longest that OpenCL takes */
};

/* Count the bytes before they are taken, or refuse them. */
static pt_status count_bytes(gpu_device *device, const char *name, size_t bytes, pt_err *err)
{
    const gpu_device_info *info = &device->info;
    uint64_t limit = device->options.memory_max == 0 ? info->memory_bytes : device->options.memory_max;
    if (bytes == 0)
        return pt_fail(err, PT_E_INTERNAL, "%s: buffer %s of 0 bytes", info->name, name);
    if (bytes > info->buffer_max)
        return pt_fail(err, PT_E_NOMEM, "%s: buffer %s: %zu bytes, and one buffer may have %llu", info->name, name, bytes,
                       (unsigned long long)info->buffer_max);
    pthread_mutex_lock(&device->count_lock);
    uint64_t taken = device->bytes;
    bool fits = taken <= limit && bytes <= limit - taken;
    if (fits)
        device->bytes += bytes;
    pthread_mutex_unlock(&device->count_lock);
    return fits ? PT_OK
                : pt_fail(err, PT_E_NOMEM, "%s: buffer %s: %zu bytes beside %llu that are taken, of %llu", info->name, name,
                          bytes, (unsigned long long)taken, (unsigned long long)limit);
}

static void uncount_bytes(gpu_device *device, size_t bytes)
{
    pthread_mutex_lock(&device->count_lock);
    device->bytes -= bytes;
    pthread_mutex_unlock(&device->count_lock);
}

static void note_peak(gpu_device *device)
{
    pthread_mutex_lock(&device->count_lock);
    if (device->bytes > device->peak_bytes)
        device->peak_bytes = device->bytes;
    pthread_mutex_unlock(&device->count_lock);
}

static bool is_for_want_of_memory(cl_int code)
{
    return code == CL_MEM_OBJECT_ALLOCATION_FAILURE || code == CL_OUT_OF_RESOURCES || code == CL_OUT_OF_HOST_MEMORY ||
           code == CL_INVALID_BUFFER_SIZE;
}

pt_status gpu_buffer_create(gpu_device *device, const char *name, size_t bytes, gpu_buffer **out, pt_err *err)
{
    cl_int code;
    if (count_bytes(device, name, bytes, err) != PT_OK)
        return err->code;
    gpu_buffer *buffer = calloc(1, sizeof *buffer);
    if (buffer == NULL) {
        pt_fail(err, PT_E_NOMEM, "no memory for the buffer %s", name);
        goto err_uncount;
    }
    *buffer = (gpu_buffer){.device = device, .bytes = bytes};
    snprintf(buffer->name, sizeof buffer->name, "%s", name);
    buffer->mem = device->cl->clCreateBuffer(device->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    if (code == CL_SUCCESS) {
        note_peak(device);
        *out = buffer;
        return PT_OK;
    }
    pt_fail(err, is_for_want_of_memory(code) ? PT_E_NOMEM : PT_E_DEVICE, "%s: buffer %s: %zu bytes beside %llu: %s (%d)",
            device->info.name, name, bytes, (unsigned long long)gpu_device_bytes(device) - bytes, opencl_error_name(code),
            code);
    free(buffer);
err_uncount:
    uncount_bytes(device, bytes);
    return err->code;
}

pt_status gpu_buffer_create_secret(gpu_device *device, const char *name, size_t bytes, gpu_buffer **out, pt_err *err)
{
    if (gpu_buffer_create(device, name, bytes, out, err) == PT_OK)
        (*out)->secret = true;
    return err->code;
}

cl_int gpu_buffer_fill(const gpu_buffer *buffer, cl_command_queue queue, size_t offset, uint32_t word, size_t bytes,
                       cl_event *event)
{
    uint32_t pattern[PATTERN_MAX / sizeof word];
    size_t unit = PATTERN_BEST;
    for (size_t i = 0; i < sizeof pattern / sizeof word; i++)
        pattern[i] = word;
    while ((offset + bytes) / unit > INT32_MAX && unit < PATTERN_MAX)
        unit *= 2;
    while ((offset | bytes) % unit != 0 && unit > sizeof word)
        unit /= 2;
    return buffer->device->cl->clEnqueueFillBuffer(queue, buffer->mem, pattern, unit, offset, bytes, 0, NULL, event);
}

static void wipe(const gpu_buffer *buffer)
{
    static const uint8_t zeros[PATTERN_MAX];
    const opencl *cl = buffer->device->cl;
    const cl_command_queue queue = buffer->device->wipes;
    const size_t rest = buffer->bytes % PATTERN_MAX, whole = buffer->bytes - rest;
    cl_event wiped;
    if (whole > 0 && gpu_buffer_fill(buffer, queue, 0, 0, whole, &wiped) == CL_SUCCESS) {
        (void)cl->clWaitForEvents(1, &wiped);
        cl->clReleaseEvent(wiped);
    }
    if (rest > 0)
        (void)cl->clEnqueueWriteBuffer(queue, buffer->mem, CL_TRUE, whole, rest, zeros, 0, NULL, NULL);
}

void gpu_buffer_destroy(gpu_buffer *buffer)
{
    if (buffer == NULL)
        return;
    if (buffer->secret)
        wipe(buffer);
    buffer->device->cl->clReleaseMemObject(buffer->mem);
    uncount_bytes(buffer->device, buffer->bytes);
    free(buffer);
}

size_t gpu_buffer_bytes(const gpu_buffer *buffer)
{
    return buffer->bytes;
}

const char *gpu_buffer_name(const gpu_buffer *buffer)
{
    return buffer->name;
}
