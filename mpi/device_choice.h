/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/device_choice.h - the device that --device names, open; none for the processor. */
#ifndef PT_DEVICE_CHOICE_H
#define PT_DEVICE_CHOICE_H

#include "gpu/device.h"

/** Start with {0}: the processor. */
typedef struct device_choice {
    opencl *cl;
    gpu_device *device; /* NULL: the processor */
} device_choice;

/** Open what a user names: NULL or "cpu" is the processor, and OpenCL is not touched; "auto" is the GPU or accelerator with most memory;
 *  else as gpu_device_find.
 *  shape   cache_folder: for binaries of kernels, must outlive *out; NULL: none are kept
 *  owns    *out is the caller's (device_choice_close, also after an error)
 *  ranks   any
 *  errors  of opencl_open and gpu_device_open */
pt_status device_choice_open(const char *name, const char *cache_folder, device_choice *out, pt_err *err);

/** ranks   any */
void device_choice_close(device_choice *self);

#endif
