/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/fq2.h - Fq2 = Fq[u] / (u^2 + 1): coordinates of G2. r may be any of the inputs in every function. */
#ifndef PT_FQ2_H
#define PT_FQ2_H

#include "node/arith/fq.h"

static const fq2 fq2_zero = {{{0}}, {{0}}};
static const fq2 fq2_one = {FQ_ONE, {{0}}};

static inline bool fq2_is_reduced(const fq2 *a)
{
    return fq_is_reduced(&a->c0) && fq_is_reduced(&a->c1);
}

static inline bool fq2_is_zero(const fq2 *a)
{
    return fq_is_zero(&a->c0) && fq_is_zero(&a->c1);
}

static inline bool fq2_eq(const fq2 *a, const fq2 *b)
{
    return fq_eq(&a->c0, &b->c0) && fq_eq(&a->c1, &b->c1);
}

static inline void fq2_add(fq2 *r, const fq2 *a, const fq2 *b)
{
    fq_add(&r->c0, &a->c0, &b->c0);
    fq_add(&r->c1, &a->c1, &b->c1);
}

static inline void fq2_sub(fq2 *r, const fq2 *a, const fq2 *b)
{
    fq_sub(&r->c0, &a->c0, &b->c0);
    fq_sub(&r->c1, &a->c1, &b->c1);
}

static inline void fq2_dbl(fq2 *r, const fq2 *a)
{
    fq2_add(r, a, a);
}

static inline void fq2_neg(fq2 *r, const fq2 *a)
{
    fq_neg(&r->c0, &a->c0);
    fq_neg(&r->c1, &a->c1);
}

/** r = a if choose, else r, without a branch. */
static inline void fq2_cmov(fq2 *r, const fq2 *a, bool choose)
{
    fq_cmov(&r->c0, &a->c0, choose);
    fq_cmov(&r->c1, &a->c1, choose);
}

/** The Frobenius of Fq2: c0 - c1 u. */
static inline void fq2_conj(fq2 *r, const fq2 *a)
{
    r->c0 = a->c0;
    fq_neg(&r->c1, &a->c1);
}

static inline void fq2_mul_fq(fq2 *r, const fq2 *a, const fq *b)
{
    fq_mul(&r->c0, &a->c0, b);
    fq_mul(&r->c1, &a->c1, b);
}

#ifdef PT_ISA_ADX
_Static_assert(sizeof(fq2) == 2 * sizeof(fq), "the sums of products take an fq2 as a pair of fq");

/* Two sums of products, one reduction each (eq. 5): as many word products as Karatsuba's, and no additions around them. */
static inline void fq2_mul(fq2 *r, const fq2 *a, const fq2 *b)
{
    PT_VERIFY(fq2_is_reduced(a) && fq2_is_reduced(b));
    fq2 b_conj;
    fq c1;
    fq2_conj(&b_conj, b);
    fq_dot2_cross_adx(&c1, &a->c0, &b->c0);
    fq_dot2_adx(&r->c0, &a->c0, &b_conj.c0);
    r->c1 = c1;
    PT_VERIFY(fq2_is_reduced(r));
}
#else
/* Karatsuba: three products (eq. 2). */
static inline void fq2_mul(fq2 *r, const fq2 *a, const fq2 *b)
{
    fq v0, v1, sa, sb;
    fq_mul(&v0, &a->c0, &b->c0);
    fq_mul(&v1, &a->c1, &b->c1);
    fq_add(&sa, &a->c0, &a->c1);
    fq_add(&sb, &b->c0, &b->c1);
    fq_mul(&sa, &sa, &sb);
    fq_sub(&sa, &sa, &v0);
    fq_sub(&r->c1, &sa, &v1);
    fq_sub(&r->c0, &v0, &v1);
}
#endif

/* (c0 + c1)(c0 - c1) + 2 c0 c1 u: two products. */
static inline void fq2_sqr(fq2 *r, const fq2 *a)
{
    fq sum, difference, product;
    fq_add(&sum, &a->c0, &a->c1);
    fq_sub(&difference, &a->c0, &a->c1);
    fq_mul(&product, &a->c0, &a->c1);
    fq_mul(&r->c0, &sum, &difference);
    fq_dbl(&r->c1, &product);
}

_Static_assert(FQ2_XI_C0 == 9 || FQ2_XI_C0 == 1, "fq2_mul_xi adds by doubling");

/** r = a xi, xi = FQ2_XI_C0 + u: the non-residue whose cube root Fq6 adjoins. */
static inline void fq2_mul_xi(fq2 *r, const fq2 *a)
{
    fq2 t = *a;
    if (FQ2_XI_C0 == 9) {
        fq2_dbl(&t, &t);
        fq2_dbl(&t, &t);
        fq2_dbl(&t, &t);
        fq2_add(&t, &t, a);
    }
    fq_sub(&t.c0, &t.c0, &a->c1);
    fq_add(&r->c1, &t.c1, &a->c0);
    r->c0 = t.c0;
}

/* r = conj(a) / norm, given 1 / (c0^2 + c1^2) in norm_inv. */
static inline void fq2_inv_from_norm(fq2 *r, const fq2 *a, const fq *norm_inv)
{
    fq minus;
    fq_neg(&minus, norm_inv);
    fq_mul(&r->c0, &a->c0, norm_inv);
    fq_mul(&r->c1, &a->c1, &minus);
}

static inline void fq2_norm(fq *r, const fq2 *a)
{
    fq t;
    fq_sqr(&t, &a->c0);
    fq_sqr(r, &a->c1);
    fq_add(r, r, &t);
}

/** r = 1 / a, and 0 for a = 0. The time does not depend on a: for secrets. */
static inline void fq2_inv(fq2 *r, const fq2 *a)
{
    fq norm;
    fq2_norm(&norm, a);
    fq_inv(&norm, &norm);
    fq2_inv_from_norm(r, a, &norm);
}

/** The same, faster; what fq_inv_var says of secrets holds here. */
static inline void fq2_inv_var(fq2 *r, const fq2 *a)
{
    fq norm;
    fq2_norm(&norm, a);
    fq_inv_var(&norm, &norm);
    fq2_inv_from_norm(r, a, &norm);
}

#endif
