/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/scale_device.h"

#include <string.h>

#include "node/groth16/device_choice.h"

/* ---- which there are ---- */

/* After the last one the first comes again. */
void scale_devices_take(const gpu_device_list *list, const char *name, size_t first, scale_devices *out)
{
    *out = (scale_devices){0};
    snprintf(out->name, sizeof out->name, "%s", list->devices[first].name);
    for (size_t turn = 0; turn < SCALE_DEVICES_MAX; turn++) {
        size_t index = first;
        gpu_device_take_turn(list, name, turn, SCALE_DEVICES_MAX, &index);
        if (turn > 0 && index == out->index[0])
            break;
        out->index[turn] = index;
        memcpy(out->pci[turn], list->devices[index].pci, sizeof out->pci[turn]);
        out->n++;
    }
}

pt_status scale_devices_find(const char *name, scale_devices *out, pt_err *err)
{
    opencl *cl;
    gpu_device_list list;
    size_t first;
    pt_err reason = {0};
    *out = (scale_devices){0};
    if (name == NULL || strcmp(name, "cpu") == 0)
        return PT_OK;
    if (device_choice_is_auto(name))
        return pt_fail(err, PT_E_ARG, "bench scale takes no --device auto: name the device that is to be measured");
    if (opencl_open(&cl, &reason) == PT_OK) {
        if (gpu_device_list_init(cl, &list, &reason) == PT_OK) {
            if (gpu_device_find(&list, name, &first, &reason) == PT_OK)
                scale_devices_take(&list, name, first, out);
            gpu_device_list_clear(&list);
        }
        opencl_close(cl);
    }
    return reason.code == PT_OK ? PT_OK : pt_fail(err, reason.code, "--device %s: %s", name, reason.msg);
}

size_t scale_devices_of(const scale_devices *self, size_t rank)
{
    return self->index[rank % self->n];
}

const char *scale_devices_text(const scale_devices *self, size_t n_ranks, char *out)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < self->n && i < n_ranks; i++)
        len += (size_t)snprintf(out + len, SCALE_DEVICES_ROOM - len, "%s%zu", i > 0 ? " " : "", self->index[i]);
    if (self->n > 0 && n_ranks > self->n)
        snprintf(out + len, SCALE_DEVICES_ROOM - len, " x%zu", (n_ranks + self->n - 1) / self->n);
    return out;
}

/* ---- what was told ---- */

void scale_told_read(const json_t *of_prove, scale_told *all, size_t n_ranks)
{
    const json_t *devices = json_object_get(json_object_get(of_prove, "stats"), "devices");
    for (size_t i = 0; i < json_array_size(devices); i++) {
        const json_t *device = json_array_get(devices, i);
        const size_t rank = (size_t)json_integer_value(json_object_get(device, "rank"));
        if (rank < n_ranks)
            all[rank] =
                (scale_told){.told = true,
                             .device = (size_t)json_integer_value(json_object_get(device, "index")),
                             .n_proven = (size_t)json_integer_value(json_object_get(device, "partitions")),
                             .n_instead = (size_t)json_integer_value(json_object_get(device, "by_processor_instead"))};
    }
}

pt_status scale_told_judge(const scale_devices *devices, const scale_told *all, size_t n, size_t first, size_t n_partitions,
                           pt_err *err)
{
    size_t n_proven = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t rank = first + i, expected = scale_devices_of(devices, rank);
        if (!all[i].told)
            return pt_fail(err, PT_E_INTERNAL, "rank %zu was to prove on device %zu, and told of none", rank, expected);
        if (all[i].device != expected)
            return pt_fail(err, PT_E_INTERNAL, "rank %zu was to prove on device %zu, and had device %zu", rank, expected,
                           all[i].device);
        if (all[i].n_instead > 0)
            return pt_fail(err, PT_E_INTERNAL,
                           "rank %zu: %zu partitions were proven by the processor in the place of device %zu", rank,
                           all[i].n_instead, expected);
        n_proven += all[i].n_proven;
    }
    if (n_proven < n_partitions)
        return pt_fail(err, PT_E_INTERNAL, "%zu of %zu partitions were proven on a device", n_proven, n_partitions);
    return PT_OK;
}
