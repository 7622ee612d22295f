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

/** Queue the zeroing of what the latest run left, but for a buffer that was lent.
 *  errors  PT_E_DEVICE */
pt_status msm_sort_wipe(msm_sort *self, gpu_queue *queue, pt_err *err);

/** Queue a sort, and hand it to the device. Returns at once.
 *  shape   plan: that of msm_sort_create, or one of as many bits and the same group that needs no more bytes (another batch);
 *          scalars: plan->of.n canonical values below r
 *  owns    out's buffers are self's, until the next run
 *  errors  PT_E_DEVICE; PT_E_INTERNAL the plan does not fit */
pt_status msm_sort_run(msm_sort *self, gpu_queue *queue, const msm_sort_plan *plan, const gpu_buffer *scalars,
                       msm_sorted *out, pt_err *err);

/** Queue the reading of the most of each that the latest runs counted, back to that of window 0. Between two runs a device would wait for it.
 *  owns    totals is the caller's, who has it after gpu_queue_wait
 *  errors  PT_E_DEVICE */
pt_status msm_sort_read_most(const msm_sort *self, gpu_queue *queue, msm_sort_totals *totals, pt_err *err);

/** Are these totals such as can be? Kernels keep to their buffers whatever they are; the sums may be wrong.
 *  errors  PT_E_INTERNAL the device counted more than there is room for */
pt_status msm_sort_check(const msm_sort *self, const msm_sort_totals *totals, pt_err *err);

#endif
