/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/ntt_roots.cl - the numbers that a domain of 2^log_n points begins with: NTT_N_ROOTS values. */
#include "kernels/ntt_values.h"
#include "kernels/shared/ntt_args.h"

/* One work-item: some hundred products, one after the other. */
__kernel void ntt_roots(__global uint4 *roots, const uint log_n)
{
    const fr generator = FR_ROOT_WORDS, inverse = FR_ROOT_INV_WORDS, one_half = FR_HALF_WORDS;
    fr root = generator, root_inv = inverse, n = fr_one(), n_inv = n, unit = fr_zero();
    if (get_global_id(0) != 0)
        return;
    for (uint k = FR_TWO_ADICITY + 1; k-- > 0;) {
        if (k < NTT_ROOTS) {
            fr_store(roots, NTT_ROOT + k, &root);
            fr_store(roots, NTT_ROOT_INV + k, &root_inv);
        }
        root = fr_sqr(root);
        root_inv = fr_sqr(root_inv);
    }
    for (uint k = 0; k < log_n; k++) {
        n = fr_dbl(n);
        n_inv = fr_mul(n_inv, one_half);
    }
    n = fr_reduce(n);
    unit.word[0] = 1;
    fr_store(roots, NTT_N, &n);
    fr_store(roots, NTT_N_INV, &n_inv);
    n_inv = fr_mul(fr_sqr(n_inv), unit);
    fr_store(roots, NTT_N_INV2, &n_inv);
}
