/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/fr_shoup.h - products in Fr by factors that are known beforehand, such as twiddles: Shoup's.
 *
 * With R = 2^256 and q = floor(w R / r): x w - floor(x q / R) r takes the low halves of two products and the upper one of a third, 115 products
 * of words beside Montgomery's 136, and no word waits for the one before (docs/math.md, eq. 52). Columns 0 to 5 of x q are left out, below
 * 2^227 in all: the words of the product are below r (1 + x / R + 2^-29) for any x < R. w is canonical; x and the product are in one form.
 * source  V. Shoup, NTL (MulModPrecon); D. Harvey, "Faster arithmetic for number-theoretic transforms" (2014), section 2 */
#ifndef PT_FR_SHOUP_H
#define PT_FR_SHOUP_H

#include "kernels/device_fields.h"

/** A factor: w below r, canonical, and q. */
typedef struct {
    fr w, q;
} fr_factor;

/* The words 8 to 15 of a b, without what the columns 0 to 5 carry. */
PT_FN fr fr_high_words(fr a, fr b);
/* The words 0 to 7 of a b + c d. */
PT_FN fr fr_low_words(fr a, fr b, fr c, fr d);

#if PT_PTX
#include "kernels/fr_shoup_ptx.h"
#else
PT_FN fr fr_high_words(fr a, fr b)
{
    uint x[FR_WORDS + 2] = {0}; /* of column 6 and up */
    fr r;
    PT_UNROLL
    for (int j = 0; j < FR_WORDS; j++) {
        ulong carry = 0;
        PT_UNROLL
        for (int i = j < 6 ? 6 - j : 0; i < FR_WORDS; i++) {
            carry += (ulong)a.word[i] * b.word[j] + x[i + j - 6];
            x[i + j - 6] = (uint)carry;
            carry >>= 32;
        }
        x[j + 2] = (uint)carry;
    }
    PT_UNROLL
    for (int i = 0; i < FR_WORDS; i++)
        r.word[i] = x[i + 2];
    return r;
}

PT_FN fr fr_low_words(fr a, fr b, fr c, fr d)
{
    fr r = fr_zero();
    PT_UNROLL
    for (int j = 0; j < FR_WORDS; j++) {
        ulong of_ab = 0, of_cd = 0;
        PT_UNROLL
        for (int i = 0; i + j < FR_WORDS; i++) {
            of_ab += (ulong)a.word[i] * b.word[j] + r.word[i + j];
            of_cd += (ulong)c.word[i] * d.word[j] + (uint)of_ab;
            r.word[i + j] = (uint)of_cd;
            of_ab >>= 32;
            of_cd >>= 32;
        }
    }
    return r;
}
#endif

/** x w, below the limit L of lazy values (kernels/field.h); x may be below 2L. */
PT_PRODUCT fr fr_mul_factor(fr x, fr_factor by)
{
    uint borrow;
    const fr minus_r = fr_sub_words(fr_zero(), fr_of_constant(&fr_modulus), &borrow);
    const fr r = fr_low_words(x, by.w, fr_high_words(x, by.q), minus_r);
#if FR_LIMIT_IS_2P
    return r;
#else
    return fr_reduce(r);
#endif
}

/** The factor of a value below r in Montgomery form, w R mod r: q = -value / r mod R, for w R = value + q r. */
PT_FN fr_factor fr_factor_of(fr value)
{
    const fr r = fr_of_constant(&fr_modulus);
    fr_factor f = {value, fr_zero()};
    for (int k = 0; k < FR_WORDS; k++) {
        const uint m = f.w.word[0] * FR_N0_WORD;
        ulong carry = 0;
        f.q.word[k] = m;
        for (int i = 0; i < FR_WORDS; i++) {
            carry += (ulong)m * r.word[i] + f.w.word[i];
            if (i > 0)
                f.w.word[i - 1] = (uint)carry;
            carry >>= 32;
        }
        f.w.word[FR_WORDS - 1] = (uint)carry;
    }
    return f;
}

#endif
