/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/gpu_msm_state.h - what is behind the handles of gpu/gpu_msm.h. gpu/'s own. */
#ifndef PT_GPU_MSM_STATE_H
#define PT_GPU_MSM_STATE_H

#include "gpu/gpu_msm.h"
#include "gpu/msm_sort.h"
#include "gpu/pinned.h"

/* Kernels of one group; NULL for a group without queries. */
typedef struct {
    gpu_kernel *accumulate; /* of the group's accumulator */
    gpu_kernel *combine, *halve, *bits, *multiples;
} msm_kernels;

struct gpu_msm {
    gpu_device *device;
    gpu_lock *lock; /* NULL: tables are made without */
    gpu_msm_plan plan;
    msm_kernels kernels[2];
    msm_sort *sort;
    gpu_pinned *results; /* the two below */
    size_t results_bytes;
    msm_sort_totals *totals;                             /* of each slice in the latest run: the most of its batches */
    uint8_t *bit_sums;                                   /* of each query in turn; secret */
    uint64_t end;                                        /* the place in the queue behind the latest run */
    gpu_buffer *sums, *kept[2];                          /* kept: NULL: the plan has none */
    gpu_buffer *walk_cuts, *walk_totals, *walk_products; /* NULL: the plan has none */
    gpu_buffer *scalars;                                 /* of a slice; NULL if there is one */
};

struct gpu_msm_points {
    gpu_msm *msm;
    gpu_msm_group group;
    size_t part_len, n_parts;
    gpu_buffer *parts[GPU_MSM_PARTS_MAX]; /* unused ones are the first again */
    const uint8_t *points;                /* the caller's, where they go in slices */
    size_t first, n;                      /* scalars that they meet */
};

/** Partial sums to combine, from the plan's first on. */
typedef struct {
    const gpu_buffer *cuts, *totals;
    size_t n_cuts_max, n_partials_max;
} msm_partials;

/** Where partial sums begin: behind the buckets of the largest batch. */
static inline msm_word gpu_msm_first_partial(const gpu_msm *self)
{
    return (msm_word)self->plan.sort.n_buckets;
}

/** The kernel of the group's accumulator, and what walkers keep. */
pt_status gpu_msm_accumulator_get(gpu_msm *self, gpu_msm_group group, const char *options, pt_err *err);
pt_status gpu_msm_accumulator_take(gpu_msm *self, pt_err *err);

/** Launch it: each bucket of n_sets has its sum, or partial sums that out tells of. Buckets without entries are left as they are. */
pt_status gpu_msm_accumulate(gpu_msm *self, gpu_queue *queue, const gpu_msm_points *points, const msm_sorted *sorted,
                             size_t n_sets, msm_partials *out, pt_err *err);

/** Points for the scalars [begin, end) to the indices from 0 on. */
pt_status gpu_msm_points_load(gpu_msm_points *self, gpu_queue *queue, const uint8_t *points, size_t begin, size_t end,
                              pt_err *err);

/* The four arguments of MSM_POINTS_ARGS (kernels/msm_points.h). */
#define GPU_MSM_POINTS_ARGS(points)                                                                             \
    gpu_arg_buffer((points)->parts[0]), gpu_arg_buffer((points)->parts[1]), gpu_arg_buffer((points)->parts[2]), \
        gpu_arg_buffer((points)->parts[3])

#endif
