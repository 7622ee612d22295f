/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_bits.cl - the end of the bucket reduction: a work-group a run of msm_halve.cl, whose last levels need no launch of their own.
 *
 * Bit sums: of each set the sum of all buckets, then those of the buckets with bit 0, 1 ... set; below p. */
#include "kernels/msm_runs.h"

/* Add the upper half of each run of at, 2 n_pairs long, to its lower half: the first n_runs of msm_halve.cl's runs of n elements. */
PT_FN void halve_runs(__global point_xyzz *at, uint n, uint n_runs, uint n_pairs)
{
    for (uint i = (uint)get_local_id(0); i < n_runs * n_pairs; i += (uint)get_local_size(0)) {
        const uint run = i / n_pairs;
        __global point_xyzz *lower = at + (run == 0 ? 0 : n >> run) + i % n_pairs;
        point_xyzz sum = lower[0];
        const point_xyzz other = lower[n_pairs];
        xyzz_add(&sum, &other);
        lower[0] = sum;
    }
}

PT_FN void write_reduced(__global point_xyzz *to, __global const point_xyzz *from)
{
    point_xyzz sum = *from;
    xyzz_reduce(&sum);
    *to = sum;
}

__kernel void msm_bits(__global point_xyzz *sums, msm_bits_args args)
{
    const uint n_runs = msm_n_runs(&args.runs), lane = (uint)get_local_id(0);
    const uint set = (uint)get_group_id(0) / n_runs, run = (uint)get_group_id(0) % n_runs;
    const uint n = args.runs.n >> args.runs.level;
    __global point_xyzz *at = sums + msm_run_place(&args.runs, set, run);
    uint n_bits = 0; /* of n, which is 2^n_bits */
    for (uint n_pairs = n / 2; n_pairs > 0; n_pairs /= 2) {
        halve_runs(at, n, run == 0 ? n_bits + 1 : 1, n_pairs);
        barrier(CLK_GLOBAL_MEM_FENCE);
        n_bits++;
    }
    __global point_xyzz *own = sums + args.first_bit_sum + set * (n_bits + n_runs);
    if (lane == 0)
        write_reduced(own + (run == 0 ? 0 : n_bits + n_runs - run), at);
    else if (run == 0 && lane <= n_bits)
        write_reduced(own + lane, at + (1u << (lane - 1)));
}
