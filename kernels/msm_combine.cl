/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_combine.cl - the partial sums of each cut, by complete additions, to its bucket. The one writer.
 *
 * A launch takes the cuts of [n_min, n_max] partial sums: a work-item each where they are few, else a work-group each; in turn. */
#include "kernels/group.h"
#include "kernels/shared/msm_sum_args.h"

/* The sum of own[0, n) to own[0] by n_lanes work-items, of which this is lane: one alone, or a whole group. Nothing is done where n is 0. */
PT_GROUP_FN void combine_partial_sums(__global point_xyzz *own, uint n, uint lane, uint n_lanes)
{
    if (lane < n) {
        point_xyzz sum = own[lane];
        for (uint i = lane + n_lanes; i < n; i += n_lanes) {
            const point_xyzz other = own[i];
            xyzz_add(&sum, &other);
        }
        own[lane] = sum;
    }
    for (uint step = n > 0 ? n_lanes / 2 : 0; step > 0; step /= 2) {
        barrier(CLK_GLOBAL_MEM_FENCE);
        if (lane < step && lane + step < n) {
            point_xyzz sum = own[lane];
            const point_xyzz other = own[lane + step];
            xyzz_add(&sum, &other);
            own[lane] = sum;
        }
    }
}

/* Few cuts are the launch's: so many are looked at together, each a stride from the next. */
#define COMBINE_LOOK 8

/* The first of the cuts from, from + stride ... that the launch is for; n_cuts or more if there is none. */
PT_FN uint combine_next(__global const msm_cut *cuts, uint from, uint stride, uint n_cuts, const msm_combine_args *args)
{
    uint found = n_cuts;
    for (; found == n_cuts && from < n_cuts; from += COMBINE_LOOK * stride) {
        uint n[COMBINE_LOOK];
        PT_UNROLL
        for (uint k = 0; k < COMBINE_LOOK; k++)
            n[k] = from + k * stride < n_cuts ? cuts[from + k * stride].n : 0;
        PT_UNROLL
        for (uint k = COMBINE_LOOK; k-- > 0;)
            if (n[k] >= args->n_min && n[k] <= args->n_max)
                found = from + k * stride;
    }
    return found;
}

__kernel void msm_combine(__global const msm_cut *cuts, __global const msm_sort_totals *totals, __global point_xyzz *sums,
                          msm_combine_args args)
{
    const uint n_cuts = totals->n_cuts < args.n_cuts_max ? totals->n_cuts : args.n_cuts_max;
    const uint id = args.alone ? (uint)get_local_id(0) : 0, lane = args.alone ? 0 : (uint)get_local_id(0);
    const uint n_lanes = args.alone ? 1 : (uint)get_local_size(0);
    const uint n_of_group = args.alone ? (uint)get_local_size(0) : 1; /* cuts at a time: the loop is the whole group's */
    const uint stride = (uint)get_num_groups(0) * n_of_group;
    uint first = (uint)get_group_id(0) * n_of_group;
    if (!args.alone)
        first = combine_next(cuts, first, stride, n_cuts, &args);
    while (first < n_cuts) {
        const msm_cut cut = cuts[first + id < n_cuts ? first + id : first];
        const uint n = first + id < n_cuts && cut.n >= args.n_min && cut.n <= args.n_max ? cut.n : 0;
        __global point_xyzz *own = sums + args.first_partial + cut.first;
        combine_partial_sums(own, n, lane, n_lanes);
        if (lane == 0 && n > 0)
            sums[cut.bucket] = own[0];
        first += stride;
        if (!args.alone)
            first = combine_next(cuts, first, stride, n_cuts, &args);
    }
}
