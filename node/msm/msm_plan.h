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
 *  Sorted pieces take turns in n_places places, and each is summed in slices of its sorted entries.
 *  Arrays lie in one allocation, at byte offsets that are multiples of 64. */
typedef struct {
    unsigned width, n_windows;
    size_t reach[WINDOWS_MAX];        /* see window_reach */
    size_t digits_first[WINDOWS_MAX]; /* where window w's digits begin in the array of all digits */
    size_t n_digits;
    size_t n_ones, n_rest;       /* n_rest: scalars with windows */
    unsigned n_pieces, n_places; /* n_places: pieces that lie sorted at a time */
    size_t order_at, ones_at, digits_at, sorted_at, starts_at, sums_at, scratch_at;
    size_t bytes;
} msm_plan;

/** Plan an MSM within bytes_max, which makes places fewer.
 *  shape   bytes_max at least msm_plan_bytes(shape, n) for n scalars of any lengths; 0: no bound */
void msm_plan_make(const msm_shape *shape, size_t bytes_max, msm_plan *out);

/** units: bytes. What is enough for n scalars, whatever their lengths; shape->lengths is not read. */
size_t msm_plan_bytes(const msm_shape *shape, size_t n);

/** How the pieces are cut for some of the queries: the fewer there are, the shorter the slices. */
typedef struct {
    size_t slice_len;
    size_t n_slices; /* of one query, over all pieces */
} msm_slicing;

msm_slicing msm_slice(const msm_plan *plan, size_t n_threads, size_t n_g1, size_t n_g2);

/** Entries of a piece at the most: those that were classed as its own, some of which have a zero digit there. */
static inline size_t msm_piece_len(const msm_plan *plan, unsigned piece)
{
    return piece == 0 ? plan->n_ones : plan->reach[piece - 1];
}

static inline size_t msm_piece_slices(const msm_plan *plan, msm_slicing cut, unsigned piece)
{
    return (msm_piece_len(plan, piece) + cut.slice_len - 1) / cut.slice_len;
}

/** The bounds of buckets in one sorted piece: one more than its buckets, and the zero digits' in front. */
static inline size_t msm_piece_starts(const msm_plan *plan)
{
    return window_buckets(plan->width) + 2;
}

/** How many pieces are sorted ahead of the one whose slices come next. */
static inline unsigned msm_sorted_ahead(const msm_plan *plan)
{
    return plan->n_places / 2;
}

/** A multiple of 64 that holds n elements. */
static inline size_t msm_array_bytes(size_t n, size_t each_bytes)
{
    return (n * each_bytes + 63) / 64 * 64;
}

#endif
