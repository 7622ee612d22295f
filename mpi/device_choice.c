/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/device_choice.h"

#include <string.h>

pt_status device_choice_open(const char *name, const char *cache_folder, device_choice *out, pt_err *err)
{
    const gpu_device_options options = {.cache_folder = cache_folder};
    *out = (device_choice){0};
    if (name == NULL || strcmp(name, "cpu") == 0)
        return PT_OK;
    if (opencl_open(&out->cl, err) != PT_OK)
        return err->code;
    return gpu_device_open(out->cl, strcmp(name, "auto") == 0 ? NULL : name, &options, &out->device, err);
}

void device_choice_close(device_choice *self)
{
    if (self->device != NULL)
        gpu_device_close(self->device);
    opencl_close(self->cl);
    *self = (device_choice){0};
}
