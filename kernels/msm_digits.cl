/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_digits.cl - signed digits of canonical scalars, and how many of each chunk go to each bin.
 *
 * With S = s where s <= (r - 1) / 2, else s - r, and h = 2^(c-1): digits d_j of [-(h - 1), h] with S = sum d_j 2^(cj) are found without a
 * carry from window to window, for e_j = d_j + h - 1 lie in [0, 2^c), so they are the plain digits of S + sum (h - 1) 2^(cj).
 * All scalars < r are read once; a group has a chunk of them, in all windows. */
#include "kernels/device_curve.h"
#include "kernels/msm_element.h"

/* Is s > (r - 1) / 2: does (r - 1) / 2 - s borrow? */
PT_FN uint msm_is_upper(const uint *s, const uint *r)
{
    long rest = 0;
    PT_UNROLL
    for (int i = 0; i < FR_WORDS; i++) {
        const uint halved = r[i] >> 1 | (i + 1 < FR_WORDS ? r[i + 1] << 31 : 0);
        rest = (rest >> 32) + (long)halved - (long)s[i];
    }
    return rest < 0;
}

/* words = s + offset, less r if subtract is 1; below 2^288, for the offset is larger than r. */
PT_FN void msm_offset(const uint *s, const uint *r, uint subtract, const msm_word *offset, uint *words)
{
    const uint mask = 0 - subtract;
    long rest = 0;
    PT_UNROLL
    for (int i = 0; i < MSM_SORT_OFFSET_WORDS; i++) {
        rest = (rest >> 32) + (long)offset[i];
        if (i < FR_WORDS)
            rest += (long)s[i] - (long)(r[i] & mask);
        words[i] = (uint)rest;
    }
}

PT_FN void msm_shift_down(uint *words, uint c)
{
    PT_UNROLL
    for (int i = 0; i + 1 < MSM_SORT_OFFSET_WORDS; i++)
        words[i] = words[i] >> c | words[i + 1] << (32 - c);
    words[MSM_SORT_OFFSET_WORDS - 1] >>= c;
}

/* The same by any number of bits. */
PT_FN void msm_skip(uint *words, uint n_bits)
{
    for (; n_bits >= 32; n_bits -= 32) {
        PT_UNROLL
        for (int i = 0; i + 1 < MSM_SORT_OFFSET_WORDS; i++)
            words[i] = words[i + 1];
        words[MSM_SORT_OFFSET_WORDS - 1] = 0;
    }
    if (n_bits > 0)
        msm_shift_down(words, n_bits);
}

PT_FN void msm_load(__global const uint4 *scalar, uint *s)
{
    const uint4 low = scalar[0], high = scalar[1];
    s[0] = low.x, s[1] = low.y, s[2] = low.z, s[3] = low.w;
    s[4] = high.x, s[5] = high.y, s[6] = high.z, s[7] = high.w;
}

__kernel SORT_GROUP void msm_digits(__global const uint4 *scalars, __global msm_digit *digits, __global uint *counts,
                                    msm_sort_args args)
{
    SORT_LOCAL uint count[MSM_SORT_COUNTERS];
    const uint id = (uint)get_local_id(0), chunk = (uint)get_group_id(0);
    const uint n_counters = args.n_windows << args.radix_bits;
    const fr r = FR_MODULUS_WORDS;
    uint s[FR_WORDS], words[MSM_SORT_OFFSET_WORDS];
    for (uint i = id; i < n_counters; i += PT_SORT_THREADS)
        count[i] = 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint at = id; at < args.chunk && chunk * args.chunk + at < args.n; at += PT_SORT_THREADS) {
        const size_t i = (size_t)chunk * args.chunk + at;
        msm_load(scalars + 2 * i, s);
        msm_offset(s, r.word, msm_is_upper(s, r.word), args.offset, words);
        msm_skip(words, args.first_window * args.c);
        for (uint w = 0; w < args.n_windows; w++) {
            const uint digit = words[0] & ((1u << args.c) - 1);
            const msm_place place = msm_place_of(digit, args.c);
            digits[(size_t)w * args.n + i] = (msm_digit)digit;
            if (place.bucket != SORT_NONE)
                atomic_inc(&count[(w << args.radix_bits) + (place.bucket >> args.shift)]);
            msm_shift_down(words, args.c);
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint i = id; i < n_counters; i += PT_SORT_THREADS) {
        const uint w = i >> args.radix_bits, bin = i & ((1u << args.radix_bits) - 1);
        counts[(((size_t)w * args.n_chunks + chunk) << args.radix_bits) + bin] = count[i];
    }
}
