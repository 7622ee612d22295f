/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/shared/msm_sum_args.h - scalar arguments of the kernels that sum an MSM's buckets. */
#ifndef PT_MSM_SUM_ARGS_H
#define PT_MSM_SUM_ARGS_H

#include "kernels/shared/msm_layout.h"

/** Buckets of a run that msm_bits still sums; a power of 2, at least 2. */
#define MSM_BITS_RUN 128

/** Sums of a run that a batch of windows leaves to the end of all batches, at least; a power of 2. */
#define MSM_KEPT_RUN 1024

/** Multiples of a point that msm_multiples divides by one inversion. */
#define MSM_MULTIPLES_CHUNK 8

/* Sums are one buffer: those of the buckets, then partial sums from first_partial on, then bit sums. */

/** msm_accumulate, at least a work-item a task. */
typedef struct {
    msm_word n_tasks_max; /* that there is room for */
    msm_word part_len;    /* points in each buffer of points but the last */
    msm_word first_partial;
} msm_accumulate_args;

/** Where msm_walk keeps the products of its strands' denominators: PT_WALK_SCRATCH. */
#define MSM_WALK_PRIVATE 0
#define MSM_WALK_LOCAL 1
#define MSM_WALK_GLOBAL 2

/** Strands of a work-item of msm_walk at most: a bit each. */
#define MSM_WALK_STRANDS_MAX 32

/** msm_walk, a work-item a slice; PT_WALK_GROUP work-items a group. */
typedef struct {
    msm_word n_buckets; /* of all sets that were sorted */
    msm_word part_len;
    msm_word first_partial; /* slice s has partial sums 2 s and 2 s + 1 */
} msm_walk_args;

/** msm_combine, any number of work-groups of a power of 2. */
typedef struct {
    msm_word alone;        /* 1: a cut is a work-item's, 0: a work-group's */
    msm_word n_min, n_max; /* partial sums of the cuts that this launch is for */
    msm_word n_cuts_max;   /* that there is room for */
    msm_word first_partial;
} msm_combine_args;

/** Runs of sums that a reduction goes on with (kernels/msm_halve.cl): of each set n_given + 1 runs of n sums. */
typedef struct {
    msm_word first; /* sum of the first set */
    msm_word n_sets;
    msm_word n_given, n; /* levels that made them, 0 for buckets; a power of 2 */
    msm_word level;      /* halved so often since */
} msm_runs;

/** msm_halve, a work-item a pair; n_sets (n_given + level + 1) (n >> (level + 1)) of them. */
typedef struct {
    msm_runs runs;
    msm_word keeps; /* 1: the level's runs go to where they are kept, side by side, with n_given = this level's number */
    msm_word first_kept; /* sum there */
} msm_halve_args;

/** msm_bits, a work-group a run: n_sets (n_given + level + 1) of them, of at least log2(n >> level) + 1 work-items. */
typedef struct {
    msm_runs runs;
    msm_word first_bit_sum;
} msm_bits_args;

/** msm_multiples, a work-item a point. */
typedef struct {
    msm_word n;             /* points, at the indices [0, n) */
    msm_word first, n_here; /* those of this launch */
    msm_word n_windows, c;  /* window w's multiples 2^(c w) P go to the indices [w n, w n + n) */
    msm_word part_len;
} msm_multiples_args;

#endif
