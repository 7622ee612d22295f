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

__kernel void msm_combine(__global const msm_cut *cuts, __global const msm_sort_totals *totals, __global point_xyzz *sums,
                          msm_combine_args args)
{
    const uint n_cuts = totals->n_cuts < args.n_cuts_max ? totals->n_cuts : args.n_cuts_max;
    const uint lane = args.alone ? 0 : (uint)get_local_id(0), n_lanes = args.alone ? 1 : (uint)get_local_size(0);
    const uint n_of_group = args.alone ? (uint)get_local_size(0) : 1; /* cuts at a time: the loop is the whole group's */
    for (uint first = (uint)get_group_id(0) * n_of_group; first < n_cuts; first += (uint)get_num_groups(0) * n_of_group) {
        const uint at = first + (args.alone ? (uint)get_local_id(0) : 0);
        const msm_cut cut = cuts[at < n_cuts ? at : first];
        const uint n = at < n_cuts && cut.n >= args.n_min && cut.n <= args.n_max ? cut.n : 0;
        __global point_xyzz *own = sums + args.first_partial + cut.first;
        combine_partial_sums(own, n, lane, n_lanes);
        if (lane == 0 && n > 0)
            sums[cut.bucket] = own[0];
    }
}
