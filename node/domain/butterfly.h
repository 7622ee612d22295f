/* SPDX-License-Identifier: Apache-2.0 */
/* node/domain/butterfly.h - one and two levels of a transform on 2 and 4 values, which are only partly reduced meanwhile.
 *
 * A lazy value is any representative below FR_SLACK r <= 2^(64 n). Products are reduced (fr_mul_wide); each sum adds r to
 * the bound; a value that is not multiplied is trimmed to half the bound when the bound would be passed.
 * source  Harvey, "Faster arithmetic for number-theoretic transforms", J. Symb. Comp. 2014, section 3 */
#ifndef PT_BUTTERFLY_H
#define PT_BUTTERFLY_H

#include "node/arith/fr.h"

enum { FR_SLACK = 1 << (64 * FR_LIMBS - FR_BITS) };
_Static_assert(FR_SLACK == 2 || FR_SLACK == 4, "lazy_pair's and lazy_quad's bounds; trimming is one subtraction");

/* r = a + b; the bounds' sum is at most FR_SLACK r. */
static inline void lazy_add(fr *r, const fr *a, const fr *b)
{
    uint64_t carry = 0;
    for (int i = 0; i < FR_LIMBS; i++) {
        pt_u128 s = (pt_u128)a->limb[i] + b->limb[i] + carry;
        r->limb[i] = (uint64_t)s;
        carry = (uint64_t)(s >> 64);
    }
    PT_VERIFY(carry == 0);
}

/* r = a - b + (the modulus), b reduced: the bound grows as a sum's. */
static inline void lazy_sub(fr *r, const fr *a, const fr *b)
{
    PT_VERIFY(fr_is_reduced(b));
    fr minus_b;
    uint64_t borrow = 0;
    for (int i = 0; i < FR_LIMBS; i++) {
        pt_u128 s = (pt_u128)fr_modulus.limb[i] - b->limb[i] - borrow;
        minus_b.limb[i] = (uint64_t)s;
        borrow = (uint64_t)(s >> 64) & 1;
    }
    lazy_add(r, a, &minus_b);
}

/* r = a or a - FR_SLACK/2 modulus: from below FR_SLACK r to below half of that. */
static inline void lazy_trim(fr *r, const fr *a)
{
    fr half = fr_modulus;
    if (FR_SLACK == 4)
        for (int i = FR_LIMBS - 1; i >= 0; i--)
            half.limb[i] = half.limb[i] << 1 | (i > 0 ? half.limb[i - 1] >> 63 : 0);
    mont_reduce_once(FR_LIMBS, r->limb, a->limb, half.limb);
}

/* r = the reduced representative of a lazy value. */
static inline void lazy_reduce(fr *r, const fr *a)
{
    lazy_trim(r, a);
    if (FR_SLACK == 4)
        mont_reduce_once(FR_LIMBS, r->limb, r->limb, fr_modulus.limb);
    PT_VERIFY(fr_is_reduced(r));
}

/* (x, y) <- (x + t, x - t), t reduced, x below FR_SLACK - 1 moduli. */
static inline void lazy_cross(fr *x, fr *y, const fr *t)
{
    lazy_sub(y, x, t);
    lazy_add(x, x, t);
}

/* One level: (x, y) <- (x + s y, x - s y). In and out: lazy. */
static inline void lazy_pair(fr *x, fr *y, const fr *s)
{
    fr t;
    fr_mul_wide(&t, s, y);
    lazy_trim(x, x);
    lazy_cross(x, y, &t);
}

/* The second level of a quad, whose inputs are below FR_SLACK/2 + 1 moduli. */
static inline void lazy_second(fr *x, fr *y, const fr *t)
{
    if (FR_SLACK / 2 + 2 > FR_SLACK)
        lazy_trim(x, x);
    lazy_cross(x, y, t);
}

/* Two levels: (a, b) and (c, d) with s, then (a, c) with s0 and (b, d) with s1. In and out: lazy. */
static inline void lazy_quad(fr *a, fr *b, fr *c, fr *d, const fr *s, const fr *s0, const fr *s1)
{
    lazy_pair(a, b, s);
    lazy_pair(c, d, s);
    fr t;
    fr_mul_wide(&t, s0, c);
    lazy_second(a, c, &t);
    fr_mul_wide(&t, s1, d);
    lazy_second(b, d, &t);
}

/* lazy_quad for s = s0 = 1: one product instead of four. */
static inline void lazy_quad_unit(fr *a, fr *b, fr *c, fr *d, const fr *s1)
{
    fr t;
    lazy_reduce(&t, b);
    lazy_trim(a, a);
    lazy_cross(a, b, &t);
    lazy_reduce(&t, d);
    lazy_trim(c, c);
    lazy_cross(c, d, &t);
    lazy_reduce(&t, c);
    lazy_second(a, c, &t);
    fr_mul_wide(&t, s1, d);
    lazy_second(b, d, &t);
}

#endif
