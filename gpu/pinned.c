/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/pinned.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/device_state.h"

struct gpu_pinned {
    gpu_device *device;
    cl_mem mem;
    void *at;
    size_t bytes;
};

static pt_status fail_to(gpu_device *device, const char *step, size_t bytes, cl_int code, pt_err *err)
{
    char what[120];
    snprintf(what, sizeof what, "%s %zu bytes of pinned memory, with %llu bytes in buffers", step, bytes,
             (unsigned long long)gpu_device_bytes(device));
    return opencl_fail(err, device->info.name, what, code);
}

pt_status gpu_pinned_create(gpu_device *device, size_t bytes, gpu_pinned **out, pt_err *err)
{
    const opencl *cl = device->cl;
    cl_int code;
    gpu_pinned *pinned = calloc(1, sizeof *pinned);
    if (pinned == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for what is pinned");
    pinned->device = device;
    pinned->bytes = bytes;
    pinned->mem = cl->clCreateBuffer(device->context, CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR, bytes, NULL, &code);
    if (code != CL_SUCCESS) {
        fail_to(device, "taking", bytes, code, err);
        goto err_free;
    }
    pinned->at = cl->clEnqueueMapBuffer(device->wipes, pinned->mem, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0, bytes, 0, NULL,
                                        NULL, &code);
    if (code == CL_SUCCESS) {
        *out = pinned;
        return PT_OK;
    }
    fail_to(device, "mapping", bytes, code, err);
    cl->clReleaseMemObject(pinned->mem);
err_free:
    free(pinned);
    return err->code;
}

void gpu_pinned_destroy(gpu_pinned *pinned)
{
    if (pinned == NULL)
        return;
    const opencl *cl = pinned->device->cl;
    (void)cl->clEnqueueUnmapMemObject(pinned->device->wipes, pinned->mem, pinned->at, 0, NULL, NULL);
    cl->clReleaseMemObject(pinned->mem); /* goes back when that has ended */
    free(pinned);
}

void *gpu_pinned_view(const gpu_pinned *pinned)
{
    return pinned->at;
}

/* A half is filled while the device reads the other. */
static pt_status send_halves(gpu_pinned *pinned, gpu_queue *queue, gpu_buffer *to, const uint8_t *from, size_t bytes,
                             pt_err *err)
{
    const size_t half = pinned->bytes / 2;
    size_t n;
    for (size_t at = 0, turn = 0; at < bytes; at += n, turn ^= 1) {
        uint8_t *by = (uint8_t *)pinned->at + turn * half;
        n = bytes - at < half ? bytes - at : half;
        memcpy(by, from + at, n);
        if (gpu_queue_wait(queue, err) != PT_OK || gpu_queue_write_later(queue, to, at, by, n, err) != PT_OK ||
            gpu_queue_flush(queue, err) != PT_OK)
            break;
    }
    return err->code;
}

pt_status gpu_pinned_send(gpu_pinned *pinned, gpu_queue *queue, gpu_buffer *to, const uint8_t *from, size_t bytes,
                          pt_err *err)
{
    pt_err later = {0};
    send_halves(pinned, queue, to, from, bytes, err);
    gpu_queue_wait(queue, err->code == PT_OK ? err : &later);
    sodium_memzero(pinned->at, pinned->bytes);
    return err->code;
}
