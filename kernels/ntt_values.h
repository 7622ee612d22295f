/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/ntt_values.h - values of Fr in buffers, as two halves of 16 bytes: what a device moves at once. */
#ifndef PT_NTT_VALUES_H
#define PT_NTT_VALUES_H

#include "kernels/fr_shoup.h"

/* The words from first on: 0 for the lower half, 4 for the upper. */
PT_FN uint4 fr_half(const fr *a, int first)
{
    uint4 part;
    part.x = a->word[first];
    part.y = a->word[first + 1];
    part.z = a->word[first + 2];
    part.w = a->word[first + 3];
    return part;
}

PT_FN fr fr_of_halves(uint4 lower, uint4 upper)
{
    fr a;
    a.word[0] = lower.x;
    a.word[1] = lower.y;
    a.word[2] = lower.z;
    a.word[3] = lower.w;
    a.word[4] = upper.x;
    a.word[5] = upper.y;
    a.word[6] = upper.z;
    a.word[7] = upper.w;
    return a;
}

PT_FN fr fr_load(const __global uint4 *values, uint i)
{
    return fr_of_halves(values[2 * i], values[2 * i + 1]);
}

PT_FN void fr_store(__global uint4 *values, uint i, const fr *a)
{
    values[2 * i] = fr_half(a, 0);
    values[2 * i + 1] = fr_half(a, 4);
}

/* Of a table of factors, 64 bytes each. */
PT_FN fr_factor fr_load_factor(const __global uint4 *table, uint i)
{
    const fr_factor f = {fr_load(table, 2 * i), fr_load(table, 2 * i + 1)};
    return f;
}

/* Between levels values are below 2L, where that is below R, as they come out of a sum or difference of lazy ones. */
PT_FN fr fr_settle(fr a)
{
#if FR_LIMIT_IS_2P
    return fr_to_limit(a);
#else
    return a;
#endif
}

#endif
