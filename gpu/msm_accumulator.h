/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/msm_accumulator.h - how points become the sums of their buckets: which kernel, and its knobs. Pure. */
#ifndef PT_MSM_ACCUMULATOR_H
#define PT_MSM_ACCUMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/msm_sum_args.h"
#include "kernels/shared/status.h"

typedef enum {
    MSM_BY_TASKS, /* kernels/msm_accumulate.cl: a work-item a bucket, or a part of a long one, in XYZZ */
    MSM_BY_WALK /* kernels/msm_walk.cl: a work-item an equal slice of the sorted entries, in affine form with inversions shared */
} msm_accumulator_kind;

/** Where a walker's products wait. */
typedef enum {
    MSM_SCRATCH_PRIVATE = MSM_WALK_PRIVATE,
    MSM_SCRATCH_LOCAL = MSM_WALK_LOCAL,
    MSM_SCRATCH_GLOBAL = MSM_WALK_GLOBAL
} msm_scratch;

enum {
    MSM_ACCUMULATOR_GROUP = 128,     /* the default: sums of buckets take 1 to 3 % less on an H200 than in groups of 64 */
    MSM_ACCUMULATOR_GROUP_MAX = 256, /* what NVIDIA allows a kernel whose registers are not known to be few */
    MSM_ACCUMULATOR_STRANDS = 8,
    MSM_ACCUMULATOR_NAME = 48,
    MSM_ACCUMULATOR_OPTIONS = 96
};

/** {0}: tasks, with the default group. */
typedef struct {
    msm_accumulator_kind kind;
    unsigned group;   /* work-items of a group, a power of 2; 0: the default */
    unsigned strands; /* of a walker: sums that it has at a time; 0: the default. This and the next are a walker's alone */
    msm_scratch scratch; /* of strands products a work-item */
    bool shared;         /* a group shares an inversion; else a work-item makes its own */
} msm_accumulator;

/** The same with every default in its place.
 *  errors  PT_E_ARG a group or a number of strands that no kernel has */
pt_status msm_accumulator_complete(const msm_accumulator *of, msm_accumulator *out, pt_err *err);

/** "tasks_g64", "walk_g64_s8_private_alone": of a complete one. */
void msm_accumulator_name(const msm_accumulator *self, char out[MSM_ACCUMULATOR_NAME]);

/** The complete accumulator of such a name.
 *  errors  PT_E_ARG there is none */
pt_status msm_accumulator_read(const char *name, msm_accumulator *out, pt_err *err);

/* ---- of a complete walker ---- */

/** Work-items for so many entries at most, halved so often where memory lacks: whole groups of them. Each has two partial sums and a cut. */
size_t msm_walkers(const msm_accumulator *self, size_t n_entries, int n_halvings);

/** units: bytes of local memory of a group, and of global memory of all; shape: coord_bytes of a coordinate */
uint64_t msm_walk_local_bytes(const msm_accumulator *self, size_t coord_bytes);
uint64_t msm_walk_global_bytes(const msm_accumulator *self, size_t n_walkers, size_t coord_bytes);

/** The compiler's options. */
void msm_walk_options(const msm_accumulator *self, char out[MSM_ACCUMULATOR_OPTIONS]);

#endif
