/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/msm_sort.h - entries of an MSM sorted by bucket on a device, and the tasks that sum them. */
#ifndef PT_MSM_SORT_H
#define PT_MSM_SORT_H

#include "gpu/msm_sort_plan.h"
#include "gpu/msm_sorted.h"
#include "gpu/queue.h"

/** Buffers and kernels for the sorts of one plan, and of smaller ones. */
typedef struct msm_sort msm_sort;

/** Take the plan's memory (plan->own_bytes, and the spare buffer's where the caller has none to lend) and build its kernels.
 *  shape   curve: the compiler's option that names it, "-DPT_CURVE_BN254"; spare: at least plan->bytes[MSM_SORT_SPARE], or NULL
 *  owns    *out is the caller's (msm_sort_destroy); device and spare are borrowed and must outlive it; spare may be used for
 *          anything between two runs
 *  thread  any, one at a time
 *  errors  PT_E_NOMEM, PT_E_DEVICE; PT_E_INTERNAL spare is too small */
pt_status msm_sort_create(gpu_device *device, const msm_sort_plan *plan, const char *curve, gpu_buffer *spare,
                          msm_sort **out, pt_err *err);
void msm_sort_destroy(msm_sort *self);

/** Sort, and wait until the counts have been read back.
 *  shape   plan: that of msm_sort_create, or one of as many bits and the same group that needs no more bytes (another batch);
 *          scalars: plan->of.n canonical values below r
 *  owns    out's buffers are self's, until the next run
 *  errors  PT_E_DEVICE; PT_E_INTERNAL the plan does not fit, or the device counts more than can be */
pt_status msm_sort_run(msm_sort *self, gpu_queue *queue, const msm_sort_plan *plan, const gpu_buffer *scalars,
                       msm_sorted *out, pt_err *err);

#endif
