/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_combine.cl - a work-group a cut: the sum of its partial sums, by complete additions, to its bucket. The one writer.
 *
 * A launch takes the cuts of [n_min, n_max] partial sums, so that a group can be as large as its cuts are. */
#include "kernels/group.h"
#include "kernels/shared/msm_sum_args.h"

__kernel void msm_combine(__global const msm_cut *cuts, __global point_xyzz *sums, msm_combine_args args)
{
    const uint lane = (uint)get_local_id(0), n_lanes = (uint)get_local_size(0);
    const msm_cut cut = cuts[get_group_id(0)];
    const uint n = cut.n >= args.n_min && cut.n <= args.n_max ? cut.n : 0; /* the same for the whole group */
    __global point_xyzz *own = sums + args.first_partial + cut.first;
    if (lane < n) {
        point_xyzz sum = own[lane];
        for (uint i = lane + n_lanes; i < n; i += n_lanes) {
            const point_xyzz other = own[i];
            xyzz_add(&sum, &other);
        }
        own[lane] = sum;
    }
    for (uint step = n_lanes / 2; step > 0; step /= 2) {
        barrier(CLK_GLOBAL_MEM_FENCE);
        if (lane < step && lane + step < n) {
            point_xyzz sum = own[lane];
            const point_xyzz other = own[lane + step];
            xyzz_add(&sum, &other);
            own[lane] = sum;
        }
    }
    if (lane == 0 && n > 0)
        sums[cut.bucket] = own[0];
}
