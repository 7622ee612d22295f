/* SPDX-License-Identifier: Apache-2.0 */
/* node/msm/msm_plan.h - how an MSM is cut into tasks, and the bytes that it takes. Pure. */
#ifndef PT_MSM_PLAN_H
#define PT_MSM_PLAN_H

#include "node/msm/window.h"

/** What is asked: the scalars' lengths, the queries and the crew. */
typedef struct {
    const scalar_lengths *lengths;
    unsigned width; /* 0: the one that costs the least */
    size_t n_threads, n_g1, n_g2;
    size_t g1_sum_bytes, g2_sum_bytes, scratch_bytes; /* of one sum; of one thread's scratch */
} msm_shape;

/** A piece is what one query sums with one weight: piece 0 the points whose scalar is 1 or -1, piece 1 + w those of window w.
 *  Pieces are sorted a group at a time, and each piece is summed in slices of its sorted entries.
 *  Arrays lie in one allocation, at byte offsets that are multiples of 64. */
typedef struct {
    unsigned width, n_windows;
    size_t reach[WINDOWS_MAX];        /* see window_reach */
    size_t digits_first[WINDOWS_MAX]; /* where window w's digits begin in the array of all digits */
    size_t n_ones, n_rest;            /* n_rest: scalars with windows */
    size_t slice_len;
    unsigned n_pieces, group; /* group: pieces sorted at a time */
    size_t n_slices;          /* of one query, over all pieces */
    size_t order_at, ones_at, digits_at, sorted_at, starts_at, g1_sums_at, g2_sums_at, scratch_at;
    size_t bytes;
} msm_plan;

/** Plan an MSM.
 *  units   bytes: all that is taken but for the parts' lengths and cursors, a few KB each, which come before */
void msm_plan_make(const msm_shape *shape, msm_plan *out);

/** Entries of a piece at the most: those that were classed as its own, some of which have a zero digit there. */
static inline size_t msm_piece_len(const msm_plan *plan, unsigned piece)
{
    return piece == 0 ? plan->n_ones : plan->reach[piece - 1];
}

static inline size_t msm_piece_slices(const msm_plan *plan, unsigned piece)
{
    return (msm_piece_len(plan, piece) + plan->slice_len - 1) / plan->slice_len;
}

/** The bounds of buckets in one sorted piece: one more than its buckets, and the zero digits' in front. */
static inline size_t msm_piece_starts(const msm_plan *plan)
{
    return window_buckets(plan->width) + 2;
}

#endif
