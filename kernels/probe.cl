/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/probe.cl - the least that every other kernel needs: words read, multiplied to their upper half, and written. */
#include "kernels/shared/probe_args.h"

/* out[i] = upper word of in[i] * factor, plus i */
__kernel void probe(__global const uint *in, __global uint *out, const probe_args args)
{
    const uint i = (uint)get_global_id(0);
    if (i < args.n)
        out[i] = mul_hi(in[i], args.factor) + i;
}
