/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/msm_plan.h"

enum {
    SLICES_PER_THREAD = 32, /* the last slices to end leave other threads idle for about half a slice */
    SLICE_MIN = 1 << 12,    /* below that, batches are not filled */
    SLICE_MAX = 1 << 16,
    G2_WEIGHT = 3,          /* a G2 addition in G1 additions */
    SORTED_BYTES = 1 << 20, /* of pieces that lie sorted, if that is places enough: */
    PLACES_MIN = 4,         /* two at work and two ahead, and more for threads that sort faster than they sum */
    THREADS_A_PLACE = 4,
    ENTRY_BYTES = 4,
    DIGIT_BYTES = 2
};

/* Place an array at the end of what is taken. */
static size_t place(msm_plan *plan, size_t n, size_t each_bytes)
{
    size_t at = plan->bytes;
    plan->bytes += msm_array_bytes(n, each_bytes);
    return at;
}

msm_slicing msm_slice(const msm_plan *plan, size_t n_threads, size_t n_g1, size_t n_g2)
{
    size_t work = (plan->n_ones + plan->n_digits) * (n_g1 + G2_WEIGHT * n_g2);
    size_t len = work / (n_threads * SLICES_PER_THREAD);
    msm_slicing cut = {.slice_len = len < SLICE_MIN ? SLICE_MIN : len > SLICE_MAX ? SLICE_MAX : len};
    for (unsigned piece = 0; piece < plan->n_pieces; piece++)
        cut.n_slices += msm_piece_slices(plan, cut, piece);
    return cut;
}

static size_t sums_bytes(const msm_plan *plan, const msm_shape *shape, size_t n_g1, size_t n_g2)
{
    size_t n_slices = msm_slice(plan, shape->n_threads, n_g1, n_g2).n_slices;
    return msm_array_bytes(n_g1 * n_slices, shape->g1_sum_bytes) + msm_array_bytes(n_g2 * n_slices, shape->g2_sum_bytes);
}

/* Of all queries at once, or those of either group alone. */
static size_t most_sums_bytes(const msm_plan *plan, const msm_shape *shape)
{
    size_t both = sums_bytes(plan, shape, shape->n_g1, shape->n_g2), g1 = sums_bytes(plan, shape, shape->n_g1, 0);
    size_t g2 = sums_bytes(plan, shape, 0, shape->n_g2);
    return both > g1 ? (both > g2 ? both : g2) : g1 > g2 ? g1 : g2;
}

/* More than a few places are no faster: the slices that are being summed are of two pieces or three. */
static unsigned n_places(const msm_plan *plan, size_t n_threads)
{
    size_t fits = SORTED_BYTES / (ENTRY_BYTES * plan->n_rest + 1), least = PLACES_MIN + n_threads / THREADS_A_PLACE;
    if (fits < least)
        fits = least;
    return fits < plan->n_pieces ? (unsigned)fits : plan->n_pieces;
}

static void place_arrays(const msm_shape *shape, msm_plan *plan)
{
    plan->bytes = 0;
    plan->order_at = place(plan, plan->n_rest, ENTRY_BYTES);
    plan->ones_at = place(plan, plan->n_ones, ENTRY_BYTES);
    plan->digits_at = place(plan, plan->n_digits, DIGIT_BYTES);
    plan->sorted_at = place(plan, plan->n_places * plan->n_rest, ENTRY_BYTES);
    plan->starts_at = place(plan, plan->n_places * msm_piece_starts(plan), ENTRY_BYTES);
    plan->sums_at = place(plan, 1, most_sums_bytes(plan, shape));
    plan->scratch_at = place(plan, shape->n_threads, shape->scratch_bytes);
}

static msm_plan plan_width(const msm_shape *shape, unsigned width)
{
    msm_plan plan = {.width = width};
    plan.n_windows = window_reach(shape->lengths, plan.width, plan.reach);
    plan.n_pieces = plan.n_windows + 1;
    plan.n_ones = shape->lengths->of_bits[1];
    plan.n_rest = plan.reach[0];
    for (unsigned w = 0; w < plan.n_windows; w++) {
        plan.digits_first[w] = plan.n_digits;
        plan.n_digits += plan.reach[w];
    }
    plan.n_places = n_places(&plan, shape->n_threads);
    place_arrays(shape, &plan);
    return plan;
}

void msm_plan_make(const msm_shape *shape, size_t bytes_max, msm_plan *out)
{
    unsigned width = shape->width != 0 ? shape->width : window_width(shape->lengths);
    msm_plan plan = plan_width(shape, width);
    while (bytes_max != 0 && plan.bytes > bytes_max && plan.n_places > 1) {
        plan.n_places--;
        place_arrays(shape, &plan);
    }
    *out = plan;
}

size_t msm_plan_bytes(const msm_shape *shape, size_t n)
{
    scalar_lengths full = {{0}};
    full.of_bits[SCALAR_BITS_MAX - 2] = n;
    msm_shape largest = *shape;
    largest.lengths = &full;
    msm_plan plan;
    msm_plan_make(&largest, 0, &plan);
    return plan.bytes;
}
