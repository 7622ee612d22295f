/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/gpu_msm.h - multi-scalar multiplications over one vector of scalars on a device. Returns bit sums; node/msm/bit_fold.h folds them.
 *
 *     gpu_msm_plan_make(&shape, &plan);
 *     gpu_msm_create(device, &plan, "-DPT_CURVE_BN254", &msm);
 *     gpu_msm_points_create(msm, queue, GPU_MSM_G1, key_points, 0, n, &a);          once a key; b2 as well
 *     gpu_msm_run(msm, queue, scalars, (const gpu_msm_query[]){{a, sums_a}, {b2, sums_b2}}, 2);
 */
#ifndef PT_GPU_MSM_H
#define PT_GPU_MSM_H

#include "gpu/gpu_msm_plan.h"
#include "gpu/lock.h"
#include "gpu/msm_sorted.h"
#include "gpu/queue.h"

/** Buffers and kernels for MSMs of one plan. */
typedef struct gpu_msm gpu_msm;

/** Points of one query, or tables of their multiples. */
typedef struct gpu_msm_points gpu_msm_points;

/** Take the plan's memory but for the scalars' and the points', and build the kernels of its queries' groups.
 *  shape   curve: the compiler's option that names it
 *  owns    *out is the caller's (gpu_msm_destroy); device is borrowed and must outlive it
 *  thread  any, one at a time
 *  errors  PT_E_NOMEM, PT_E_DEVICE */
pt_status gpu_msm_create(gpu_device *device, const gpu_msm_plan *plan, const char *curve, gpu_msm **out, pt_err *err);
void gpu_msm_destroy(gpu_msm *self);

/** From now on tables of points are made under a device's lock, while it is nobody else's. lock: borrowed */
void gpu_msm_lock_tables(gpu_msm *self, gpu_lock *lock);

/** What is known of the kernel that accumulates in this group, one of the plan's. */
const gpu_kernel_info *gpu_msm_accumulator_info(const gpu_msm *self, gpu_msm_group group);

/** Send a query's points and, with tables, make their multiples; returns when they are there. Where the plan has them in slices, keep
 *  the address alone.
 *  shape   points: n affine points as in a key file, which meet the scalars [first, first + n); the others' points are infinity
 *  owns    *out is the caller's (gpu_msm_points_destroy); with slices points is borrowed and must outlive it
 *  errors  PT_E_ARG beyond the plan's scalars; PT_E_NOMEM, PT_E_DEVICE */
pt_status gpu_msm_points_create(gpu_msm *self, gpu_queue *queue, gpu_msm_group group, const uint8_t *points, size_t first,
                                size_t n, gpu_msm_points **out, pt_err *err);
void gpu_msm_points_destroy(gpu_msm_points *points);

/** bit_sums: the results of gpu_msm_results_of, c sums in X, Y, ZZ, ZZZ for each set, as the host has them. */
typedef struct {
    gpu_msm_points *points;
    uint8_t *bit_sums;
} gpu_msm_query;

/** Sum every query over scalars that lie on the device: sorted once a batch. Waits for the end.
 *  shape   scalars: plan.of.n canonical values below r, which the caller has checked; secret, as what self keeps of them
 *  thread  one at a time for each self and queue
 *  errors  PT_E_DEVICE; outputs are then undefined
 *  source  Pippenger 1976; Bernstein, Doumen, Lange, Oosterwijk, eprint 2012/549, section 4; kernels/msm_halve.cl */
pt_status gpu_msm_run(gpu_msm *self, gpu_queue *queue, const gpu_buffer *scalars, const gpu_msm_query *queries,
                      size_t n_queries, pt_err *err);

/** The same in two steps: all is queued, then its end is waited for. Other commands may be queued between them, but no sums of self.
 *  shape   queries: of both steps the same; bit_sums are looked at by the second alone
 *  errors  PT_E_DEVICE; after one the queue is waited for, and gpu_msm_forget takes the second step's place */
pt_status gpu_msm_begin(gpu_msm *self, gpu_queue *queue, const gpu_buffer *scalars, const gpu_msm_query *queries,
                        size_t n_queries, pt_err *err);
pt_status gpu_msm_end(gpu_msm *self, gpu_queue *queue, const gpu_msm_query *queries, size_t n_queries, pt_err *err);
/** Zero results that nobody will take. Nothing of them is under way. */
void gpu_msm_forget(gpu_msm *self);
/** Queue the zeroing of what the latest sums left on the device: scalars by their digits, buckets and their sums. The next sums don't need it.
 *  errors  PT_E_DEVICE */
pt_status gpu_msm_wipe(gpu_msm *self, gpu_queue *queue, pt_err *err);

/** One query over one sorted batch: every launch of it and the read of its bit sums, which has ended after gpu_queue_wait.
 *  shape   n_sets: of the batch, at most plan.sort.n_sets; bit_sums: n_sets times c sums
 *  errors  PT_E_DEVICE; PT_E_INTERNAL more partial sums than were planned */
pt_status gpu_msm_sum(gpu_msm *self, gpu_queue *queue, const gpu_msm_points *points, const msm_sorted *sorted,
                      size_t n_sets, uint8_t *bit_sums, pt_err *err);

/** What gpu_msm_sum begins with: the buckets' sums, as tests look at them.
 *  shape   as gpu_msm_sum's; buckets: n_sets times 2^(c-1) sums, of lazy values (kernels/field.h) */
pt_status gpu_msm_buckets(gpu_msm *self, gpu_queue *queue, const gpu_msm_points *points, const msm_sorted *sorted,
                          size_t n_sets, uint8_t *buckets, pt_err *err);

#endif
