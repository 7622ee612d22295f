/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_halve.cl - one level of the bucket reduction: a work-item an addition, in place, or to where runs are kept.
 *
 * A set of n = 2^k buckets B[i] weighs bucket i with i + 1: its sum is S + sum over j of 2^j S_j, S that of all buckets, S_j that of
 * those with bit j of i set. After t levels there are t + 1 runs of n >> t sums: run 0 has sums F of all buckets whose low k - t bits are
 * i, run s the same of those that have bit k - s set. The next level adds the upper half of each run to its lower half; the upper half of
 * F stays as it is and is the next run. In place run s >= 1 lies at n >> s, in the upper half of what F was. After k levels S stands at 0
 * and S_j at 2^j, after 2 n additions of buckets in all (docs/math.md, eq. 50). */
#include "kernels/msm_runs.h"

__kernel void msm_halve(__global point_xyzz *sums, __global point_xyzz *kept, msm_halve_args args)
{
    const uint n_runs = msm_n_runs(&args.runs), n_pairs = args.runs.n >> (args.runs.level + 1); /* of a run */
    const uint id = (uint)get_global_id(0), pair = id % n_pairs, run = id / n_pairs % n_runs, set = id / n_pairs / n_runs;
    if (set >= args.runs.n_sets)
        return;
    __global point_xyzz *lower = sums + msm_run_place(&args.runs, set, run) + pair;
    point_xyzz sum = lower[0];
    const point_xyzz other = lower[n_pairs];
    xyzz_add(&sum, &other);
    if (!args.keeps) {
        lower[0] = sum;
        return;
    }
    __global point_xyzz *own = kept + args.first_kept + set * (n_runs + 1) * n_pairs + pair;
    own[run * n_pairs] = sum;
    if (run == 0)
        own[n_runs * n_pairs] = other;
}
