/* SPDX-License-Identifier: Apache-2.0 */
/* node/groth16/device_choice.h - the device that --device names, open, with its lock; none for the processor. */
#ifndef PT_DEVICE_CHOICE_H
#define PT_DEVICE_CHOICE_H

#include "node/groth16/device_key.h"

/** Start with {0}: the processor. */
typedef struct device_choice {
    opencl *cl;
    gpu_device *device; /* NULL: the processor */
    bool is_there;      /* a device was found, whether or not it can be used */
    gpu_lock *lock;     /* of the device */
    gpu_claims *claims; /* of its memory */
    size_t n_sharing;   /* ranks of this host that have it together */
    char *cache_folder; /* of built kernels; NULL: they are not kept */
} device_choice;

/** Open what a user names: NULL or "cpu" is the processor, and OpenCL is not touched; "auto" is the GPU or accelerator with most memory;
 *  else as gpu_device_find. Of several alike that the name may mean, ranks of one host take one each.
 *  shape   cache_folder: of built kernels, copied; NULL: they are not kept; turn: number of this rank on its host, of n_ranks there
 *  owns    *out is the caller's (device_choice_close, also after an error)
 *  errors  of opencl_open, gpu_device_open, gpu_lock_open and gpu_claims_open */
pt_status device_choice_open(const char *name, const char *cache_folder, size_t turn, size_t n_ranks, device_choice *out,
                             pt_err *err);

/** Does the name leave the choice to us? */
bool device_choice_is_auto(const char *name);

void device_choice_close(device_choice *self);

/** The device as an engine has it; without one, all zero.
 *  owns    borrowed from self */
device_place device_choice_place(const device_choice *self);

#endif
