/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_combine.cl - a work-group takes a cut in turn: the sum of its partial sums, by complete additions, to its bucket. The one writer.
 *
 * A launch takes the cuts of [n_min, n_max] partial sums, so that a group can be as large as its cuts are. */
#include "kernels/group.h"
#include "kernels/shared/msm_sum_args.h"

/* The sum of own[0, n) to own[0]; the whole group calls it, and nothing is done where n is 0. */
PT_GROUP_FN void combine_partial_sums(__global point_xyzz *own, uint n)
{
    const uint lane = (uint)get_local_id(0), n_lanes = (uint)get_local_size(0);
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
    for (uint at = (uint)get_group_id(0); at < n_cuts; at += (uint)get_num_groups(0)) {
        const msm_cut cut = cuts[at];
        const uint n = cut.n >= args.n_min && cut.n <= args.n_max ? cut.n : 0; /* the same for the whole group */
        __global point_xyzz *own = sums + args.first_partial + cut.first;
        combine_partial_sums(own, n);
        if (get_local_id(0) == 0 && n > 0)
            sums[cut.bucket] = own[0];
    }
}
