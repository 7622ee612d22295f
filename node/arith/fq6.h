/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/fq6.h - Fq6 = Fq2[v] / (v^3 - xi): the middle of the pairing's tower. r may be any of the inputs.
 * source  Devegili, O hEigeartaigh, Scott, Dahab, eprint 2006/471, sections 3 and 4 */
#ifndef PT_FQ6_H
#define PT_FQ6_H

#include "node/arith/fq2.h"

/** c0 + c1 v + c2 v^2. */
typedef struct {
    fq2 c0, c1, c2;
} fq6;

static const fq6 fq6_zero = {0};

static inline bool fq6_eq(const fq6 *a, const fq6 *b)
{
    return fq2_eq(&a->c0, &b->c0) && fq2_eq(&a->c1, &b->c1) && fq2_eq(&a->c2, &b->c2);
}

static inline void fq6_add(fq6 *r, const fq6 *a, const fq6 *b)
{
    fq2_add(&r->c0, &a->c0, &b->c0);
    fq2_add(&r->c1, &a->c1, &b->c1);
    fq2_add(&r->c2, &a->c2, &b->c2);
}

static inline void fq6_sub(fq6 *r, const fq6 *a, const fq6 *b)
{
    fq2_sub(&r->c0, &a->c0, &b->c0);
    fq2_sub(&r->c1, &a->c1, &b->c1);
    fq2_sub(&r->c2, &a->c2, &b->c2);
}

static inline void fq6_dbl(fq6 *r, const fq6 *a)
{
    fq6_add(r, a, a);
}

static inline void fq6_neg(fq6 *r, const fq6 *a)
{
    fq2_neg(&r->c0, &a->c0);
    fq2_neg(&r->c1, &a->c1);
    fq2_neg(&r->c2, &a->c2);
}

/** r = a v. */
static inline void fq6_mul_v(fq6 *r, const fq6 *a)
{
    fq2 top = a->c2;
    r->c2 = a->c1;
    r->c1 = a->c0;
    fq2_mul_xi(&r->c0, &top);
}

/** r = a b, b in Fq2: 3 products in Fq2. */
static inline void fq6_mul_fq2(fq6 *r, const fq6 *a, const fq2 *b)
{
    fq2_mul(&r->c0, &a->c0, b);
    fq2_mul(&r->c1, &a->c1, b);
    fq2_mul(&r->c2, &a->c2, b);
}

/* r = (a + b)(c + d) - minus1 - minus2: the cross term of a Karatsuba product. */
static inline void fq2_mul_cross(fq2 *r, const fq2 *a, const fq2 *b, const fq2 *c, const fq2 *d, const fq2 *minus1,
                                 const fq2 *minus2)
{
    fq2 left, right;
    fq2_add(&left, a, b);
    fq2_add(&right, c, d);
    fq2_mul(&left, &left, &right);
    fq2_sub(&left, &left, minus1);
    fq2_sub(r, &left, minus2);
}

/** r = a b by Karatsuba: 6 products in Fq2 (eq. 7). */
static inline void fq6_mul(fq6 *r, const fq6 *a, const fq6 *b)
{
    fq2 v0, v1, v2, c0, c1, c2;
    fq2_mul(&v0, &a->c0, &b->c0);
    fq2_mul(&v1, &a->c1, &b->c1);
    fq2_mul(&v2, &a->c2, &b->c2);
    fq2_mul_cross(&c0, &a->c1, &a->c2, &b->c1, &b->c2, &v1, &v2);
    fq2_mul_cross(&c1, &a->c0, &a->c1, &b->c0, &b->c1, &v0, &v1);
    fq2_mul_cross(&c2, &a->c0, &a->c2, &b->c0, &b->c2, &v0, &v2);
    fq2_mul_xi(&c0, &c0);
    fq2_mul_xi(&v2, &v2);
    fq2_add(&r->c0, &c0, &v0);
    fq2_add(&r->c1, &c1, &v2);
    fq2_add(&r->c2, &c2, &v1);
}

/** r = a (b0 + b1 v): 5 products in Fq2 (eq. 7 with a zero in b). */
static inline void fq6_mul_sparse_01(fq6 *r, const fq6 *a, const fq2 *b0, const fq2 *b1)
{
    fq2 v0, v1, c0, c1, c2;
    fq2_mul(&v0, &a->c0, b0);
    fq2_mul(&v1, &a->c1, b1);
    fq2_mul(&c0, &a->c2, b1);
    fq2_mul_xi(&c0, &c0);
    fq2_mul_cross(&c1, &a->c0, &a->c1, b0, b1, &v0, &v1);
    fq2_mul(&c2, &a->c2, b0);
    fq2_add(&r->c0, &c0, &v0);
    r->c1 = c1;
    fq2_add(&r->c2, &c2, &v1);
}

/** r = a b1 v: 3 products in Fq2. */
static inline void fq6_mul_sparse_1(fq6 *r, const fq6 *a, const fq2 *b1)
{
    fq6_mul_fq2(r, a, b1);
    fq6_mul_v(r, r);
}

/** r = a^2: 2 products and 3 squares in Fq2.
 *  source  Chung, Hasan, "Asymmetric Squaring Formulae", ARITH 2007: SQR3 */
static inline void fq6_sqr(fq6 *r, const fq6 *a)
{
    fq2 s0, s1, s2, s3, s4;
    fq2_sqr(&s0, &a->c0);
    fq2_mul(&s1, &a->c0, &a->c1);
    fq2_dbl(&s1, &s1);
    fq2_sub(&s2, &a->c0, &a->c1);
    fq2_add(&s2, &s2, &a->c2);
    fq2_sqr(&s2, &s2);
    fq2_mul(&s3, &a->c1, &a->c2);
    fq2_dbl(&s3, &s3);
    fq2_sqr(&s4, &a->c2);
    fq2_add(&s2, &s2, &s1);
    fq2_add(&s2, &s2, &s3);
    fq2_sub(&s2, &s2, &s0);
    fq2_sub(&r->c2, &s2, &s4);
    fq2_mul_xi(&s3, &s3);
    fq2_add(&r->c0, &s0, &s3);
    fq2_mul_xi(&s4, &s4);
    fq2_add(&r->c1, &s1, &s4);
}

/** r = 1 / a, and 0 for a = 0 (eq. 8). Not for secrets: fq_inv_var. */
static inline void fq6_inv_var(fq6 *r, const fq6 *a)
{
    fq2 t0, t1, t2, product, norm;
    fq2_sqr(&t0, &a->c0);
    fq2_mul(&product, &a->c1, &a->c2);
    fq2_mul_xi(&product, &product);
    fq2_sub(&t0, &t0, &product);
    fq2_sqr(&t1, &a->c2);
    fq2_mul_xi(&t1, &t1);
    fq2_mul(&product, &a->c0, &a->c1);
    fq2_sub(&t1, &t1, &product);
    fq2_sqr(&t2, &a->c1);
    fq2_mul(&product, &a->c0, &a->c2);
    fq2_sub(&t2, &t2, &product);
    fq2_mul(&norm, &a->c2, &t1);
    fq2_mul(&product, &a->c1, &t2);
    fq2_add(&norm, &norm, &product);
    fq2_mul_xi(&norm, &norm);
    fq2_mul(&product, &a->c0, &t0);
    fq2_add(&norm, &norm, &product);
    fq2_inv_var(&norm, &norm);
    fq2_mul(&r->c0, &t0, &norm);
    fq2_mul(&r->c1, &t1, &norm);
    fq2_mul(&r->c2, &t2, &norm);
}

#endif
