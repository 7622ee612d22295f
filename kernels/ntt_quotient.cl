/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/ntt_quotient.cl - h = a b - c on the odd coset, canonical, in a's place. */
#include "kernels/ntt_values.h"
#include "kernels/shared/ntt_args.h"

/* The transforms leave n a, n b, n c: h = a b - c = (na nb - n nc) n^-2 (eq. 30). Where they are below 4r < R, na nb comes out below
 * 16 r^2 / R + r < 4.1 r, and n nc, n below r, below 4 r^2 / R + r < 1.8 r. So the difference, with 2r where it is negative, is
 * between 0 and 4.1 r, which a factor below r takes as it is. */
__kernel void ntt_quotient(__global uint4 *a, const __global uint4 *b, const __global uint4 *c, const __global uint4 *roots,
                           const uint n)
{
    const uint i = (uint)get_global_id(0);
    if (i >= n)
        return;
    const fr ab = fr_mul(fr_load(a, i), fr_load(b, i)), nc = fr_mul(fr_load(roots, NTT_N), fr_load(c, i));
    const fr h = fr_reduce(fr_mul(fr_sub(ab, nc), fr_load(roots, NTT_N_INV2)));
    fr_store(a, i, &h);
}
