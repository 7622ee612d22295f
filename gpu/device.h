/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/device.h - the machine's OpenCL devices: listed, chosen, opened. In use:
 *
 *     opencl_open(&cl); gpu_device_open(cl, "h200", &(gpu_device_options){0}, &device);
 *     gpu_buffer_create(device, "points", bytes, &points);                                       gpu/buffer.h
 *     gpu_kernel_get(device, "msm_halve", "-DPT_CURVE_BN254 -DPT_GROUP=1", &kernel);             gpu/program.h
 *     gpu_queue_create(device, &queue); gpu_queue_write(queue, points, 0, host, bytes);          gpu/queue.h
 *     gpu_queue_launch(queue, kernel, n, 128, GPU_ARGS(gpu_arg_buffer(points), GPU_ARG_VALUE(args)));
 *     gpu_queue_read(queue, sums, 0, bytes, host); gpu_queue_times(queue, &n_times);
 */
#ifndef PT_DEVICE_H
#define PT_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "gpu/opencl.h"

typedef enum { GPU_KIND_GPU, GPU_KIND_ACCELERATOR, GPU_KIND_CPU, GPU_KIND_OTHER } gpu_kind;

/** What a device says of itself. */
typedef struct {
    size_t index;       /* in the list: what --device takes as a number */
    gpu_kind kind;      /* as its driver says */
    bool nvidia;        /* PTX may stand in its kernels */
    char name[128];     /* "NVIDIA H200" */
    char platform[128]; /* "NVIDIA CUDA", "Portable Computing Language" */
    char version[64];   /* "OpenCL 3.0 CUDA" */
    char driver[64];
    char pci[24];             /* "0000:19:00.0"; "" if the driver does not say */
    uint64_t memory_bytes;    /* global memory */
    uint64_t buffer_max;      /* bytes of one buffer at most */
    uint64_t local_bytes;     /* of a work-group */
    size_t group_max;         /* work-items of a work-group */
    uint32_t n_compute_units; /* multiprocessors, cores */
    char unfit[160];          /* why it can't be used; "" if it can */
} gpu_device_info;

typedef struct gpu_device_list {
    gpu_device_info *devices;
    size_t n;
} gpu_device_list;

/** Ask every platform for its devices, the unfit ones too. None at all is no error.
 *  owns    *out is the caller's (gpu_device_list_clear)
 *  thread  any
 *  errors  PT_E_NOMEM; PT_E_DEVICE a driver that answers no question */
pt_status gpu_device_list_init(const opencl *cl, gpu_device_list *out, pt_err *err);
void gpu_device_list_clear(gpu_device_list *list);

/** Which device does a user mean? name: an index, a PCI address (with or without its domain), or a part of the name of a
 *  device or of its platform, in any letter case; of several with one name the first. Pure.
 *  errors  PT_E_DEVICE there is none, those that could be meant differ, or it is unfit */
pt_status gpu_device_find(const gpu_device_list *list, const char *name, size_t *index, pt_err *err);

/** The device for `auto`: of the fit GPUs and accelerators the one with most memory, never an OpenCL CPU. Pure.
 *  returns false if there is none */
bool gpu_device_find_auto(const gpu_device_list *list, size_t *index);

/** Several look for a device by one name, as ranks of a host do: of the fit devices like the one at *index, of its name and platform, the
 *  turn-th, over and over; a name that is an index or a PCI address means that one alone. Pure.
 *  shape   name: as gpu_device_find had it, or NULL of gpu_device_find_auto; turn: below n, the number of those that look
 *  returns how many of them have the same device, at the most */
size_t gpu_device_take_turn(const gpu_device_list *list, const char *name, size_t turn, size_t n, size_t *index);

/** What may be planned for of a device's memory: the driver takes some. units: bytes */
static inline uint64_t gpu_device_memory_share(uint64_t memory_bytes)
{
    return memory_bytes / 10 * 9;
}

/** The curves that a device is to be tested for. */
enum { GPU_BN254 = 1, GPU_BLS12_381 = 2 };

/** Knobs of an open device; {0} has none. */
typedef struct {
    const char *cache_folder; /* binaries of kernels are kept here; NULL or empty: nowhere */
    unsigned curves;          /* GPU_BN254 | GPU_BLS12_381: their fields and groups are tested when the device is opened */
    bool portable;            /* kernels without PTX, where PTX could be */
    uint64_t memory_max;      /* bytes of all buffers at most; 0: what the device has */
    FILE *build_log;          /* what the compiler says of a kernel that can't be built goes here whole; NULL: nowhere */
} gpu_device_options;

/** One open device: its context, its kernels (gpu/program.h), the count of its bytes (gpu/buffer.h). */
typedef struct gpu_device gpu_device;

/** Open the device that name means to gpu_device_find; NULL: that of gpu_device_find_auto. It computes known answers
 *  first: a small kernel's, and those of options->curves (gpu/selftest.h).
 *  owns    *out is the caller's (gpu_device_close), after all that was made with it; cl and the cache folder's name must outlive it
 *  thread  any; the open device too
 *  errors  PT_E_DEVICE there is no such device, it is unfit, or its driver fails; PT_E_INTERNAL a wrong answer; PT_E_NOMEM */
pt_status gpu_device_open(const opencl *cl, const char *name, const gpu_device_options *options, gpu_device **out,
                          pt_err *err);
void gpu_device_close(gpu_device *device);

const gpu_device_info *gpu_device_describe(const gpu_device *device);

/** Bytes of all buffers now, and the most there were since the device was opened or gpu_device_forget_peak.
 *  thread  any */
uint64_t gpu_device_bytes(gpu_device *device);
uint64_t gpu_device_peak_bytes(gpu_device *device);
void gpu_device_forget_peak(gpu_device *device);

#endif
