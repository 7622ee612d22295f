/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "gpu/device_state.h"

static pt_status make_context(gpu_device *device, pt_err *err)
{
    cl_int code;
    device->context = device->cl->clCreateContext(NULL, 1, &device->id, NULL, NULL, &code);
    if (code != CL_SUCCESS)
        return opencl_fail(err, device->info.name, "opening the device", code);
    device->wipes = device->cl->clCreateCommandQueue(device->context, device->id, 0, &code);
    return code == CL_SUCCESS ? PT_OK : opencl_fail(err, device->info.name, "making a queue", code);
}

/* Choose of the list; the device's description and OpenCL's name for it go to device. */
static pt_status choose(gpu_device *device, const char *name, pt_err *err)
{
    gpu_device_list list = {0};
    cl_device_id *ids;
    size_t at;
    if (gpu_device_ids(device->cl, &list, &ids, err) != PT_OK)
        return err->code;
    if (name == NULL && !gpu_device_find_auto(&list, &at))
        pt_fail(err, PT_E_DEVICE, "no GPU or accelerator that could be used (partita doctor)");
    else if (name == NULL || gpu_device_find(&list, name, &at, err) == PT_OK) {
        device->info = list.devices[at];
        device->id = ids[at];
    }
    gpu_device_list_clear(&list);
    free(ids);
    return err->code;
}

pt_status gpu_device_open(const opencl *cl, const char *name, const gpu_device_options *options, gpu_device **out,
                          pt_err *err)
{
    gpu_device *device = calloc(1, sizeof *device);
    if (device == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a device");
    device->cl = cl;
    device->options = *options;
    if (options->cache_folder != NULL && options->cache_folder[0] == '\0')
        device->options.cache_folder = NULL;
    pthread_mutex_init(&device->count_lock, NULL);
    pthread_mutex_init(&device->build_lock, NULL);
    if (choose(device, name, err) != PT_OK || make_context(device, err) != PT_OK || gpu_device_test(device, err) != PT_OK) {
        gpu_device_close(device);
        return err->code;
    }
    *out = device;
    return PT_OK;
}

void gpu_device_close(gpu_device *device)
{
    if (device == NULL)
        return;
    gpu_kernels_clear(device);
    if (device->wipes != NULL)
        device->cl->clReleaseCommandQueue(device->wipes);
    if (device->context != NULL)
        device->cl->clReleaseContext(device->context);
    pthread_mutex_destroy(&device->build_lock);
    pthread_mutex_destroy(&device->count_lock);
    free(device);
}

const gpu_device_info *gpu_device_describe(const gpu_device *device)
{
    return &device->info;
}

uint64_t gpu_device_bytes(gpu_device *device)
{
    pthread_mutex_lock(&device->count_lock);
    uint64_t bytes = device->bytes;
    pthread_mutex_unlock(&device->count_lock);
    return bytes;
}

uint64_t gpu_device_peak_bytes(gpu_device *device)
{
    pthread_mutex_lock(&device->count_lock);
    uint64_t bytes = device->peak_bytes;
    pthread_mutex_unlock(&device->count_lock);
    return bytes;
}

void gpu_device_forget_peak(gpu_device *device)
{
    pthread_mutex_lock(&device->count_lock);
    device->peak_bytes = device->bytes;
    pthread_mutex_unlock(&device->count_lock);
}
