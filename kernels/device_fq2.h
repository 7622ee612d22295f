/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/device_fq2.h - Fq2 = Fq[u] / (u^2 + 1) on a device: coordinates of G2. Lazy in, lazy out, as in field.h. */
#ifndef PT_DEVICE_FQ2_H
#define PT_DEVICE_FQ2_H

#include "kernels/device_fields.h"

PT_FN fq2 fq2_of(fq c0, fq c1)
{
    fq2 r;
    r.c0 = c0;
    r.c1 = c1;
    return r;
}

PT_FN fq2 fq2_zero(void)
{
    return fq2_of(fq_zero(), fq_zero());
}

PT_FN fq2 fq2_one(void)
{
    return fq2_of(fq_one(), fq_zero());
}

PT_FN fq2 fq2_choose(uint first, fq2 a, fq2 b)
{
    return fq2_of(fq_choose(first, a.c0, b.c0), fq_choose(first, a.c1, b.c1));
}

PT_FN fq2 fq2_add(fq2 a, fq2 b)
{
    return fq2_of(fq_add(a.c0, b.c0), fq_add(a.c1, b.c1));
}

PT_FN fq2 fq2_sub(fq2 a, fq2 b)
{
    return fq2_of(fq_sub(a.c0, b.c0), fq_sub(a.c1, b.c1));
}

PT_FN fq2 fq2_dbl(fq2 a)
{
    return fq2_of(fq_dbl(a.c0), fq_dbl(a.c1));
}

PT_FN fq2 fq2_neg(fq2 a)
{
    return fq2_of(fq_neg(a.c0), fq_neg(a.c1));
}

PT_FN fq2 fq2_reduce(fq2 a)
{
    return fq2_of(fq_reduce(a.c0), fq_reduce(a.c1));
}

PT_FN uint fq2_is_zero(fq2 a)
{
    return fq_is_zero(a.c0) && fq_is_zero(a.c1);
}

PT_FN uint fq2_eq(fq2 a, fq2 b)
{
    return fq_eq(a.c0, b.c0) && fq_eq(a.c1, b.c1);
}

/* What is long is called, and called with vectors of words (PT_CALLED): inlined, a mixed addition in G2 of BLS12-381 is 330 KB of
 * instructions, and its kernels take a minute each to build. Of parameters FQ_PARAMS(a) the element is FQ_OF_PARAMS(a). */
PT_FN uint4 fq_part(fq a, int k)
{
    uint4 part;
    part.x = a.word[4 * k];
    part.y = a.word[4 * k + 1];
    part.z = a.word[4 * k + 2];
    part.w = a.word[4 * k + 3];
    return part;
}

PT_FN void fq_set_part(fq *a, int k, uint4 part)
{
    a->word[4 * k] = part.x;
    a->word[4 * k + 1] = part.y;
    a->word[4 * k + 2] = part.z;
    a->word[4 * k + 3] = part.w;
}

#if FQ_WORDS == 8
#define FQ_PARAMS(a) uint4 a##_0, uint4 a##_1
#define FQ_OF_PARAMS(a) fq_of_parts(a##_0, a##_1)
#define FQ_PARTS(a) fq_part(a, 0), fq_part(a, 1)
#else
#define FQ_PARAMS(a) uint4 a##_0, uint4 a##_1, uint4 a##_2
#define FQ_OF_PARAMS(a) fq_of_parts(a##_0, a##_1, a##_2)
#define FQ_PARTS(a) fq_part(a, 0), fq_part(a, 1), fq_part(a, 2)
#endif

PT_FN fq fq_of_parts(FQ_PARAMS(a))
{
    fq r;
    fq_set_part(&r, 0, a_0);
    fq_set_part(&r, 1, a_1);
#if FQ_WORDS == 12
    fq_set_part(&r, 2, a_2);
#endif
    return r;
}

#define FQ2_PARAMS(a) FQ_PARAMS(a##_c0), FQ_PARAMS(a##_c1)
#define FQ2_OF_PARAMS(a) fq2_of(FQ_OF_PARAMS(a##_c0), FQ_OF_PARAMS(a##_c1))
#define FQ2_PARTS(a) FQ_PARTS(a.c0), FQ_PARTS(a.c1)

/* A product before its reductions: -4p^2 < c0 < 4p^2 mod R^2, 0 <= c1 < 8p^2. */
typedef struct {
    fq_wide c0, c1;
} fq2_wide;

/* Karatsuba's three products (docs/math.md, eq. 2); the sums are below 4p < R. */
PT_FN fq2_wide fq2_wide_mul(fq2 a, fq2 b)
{
    const fq_wide v0 = fq_wide_mul(a.c0, b.c0), v1 = fq_wide_mul(a.c1, b.c1);
    const fq_wide s = fq_wide_mul(fq_add_words(a.c0, a.c1), fq_add_words(b.c0, b.c1));
    fq2_wide r;
    r.c1 = fq_wide_sub(fq_wide_sub(s, v0), v1);
    r.c0 = fq_wide_sub(v0, v1);
    return r;
}

PT_CALLED fq2 fq2_mul_parts(FQ2_PARAMS(a), FQ2_PARAMS(b))
{
    const fq2_wide r = fq2_wide_mul(FQ2_OF_PARAMS(a), FQ2_OF_PARAMS(b));
    return fq2_of(fq_from_wide_signed(r.c0), fq_from_wide(r.c1));
}

PT_FN fq2 fq2_mul(fq2 a, fq2 b)
{
    return fq2_mul_parts(FQ2_PARTS(a), FQ2_PARTS(b));
}

/* (c0 + c1)(c0 - c1) + 2 c0 c1 u. */
PT_CALLED fq2 fq2_sqr_parts(FQ2_PARAMS(a))
{
    const fq2 a = FQ2_OF_PARAMS(a);
    return fq2_of(fq_mul(fq_add(a.c0, a.c1), fq_sub(a.c0, a.c1)), fq_mul(fq_dbl(a.c0), a.c1));
}

PT_FN fq2 fq2_sqr(fq2 a)
{
    return fq2_sqr_parts(FQ2_PARTS(a));
}

PT_CALLED fq2 fq2_mul_sub_mul_parts(FQ2_PARAMS(a), FQ2_PARAMS(b), FQ2_PARAMS(c), FQ2_PARAMS(d))
{
    const fq2_wide r = fq2_wide_mul(FQ2_OF_PARAMS(a), FQ2_OF_PARAMS(b));
    const fq2_wide s = fq2_wide_mul(FQ2_OF_PARAMS(c), FQ2_OF_PARAMS(d));
    return fq2_of(fq_from_wide_signed(fq_wide_sub(r.c0, s.c0)), fq_from_wide_signed(fq_wide_sub(r.c1, s.c1)));
}

PT_FN fq2 fq2_mul_sub_mul(fq2 a, fq2 b, fq2 c, fq2 d)
{
    return fq2_mul_sub_mul_parts(FQ2_PARTS(a), FQ2_PARTS(b), FQ2_PARTS(c), FQ2_PARTS(d));
}

/** r = 1 / a, and 0 for a = 0. */
PT_PRODUCT fq2 fq2_inv(fq2 a)
{
    fq norm_inv = fq_inv(fq_mul_add_mul(a.c0, a.c0, a.c1, a.c1));
    return fq2_of(fq_mul(a.c0, norm_inv), fq_mul(fq_neg(a.c1), norm_inv));
}

#endif
