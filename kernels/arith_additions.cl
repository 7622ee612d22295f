/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/arith_additions.cl - how fast is the addition of an affine point to a bucket? Chains of them, for benchmarks. */
#include "kernels/group.h"
#include "kernels/shared/arith_args.h"

/* Chain i: in[i] + in[i + 1] + ... + in[i + n_steps]. */
__kernel void arith_additions(__global const point_affine *in, __global point_xyzz *out, const arith_args args)
{
    const uint i = (uint)get_global_id(0);
    if (i >= args.n)
        return;
    point_affine q = in[i & (args.n_in - 1)];
    point_xyzz acc;
    xyzz_from_affine(&acc, &q);
    for (uint k = 1; k <= args.n_steps; k++) {
        q = in[(i + k) & (args.n_in - 1)];
        xyzz_add_affine(&acc, &q);
    }
    xyzz_reduce(&acc);
    out[i] = acc;
}
