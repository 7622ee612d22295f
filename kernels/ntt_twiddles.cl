/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/ntt_twiddles.cl - a table of twiddles (NTT_TABLE_*), an entry a work-item: a product for each bit that its place has. */
#include "kernels/ntt_values.h"
#include "kernels/shared/ntt_args.h"

__kernel void ntt_twiddles(const __global uint4 *roots, __global uint4 *table, const ntt_twiddles_args a)
{
    const uint place = (uint)get_global_id(0);
    if (place >= a.n)
        return;
    fr t = fr_one();
    if (a.table == NTT_TABLE_BLOCK || a.table == NTT_TABLE_FORWARD) {
        const uint root = a.table == NTT_TABLE_BLOCK ? NTT_ROOT_INV : NTT_ROOT;
        for (uint bit = 0; place >> bit != 0; bit++)
            if (place >> bit & 1)
                t = fr_mul(t, fr_load(roots, root + bit + 2));
    } else {
        const uint log_h = 31 - clz(place | 1), i = place - (1u << log_h);
        const bool odd = a.table == NTT_TABLE_ODD;
        if (odd && place != 0)
            t = fr_load(roots, NTT_ROOT + log_h + 2);
        for (uint bit = 0; place != 0 && i >> bit != 0; bit++)
            if (i >> bit & 1)
                t = fr_mul(t, fr_load(roots, (odd ? NTT_ROOT : NTT_ROOT_INV) + log_h + 1 - bit));
    }
    const fr_factor f = fr_factor_of(fr_reduce(t));
    fr_store(table, 2 * place, &f.w);
    fr_store(table, 2 * place + 1, &f.q);
}
