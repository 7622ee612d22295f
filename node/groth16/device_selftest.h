/* SPDX-License-Identifier: Apache-2.0 */
/* node/groth16/device_selftest.h - does a device prove rightly? Before it gets a key it computes known answers with the key's own kernels:
 * fields and groups (gpu/selftest.h), small MSMs, a small quotient. Drivers do give wrong ones. */
#ifndef PT_DEVICE_SELFTEST_H
#define PT_DEVICE_SELFTEST_H

#include "gpu/lock.h"
#include "node/curve.h"
#include "node/groth16/device_plan.h"

typedef struct {
    gpu_msm_plan sums[2]; /* built as the key's two are; the second only where it is built otherwise */
    size_t n_sums;
    bool g2;
    gpu_ntt_plan ntt;
    uint64_t bytes; /* on the device, at most at a time; all are given back */
} device_selftest_plan;

/** Small cases for the kernels that a key will be proven with. Pure.
 *  errors  as gpu_msm_plan_make and gpu_ntt_plan_init; none where the key's plan could be made */
pt_status device_selftest_plan_make(const device_plan *of, const gpu_device_info *device, device_selftest_plan *out,
                                    pt_err *err);

/** Run them. Kernels are built first, the lock is held while they run.
 *  shape   curve: the key's
 *  thread  any
 *  errors  PT_E_INTERNAL an answer is wrong: device, curve and what it is are named; PT_E_NOMEM, PT_E_DEVICE */
pt_status device_selftest(gpu_device *device, gpu_lock *lock, const pt_curve *curve, const device_selftest_plan *plan,
                          pt_err *err);

#endif
