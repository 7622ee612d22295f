/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/msm_tuned.h - which accumulator was the fastest on a device: kept beside its built kernels, a file a choice. */
#ifndef PT_MSM_TUNED_H
#define PT_MSM_TUNED_H

#include "gpu/device.h"
#include "gpu/gpu_msm_plan.h"

/** What a choice is for, beside the device and its driver. */
typedef struct {
    const char *curve; /* its name */
    gpu_msm_group group;
    size_t n;    /* points: those up to the next power of 2 are one size */
    bool tables; /* of the points' multiples */
} msm_tuned_key;

/** Keep the accumulator that is best, in place of an older one; the file appears whole.
 *  thread  any
 *  errors  PT_E_CREATE the device has no cache folder, or it can't be written; PT_E_NOMEM */
pt_status msm_tuned_store(gpu_device *device, const msm_tuned_key *key, const msm_accumulator *best, pt_err *err);

/** What was kept, or the default {0} where nothing was. A file that is damaged is as none, and damage says which.
 *  thread  any
 *  shape   damage: PT_E_FORMAT with the file's name, else left as it is */
msm_accumulator msm_tuned_load(gpu_device *device, const msm_tuned_key *key, pt_err *damage);

#endif
