/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/sqrt.h - square roots in Fq and Fq2, and which of two opposite ones is the larger. r may be the input.
 *
 * q = 3 mod 4 on both curves, so -1 is no square in Fq. The time depends on the values: for points of proofs, which are public. */
#ifndef PT_SQRT_H
#define PT_SQRT_H

#include "node/arith/fq2.h"

/* r = a^((q - 3) / 4): 1 / sqrt(a) of a square a != 0, and then r^2 a = -1 of what is none. */
static inline void fq_pow_inv_sqrt(fq *r, const fq *a)
{
    uint64_t e[FQ_LIMBS]; /* q / 4, rounded down */
    for (int i = 0; i < FQ_LIMBS; i++)
        e[i] = fq_modulus.limb[i] >> 2 | (i + 1 < FQ_LIMBS ? fq_modulus.limb[i + 1] << 62 : 0);
    fq_pow(r, a, e, FQ_LIMBS);
}

/** r = a root of a (eq. 48).
 *  returns false, and *r as it was, if a is no square */
static inline bool fq_sqrt(fq *r, const fq *a)
{
    fq root, square;
    fq_pow_inv_sqrt(&root, a);
    fq_mul(&root, &root, a);
    fq_sqr(&square, &root);
    if (!fq_eq(&square, a))
        return false;
    *r = root;
    return true;
}

/* (c0 + n) / 2, n a root of a's norm; if that is 0, (c0 - n) / 2. False: the norm is no square. */
static inline bool fq2_first_square(fq *r, const fq2 *a)
{
    static const fq half = FQ_HALF;
    fq norm;
    fq2_norm(&norm, a);
    if (!fq_sqrt(&norm, &norm))
        return false;
    fq_add(r, &a->c0, &norm);
    if (fq_is_zero(r))
        fq_sub(r, &a->c0, &norm);
    fq_mul(r, r, &half);
    return true;
}

/** The same in Fq2, with two exponentiations in Fq (eq. 49).
 *  source  Scott, eprint 2020/1497, section 6: the complex method, one exponentiation for root, inverse and character */
static inline bool fq2_sqrt(fq2 *r, const fq2 *a)
{
    static const fq half = FQ_HALF;
    fq d, s;
    fq2 root, square;
    if (!fq2_first_square(&d, a))
        return false;
    fq_pow_inv_sqrt(&s, &d);
    fq_mul(&root.c0, &s, &d);
    fq_mul(&root.c1, &s, &a->c1);
    fq_mul(&root.c1, &root.c1, &half);
    fq_mul(&square.c0, &s, &root.c0);
    if (!fq_is_one(&square.c0)) { /* d is no square: (c0 - n) / 2 is */
        fq_neg(&d, &root.c0);
        root.c0 = root.c1;
        root.c1 = d;
    }
    fq2_sqr(&square, &root);
    if (!fq2_eq(&square, a))
        return false;
    *r = root;
    return true;
}

/** Of a and -a, as canonical numbers, is a the larger? Of 0 neither is. */
static inline bool fq_is_larger(const fq *a)
{
    fq canon, minus;
    fq_to_canon(&canon, a);
    fq_neg(&minus, &canon);
    for (int i = FQ_LIMBS - 1; i >= 0; i--)
        if (canon.limb[i] != minus.limb[i])
            return canon.limb[i] > minus.limb[i];
    return false;
}

/** The same in Fq2: c1 decides, and if it is 0 c0. */
static inline bool fq2_is_larger(const fq2 *a)
{
    return fq_is_larger(fq_is_zero(&a->c1) ? &a->c0 : &a->c1);
}

#endif
