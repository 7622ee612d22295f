/* SPDX-License-Identifier: Apache-2.0 */
#include "node/groth16/device_choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One for all users of a host: who share a device share its locks. */
static const char lock_folder[] = "/tmp";

bool device_choice_is_auto(const char *name)
{
    return name != NULL && strcmp(name, "auto") == 0;
}

static pt_status find(const opencl *cl, const char *name, size_t turn, size_t n_ranks, size_t *out, size_t *n_sharing,
                      pt_err *err)
{
    gpu_device_list list;
    const bool is_auto = device_choice_is_auto(name);
    if (gpu_device_list_init(cl, &list, err) != PT_OK)
        return err->code;
    if (is_auto && !gpu_device_find_auto(&list, out))
        pt_fail(err, PT_E_DEVICE, "no GPU or accelerator among %zu OpenCL devices", list.n);
    else if (is_auto || gpu_device_find(&list, name, out, err) == PT_OK)
        *n_sharing = gpu_device_take_turn(&list, is_auto ? NULL : name, turn, n_ranks, out);
    gpu_device_list_clear(&list);
    return err->code;
}

static pt_status open_locks(device_choice *self, pt_err *err)
{
    const gpu_device_info *device = gpu_device_describe(self->device);
    char name[sizeof device->platform + sizeof device->name + 32];
    if (device->pci[0] != '\0')
        snprintf(name, sizeof name, "partita-%s", device->pci);
    else
        snprintf(name, sizeof name, "partita-%s-%s-%zu", device->platform, device->name, device->index);
    return gpu_lock_open(lock_folder, name, &self->lock, err) == PT_OK
               ? gpu_claims_open(lock_folder, name, &self->claims, err)
               : err->code;
}

static pt_status keep_folder(device_choice *self, const char *cache_folder, pt_err *err)
{
    if (cache_folder != NULL && (self->cache_folder = strdup(cache_folder)) == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the name of the folder of built kernels");
    return PT_OK;
}

pt_status device_choice_open(const char *name, const char *cache_folder, size_t turn, size_t n_ranks, device_choice *out,
                             pt_err *err)
{
    size_t index;
    char text[24];
    *out = (device_choice){0};
    if (name == NULL || strcmp(name, "cpu") == 0)
        return PT_OK;
    if (keep_folder(out, cache_folder, err) != PT_OK || opencl_open(&out->cl, err) != PT_OK ||
        find(out->cl, name, turn, n_ranks, &index, &out->n_sharing, err) != PT_OK)
        return err->code;
    out->is_there = true;
    const gpu_device_options options = {.cache_folder = out->cache_folder};
    snprintf(text, sizeof text, "%zu", index);
    if (gpu_device_open(out->cl, text, &options, &out->device, err) == PT_OK)
        open_locks(out, err);
    return err->code;
}

void device_choice_close(device_choice *self)
{
    gpu_claims_close(self->claims);
    gpu_lock_close(self->lock);
    if (self->device != NULL)
        gpu_device_close(self->device);
    opencl_close(self->cl);
    free(self->cache_folder);
    *self = (device_choice){0};
}

device_place device_choice_place(const device_choice *self)
{
    return (device_place){.device = self->device, .lock = self->lock, .n_sharing = self->n_sharing, .claims = self->claims};
}
