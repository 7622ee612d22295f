/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_walk.cl - the stream walker: a work-item a slice of the sorted entries, all slices of one length; sums in affine form.
 *
 * A slice is PT_WALK_STRANDS strands of equal length. A step adds each strand's next point to the sum of the bucket that it is in: 5 products and
 * a square, for the denominators of all strands are inverted at once (Montgomery's trick: eq. 26 of docs/math.md). Exceptional
 * additions need no denominator, but for a doubling, whose is 2 y.
 *
 * One writer a place: a bucket that lies within the slice goes to its sum, one that began before it to the slice's first partial sum, one
 * that goes on behind it to the second. Of a bucket that several strands share, the strand that sees its end stores its part, and the
 * others, whose walk ends within it, add theirs at the end, the last strand first. A bucket that several slices share is a cut
 * (msm_combine.cl): its partial sums lie side by side, as a second one that is unused between them is infinity.
 *
 * PT_WALK_STRANDS  of a work-item, at most MSM_WALK_STRANDS_MAX
 * PT_WALK_GROUP    work-items of a group; a power of 2 where it shares an inversion
 * PT_WALK_SCRATCH  MSM_WALK_PRIVATE, _LOCAL or _GLOBAL: where products of denominators wait
 * PT_WALK_SHARED   1: a group shares one inversion; 0: each work-item makes its own */
#include "kernels/msm_points.h"
#include "kernels/shared/msm_sum_args.h"

#if !defined(PT_WALK_STRANDS) || !defined(PT_WALK_GROUP) || !defined(PT_WALK_SCRATCH) || !defined(PT_WALK_SHARED)
#error "the stream walker: compile it with the options of gpu/msm_accumulator.h"
#endif

#ifdef PT_DEVICE_CODE
#define WALK_GROUP
#else
#define WALK_GROUP __attribute__((reqd_work_group_size(PT_WALK_GROUP, 1, 1)))
#endif

/* A bucket, and where its entries end. */
typedef struct {
    uint bucket, end;
} walk_place;

/* What a work-item knows of its slice, entries [begin, end). */
typedef struct {
    uint slice, begin, end, strand_len;
    uint adds, infinite; /* a bit a strand: this step is an addition with a denominator; the sum is infinity */
    walk_place at[PT_WALK_STRANDS];
    point_affine sum[PT_WALK_STRANDS];
} walk_state;

/* The bucket of an entry: the last one that begins there or before. Empty ones begin where the next one does. */
PT_FN uint walk_find(__global const msm_range *buckets, uint low, uint high, uint entry)
{
    while (high - low > 1) {
        const uint middle = low + (high - low) / 2;
        if (buckets[middle].first <= entry)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Where the sum of a bucket of this slice goes. */
PT_FN uint walk_target(const walk_state *state, uint bucket, msm_range range, uint first_partial)
{
    if (range.first < state->begin)
        return first_partial + 2 * state->slice;
    return range.first + range.n > state->end ? first_partial + 2 * state->slice + 1 : bucket;
}

PT_FN void walk_store(__global point_xyzz *to, const point_affine *from)
{
    point_xyzz sum;
    xyzz_from_affine(&sum, from);
    *to = sum;
}

/* Begin with an entry's point; the one before, if it is not the strand's first, was the last of its bucket, whose sum is stored. */
PT_FN void walk_enter(walk_state *state, uint k, uint entry, uint is_first, __global const msm_range *buckets,
                      __global point_xyzz *sums, const msm_walk_args *args)
{
    uint low = 0, high = args->n_buckets;
    if (!is_first) {
        const uint before = state->at[k].bucket;
        walk_store(sums + walk_target(state, before, buckets[before], args->first_partial), &state->sum[k]);
        low = before + 1;
        high = buckets[low].n > 0 ? low + 1 : high;
    }
    state->at[k].bucket = walk_find(buckets, low, high, entry);
    const msm_range range = buckets[state->at[k].bucket];
    state->at[k].end = range.first + range.n;
}

PT_FN __global const point_affine *walk_point(MSM_POINTS_ARGS, uint part_len, uint entry)
{
    return msm_point_at(MSM_POINTS, part_len, entry & MSM_ENTRY_INDEX_MASK);
}

PT_FN coord walk_y(__global const point_affine *point, uint entry)
{
    const coord y = point->y;
    return coord_choose(entry >> MSM_ENTRY_SIGN, coord_neg(y), y);
}

PT_FN uint walk_is_zero(coord a)
{
    const fq *c = (const fq *)&a;
    uint any = 0;
    PT_UNROLL
    for (int k = 0; k < PT_GROUP; k++) {
        PT_UNROLL
        for (int i = 0; i < FQ_WORDS; i++)
            any |= c[k].word[i];
    }
    return any == 0;
}

/* Strand k's sum is the point of an entry. */
PT_FN void walk_set(walk_state *state, uint k, __global const point_affine *point, uint entry)
{
    state->sum[k] = *point;
    state->infinite = (state->infinite & ~(1u << k)) | affine_is_infinity(&state->sum[k]) << k;
    affine_neg_if(&state->sum[k], entry >> MSM_ENTRY_SIGN);
}

/* Of an addition to strand k: 1 and its denominator; 0: it needed none and is done. */
PT_FN uint walk_denominator(walk_state *state, uint k, __global const point_affine *point, uint entry, coord *denominator)
{
    const coord x = point->x;
    if (walk_is_zero(x) && walk_is_zero(point->y))
        return 0;
    if (state->infinite >> k & 1) {
        walk_set(state, k, point, entry);
        return 0;
    }
    *denominator = coord_sub(x, state->sum[k].x);
    if (!coord_is_zero(*denominator))
        return 1;
    const coord y = state->sum[k].y;
    *denominator = coord_dbl(y);
    if (coord_eq(y, walk_y(point, entry)))
        return 1;
    state->sum[k].x = state->sum[k].y = coord_zero();
    state->infinite |= 1u << k;
    return 0;
}

/* The addition, given the product of the denominators before it, and the inverse of that with its own; which becomes that without it. */
PT_FN void walk_add(point_affine *sum, __global const point_affine *point, uint entry, coord before, coord *inverse)
{
    const coord x2 = point->x, y2 = walk_y(point, entry), x1 = sum->x, y1 = sum->y;
    coord d = coord_sub(x2, x1), n = coord_sub(y2, y1);
    if (coord_is_zero(d)) {
        d = coord_dbl(y1);
        n = coord_sqr(x1);
        n = coord_add(coord_dbl(n), n);
    }
    const coord slope = coord_mul(n, coord_mul(*inverse, before));
    *inverse = coord_mul(*inverse, d);
    const coord x3 = coord_sub(coord_sub(coord_sqr(slope), x1), x2);
    sum->y = coord_sub(coord_mul(slope, coord_sub(x1, x3)), y1);
    sum->x = x3;
}

#if PT_WALK_SHARED
/* 1 / product for every work-item of the group, by one inversion: products go up a tree, inverses down.
 *   shape   tree: 2 PT_WALK_GROUP elements; leaf i is PT_WALK_GROUP + i */
PT_GROUP_FN coord walk_invert(__local coord *tree, coord product)
{
    const uint lane = (uint)get_local_id(0);
    tree[PT_WALK_GROUP + lane] = product;
    for (uint n = PT_WALK_GROUP / 2; n > 0; n /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (lane < n)
            tree[n + lane] = coord_mul(tree[2 * (n + lane)], tree[2 * (n + lane) + 1]);
    }
    if (lane == 0)
        tree[1] = coord_inv(tree[1]);
    for (uint n = 1; n < PT_WALK_GROUP; n *= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (lane < n) {
            const coord inverse = tree[n + lane], left = tree[2 * (n + lane)];
            tree[2 * (n + lane)] = coord_mul(inverse, tree[2 * (n + lane) + 1]);
            tree[2 * (n + lane) + 1] = coord_mul(inverse, left);
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    return tree[PT_WALK_GROUP + lane];
}
#endif

/* What strands that end within a bucket have of it, and the second partial sum if nothing is there; whether the bucket at the end goes on. */
PT_FN msm_cut walk_finish(walk_state *state, __global const msm_range *buckets, __global point_xyzz *sums,
                          const msm_walk_args *args)
{
    __global point_xyzz *partial = sums + args->first_partial + 2 * state->slice;
    msm_cut cut = {0, 0, 0};
    for (uint k = PT_WALK_STRANDS; k-- > 0;) {
        const uint begin = state->begin + k * state->strand_len;
        if (begin >= state->end)
            continue;
        const uint end = min(begin + state->strand_len, state->end);
        const msm_range range = buckets[state->at[k].bucket];
        __global point_xyzz *to = sums + walk_target(state, state->at[k].bucket, range, args->first_partial);
        point_xyzz sum;
        xyzz_from_affine(&sum, &state->sum[k]);
        if (state->at[k].end > end && end < state->end) { /* the next strand's sum is there */
            sum = *to;
            xyzz_add_affine(&sum, &state->sum[k]);
        }
        *to = sum;
        if (to == partial + 1 && end == state->end) {
            const uint last_slice = (state->at[k].end - 1) / (PT_WALK_STRANDS * state->strand_len);
            cut.bucket = state->at[k].bucket;
            cut.first = 2 * state->slice + 1;
            cut.n = 2 * (last_slice - state->slice);
        }
    }
    if (cut.n == 0) {
        point_xyzz none;
        xyzz_set_infinity(&none);
        partial[1] = none;
    }
    return cut;
}

__kernel WALK_GROUP void msm_walk(MSM_POINTS_ARGS, __global const uint *entries, __global const msm_range *buckets,
                                  __global msm_cut *cuts, __global msm_sort_totals *totals, __global point_xyzz *sums,
                                  __global coord *far, __local coord *near, msm_walk_args args)
{
    const uint n_slices = (uint)get_global_size(0);
    const msm_range last = buckets[args.n_buckets - 1];
    const uint n_entries = last.first + last.n, n_strands = n_slices * PT_WALK_STRANDS;
    walk_state state;
    state.slice = (uint)get_global_id(0);
    state.strand_len = (n_entries + n_strands - 1) / n_strands;
    state.begin = min(state.slice * PT_WALK_STRANDS * state.strand_len, n_entries);
    state.end = min(state.begin + PT_WALK_STRANDS * state.strand_len, n_entries);
    state.infinite = 0;
#if PT_WALK_SCRATCH == MSM_WALK_PRIVATE
    coord before[PT_WALK_STRANDS];
    const uint step = 1;
#elif PT_WALK_SCRATCH == MSM_WALK_LOCAL
    __local coord *before = near + PT_WALK_SHARED * 2 * PT_WALK_GROUP + get_local_id(0);
    const uint step = PT_WALK_GROUP;
#else
    __global coord *before = far + state.slice;
    const uint step = n_slices;
#endif
    for (uint t = 0; t < state.strand_len; t++) {
        coord product = coord_one();
        state.adds = 0;
        for (uint k = 0; k < PT_WALK_STRANDS; k++) {
            const uint at = state.begin + k * state.strand_len + t;
            if (at >= state.end)
                break;
            const uint entry = entries[at];
            __global const point_affine *point = walk_point(MSM_POINTS, args.part_len, entry);
            coord denominator;
            if (t == 0 || at == state.at[k].end) {
                walk_enter(&state, k, at, t == 0, buckets, sums, &args);
                walk_set(&state, k, point, entry);
            } else if (walk_denominator(&state, k, point, entry, &denominator)) {
                state.adds |= 1u << k;
                before[k * step] = product;
                product = coord_mul(product, denominator);
            }
        }
#if PT_WALK_SHARED
        coord inverse = walk_invert(near, product);
#else
        coord inverse = state.adds != 0 ? coord_inv(product) : product;
#endif
        for (uint k = PT_WALK_STRANDS; k-- > 0;)
            if (state.adds >> k & 1) {
                const uint entry = entries[state.begin + k * state.strand_len + t];
                walk_add(&state.sum[k], walk_point(MSM_POINTS, args.part_len, entry), entry, before[k * step], &inverse);
            }
    }
    cuts[state.slice] = walk_finish(&state, buckets, sums, &args);
    if (state.slice == 0) {
        totals->n_tasks = 0;
        totals->n_slots = 2 * n_slices;
        totals->n_cuts = n_slices;
    }
    (void)far, (void)near;
}
