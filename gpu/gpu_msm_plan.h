/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/gpu_msm_plan.h - how MSMs over one vector of scalars are cut for a device, and every byte that they take there. Pure.
 *
 * Scalars and points go in slices, the windows of a slice in batches; each batch is sorted once and summed for every query. If all points
 * fit they are resident, and there is one slice. With tables of multiples all windows share one set of buckets. */
#ifndef PT_GPU_MSM_PLAN_H
#define PT_GPU_MSM_PLAN_H

#include "gpu/msm_accumulator.h"
#include "gpu/msm_sort_plan.h"

enum {
    GPU_MSM_C_MIN = MSM_SORT_C_MIN,
    GPU_MSM_C_MAX = 24,
    GPU_MSM_PARTS_MAX = 4 /* buffers that one query's points may lie in */
};

typedef enum { GPU_MSM_G1 = 0, GPU_MSM_G2 = 1 } gpu_msm_group;

/** What is asked of a device. */
typedef struct {
    unsigned scalar_bits; /* FR_BITS */
    size_t fq_bytes;
    size_t n;                        /* scalars, and points of each query */
    size_t n_queries[2];             /* by group: over these scalars */
    msm_accumulator accumulators[2]; /* by group */
    bool tables;                     /* may tables of multiples stand in for the points? */
    unsigned c;                      /* bits a window; 0: what costs least */
    unsigned n_batches;              /* of windows; 0: what costs least */
    size_t n_slices;                 /* of points; 0: the fewest that fit */
    bool wide;                       /* the sort's elements have two words even where one would do: for tests */
    uint64_t bytes_max;              /* 0: no bound */
    uint64_t buffer_max;             /* bytes that one buffer may have */
    uint64_t local_max;              /* bytes of local memory that a work-group may have; 0: no bound */
} gpu_msm_shape;

/** units: bytes on the device */
typedef struct {
    uint64_t scalars;   /* all of them: the caller's buffer; of several slices one copy beside it */
    uint64_t points[2]; /* of each query, by group: with tables all multiples, with slices those of one */
    uint64_t sort;      /* plan.sort.own_bytes: entries, tasks, counts */
    uint64_t walk;      /* of walkers: cuts, and products that wait */
    uint64_t sums;      /* buckets, partial sums, bit sums of one query at a time; while it sorts, plan.sort's spare */
    uint64_t kept[2];   /* by group, of all its queries: what batches leave to the end of all, and bit sums then */
    uint64_t total;
} gpu_msm_bytes;

typedef struct {
    gpu_msm_shape of;
    bool tables, resident;
    unsigned c, n_windows;
    unsigned batch_windows, n_batches; /* windows of the largest batch */
    size_t slice_len, n_slices;        /* scalars of a slice, but for the last */
    msm_sort_plan sort;                /* of the largest batch */
    msm_accumulator accumulators[2];   /* by group, complete */
    size_t n_walkers[2];               /* work-items of each group's accumulator; 0: it takes tasks */
    size_t n_partials_max;             /* partial sums that there is room for */
    msm_word kept_run;                 /* sums of a run, from which on a reduction waits for the last batch; 0: for none */
    gpu_msm_bytes bytes;
} gpu_msm_plan;

/** The windows of a scalar: the last one holds the carry, and digits reach as far below 0 as above, so r / 2 and -r / 2 fit. */
static inline unsigned gpu_msm_windows(unsigned scalar_bits, unsigned c)
{
    return (scalar_bits - 1) / c + 1;
}

/** Batch b has windows [first(b), first(b + 1)). */
static inline unsigned gpu_msm_batch_first(const gpu_msm_plan *plan, unsigned batch)
{
    return batch * plan->n_windows / plan->n_batches;
}

/** Buckets of a set. */
static inline size_t gpu_msm_set_len(const gpu_msm_plan *plan)
{
    return (size_t)1 << (plan->c - 1);
}

static inline uint64_t gpu_msm_point_bytes(const gpu_msm_plan *plan, gpu_msm_group group)
{
    return plan->of.fq_bytes * 2 * (1 + (unsigned)group);
}

/** A sum in X, Y, ZZ, ZZZ. */
static inline uint64_t gpu_msm_sum_bytes(const gpu_msm_plan *plan, gpu_msm_group group)
{
    return 2 * gpu_msm_point_bytes(plan, group);
}

/** Where the plan keeps them: what the batches of a slice leave of a query's sets, which bit sums follow, c a set. */
msm_runs gpu_msm_kept_runs(const gpu_msm_plan *plan);

/** Sums of a set that are kept, and of a query, with its bit sums. */
static inline size_t gpu_msm_kept_set_len(const msm_runs *runs)
{
    return (size_t)(runs->n_given + 1) * runs->n;
}

size_t gpu_msm_kept_len(const gpu_msm_plan *plan);

/** Does any of the queries' accumulators take tasks? */
static inline bool gpu_msm_takes_tasks(const gpu_msm_shape *shape)
{
    return (shape->n_queries[GPU_MSM_G1] > 0 && shape->accumulators[GPU_MSM_G1].kind == MSM_BY_TASKS) ||
           (shape->n_queries[GPU_MSM_G2] > 0 && shape->accumulators[GPU_MSM_G2].kind == MSM_BY_TASKS);
}

/** Local memory that any work-group takes. units: bytes */
uint64_t gpu_msm_local_bytes(const gpu_msm_plan *plan);

/** Walkers of either group at a time; each has a cut. */
static inline size_t gpu_msm_walkers_max(const gpu_msm_plan *plan)
{
    const size_t g1 = plan->n_walkers[GPU_MSM_G1], g2 = plan->n_walkers[GPU_MSM_G2];
    return g1 > g2 ? g1 : g2;
}

/** Walkers' products in global memory, of either group at a time. units: bytes */
uint64_t gpu_msm_product_bytes(const gpu_msm_plan *plan);

/** Points of a query on the device at a time; entries have their indices. */
static inline size_t gpu_msm_indices(const gpu_msm_plan *plan)
{
    return plan->slice_len * (plan->tables ? plan->n_windows : 1);
}

/** Points in each buffer of a query but for the last. */
size_t gpu_msm_part_len(const gpu_msm_plan *plan, gpu_msm_group group);

/** Bit sums of one query over all slices and batches: n_repeats times n_sets sets of c sums each, the sets of one repeat in the order
 *  of their windows (tables: one set). What the host folds: node/msm/bit_fold.h. */
typedef struct {
    size_t n_repeats, n_sets;
} gpu_msm_results;

gpu_msm_results gpu_msm_results_of(const gpu_msm_plan *plan);

/** The sort of one batch of a slice of n scalars, which runs in plan->sort's memory.
 *  errors  none for n in [1, slice_len] and a batch of the plan */
pt_status gpu_msm_sort_shape(const gpu_msm_plan *plan, size_t n, unsigned batch, msm_sort_plan *out, pt_err *err);

/** Plan: of all that fits, what takes the least time.
 *  errors  PT_E_ARG n == 0, no query, a c or a number of batches beyond what there is, an accumulator that there is not; PT_E_NOMEM bytes_max is below the floor, which
 *          the message has; PT_E_DEVICE local_max is below what a work-group takes */
pt_status gpu_msm_plan_make(const gpu_msm_shape *shape, gpu_msm_plan *out, pt_err *err);

#endif
