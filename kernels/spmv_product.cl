/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/spmv_product.cl - c = a o b, entry by entry, in Montgomery form (docs/math.md, eq. 27). */
#include "kernels/device_fields.h"
#include "kernels/shared/spmv_tasks.h"

__kernel void spmv_product(__global const fr *a, __global const fr *b, __global fr *c, const spmv_args args)
{
    const uint i = (uint)get_global_id(0);
    if (i < args.n)
        c[i] = fr_reduce(fr_mul(a[i], b[i]));
}
