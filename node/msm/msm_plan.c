/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/msm_plan.h"

enum {
    SLICES_PER_THREAD = 32, /* the last slices to end leave other threads idle for about half a slice */
    SLICE_MIN = 1 << 12,    /* below that, batches are not filled */
    SLICE_MAX = 1 << 16,
    G2_WEIGHT = 3,           /* a G2 addition in G1 additions */
    SORTED_BYTES = 16 << 20, /* the sorted entries of a group, if that is enough for a piece a thread */
    ENTRY_BYTES = 4,
    DIGIT_BYTES = 2
};

/* Place an array at the end of what is taken. */
static size_t place(msm_plan *plan, size_t n, size_t each_bytes)
{
    size_t at = plan->bytes;
    plan->bytes += (n * each_bytes + 63) / 64 * 64;
    return at;
}

static size_t slice_length(const msm_shape *shape, size_t n_entries)
{
    size_t work = n_entries * (shape->n_g1 + G2_WEIGHT * shape->n_g2);
    size_t len = work / (shape->n_threads * SLICES_PER_THREAD);
    return len < SLICE_MIN ? SLICE_MIN : len > SLICE_MAX ? SLICE_MAX : len;
}

/* As many pieces as SORTED_BYTES hold, in whole rounds of the crew: sorting is a task a piece. */
static unsigned group_size(const msm_plan *plan, size_t n_threads)
{
    size_t fits = SORTED_BYTES / (ENTRY_BYTES * plan->n_rest + 1);
    size_t group = fits / n_threads * n_threads;
    if (group < n_threads)
        group = n_threads;
    return group < plan->n_pieces ? (unsigned)group : plan->n_pieces;
}

void msm_plan_make(const msm_shape *shape, msm_plan *out)
{
    msm_plan plan = {.width = shape->width != 0 ? shape->width : window_width(shape->lengths)};
    plan.n_windows = window_reach(shape->lengths, plan.width, plan.reach);
    plan.n_pieces = plan.n_windows + 1;
    plan.n_ones = shape->lengths->of_bits[1];
    plan.n_rest = plan.reach[0];
    size_t n_digits = 0;
    for (unsigned w = 0; w < plan.n_windows; w++) {
        plan.digits_first[w] = n_digits;
        n_digits += plan.reach[w];
    }
    plan.slice_len = slice_length(shape, plan.n_ones + n_digits);
    for (unsigned piece = 0; piece < plan.n_pieces; piece++)
        plan.n_slices += msm_piece_slices(&plan, piece);
    plan.group = group_size(&plan, shape->n_threads);
    plan.order_at = place(&plan, plan.n_rest, ENTRY_BYTES);
    plan.ones_at = place(&plan, plan.n_ones, ENTRY_BYTES);
    plan.digits_at = place(&plan, n_digits, DIGIT_BYTES);
    plan.sorted_at = place(&plan, plan.group * plan.n_rest, ENTRY_BYTES);
    plan.starts_at = place(&plan, plan.group * msm_piece_starts(&plan), ENTRY_BYTES);
    plan.g1_sums_at = place(&plan, shape->n_g1 * plan.n_slices, shape->g1_sum_bytes);
    plan.g2_sums_at = place(&plan, shape->n_g2 * plan.n_slices, shape->g2_sum_bytes);
    plan.scratch_at = place(&plan, shape->n_threads, shape->scratch_bytes);
    *out = plan;
}
