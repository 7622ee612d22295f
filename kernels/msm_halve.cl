/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_halve.cl - one level of the bucket reduction: a work-item an addition, in place.
 *
 * A set of n = 2^k buckets B[i] weighs bucket i with i + 1: its sum is S + sum over j of 2^j S_j, S that of all buckets, S_j that of
 * those with bit j of i set. After t levels [0, n >> t) holds sums F of all buckets whose low k - t bits are i; for 1 <= s <= t
 * [n >> s, n >> s + n >> t) holds the same of those that have bit k - s set. The next level adds the upper half of each
 * of these runs to its lower half; the upper half of F stays as it is and is the next run. After k levels S stands at 0 and S_j at 2^j,
 * after 2 n additions of buckets in all (docs/math.md, eq. 50). */
#include "kernels/group.h"
#include "kernels/shared/msm_sum_args.h"

__kernel void msm_halve(__global point_xyzz *sums, msm_halve_args args)
{
    const uint n_pairs = args.n_buckets >> (args.level + 1); /* of a run */
    const uint id = (uint)get_global_id(0), pair = id % n_pairs, run = id / n_pairs % (args.level + 1);
    const uint set = id / n_pairs / (args.level + 1);
    if (set >= args.n_sets)
        return;
    __global point_xyzz *lower = sums + (set * args.n_buckets + (run == 0 ? 0 : args.n_buckets >> run) + pair);
    point_xyzz sum = lower[0];
    const point_xyzz other = lower[n_pairs];
    xyzz_add(&sum, &other);
    lower[0] = sum;
}
