/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/fq12.h - Fq12 = Fq6[w] / (w^2 - v): where the pairing's values lie. r may be any of the inputs.
 *
 * An element is also the sum of g_i w^i over Fq2, w^6 = xi: g_0, g_2, g_4 are c0's three parts and g_1, g_3, g_5 are c1's.
 * snarkjs prints it as [[c0.c0, c0.c1, c0.c2], [c1.c0, c1.c1, c1.c2]], each part [c0, c1] in decimal: this struct's order. */
#ifndef PT_FQ12_H
#define PT_FQ12_H

#include "node/arith/fq6.h"

/** c0 + c1 w. */
typedef struct {
    fq6 c0, c1;
} fq12;

static const fq12 fq12_one = {{{FQ_ONE, {{0}}}, {{{0}}, {{0}}}, {{{0}}, {{0}}}},
                              {{{{0}}, {{0}}}, {{{0}}, {{0}}}, {{{0}}, {{0}}}}};

static inline bool fq12_eq(const fq12 *a, const fq12 *b)
{
    return fq6_eq(&a->c0, &b->c0) && fq6_eq(&a->c1, &b->c1);
}

static inline bool fq12_is_one(const fq12 *a)
{
    return fq12_eq(a, &fq12_one);
}

/** r = c0 - c1 w = a^(q^6): the inverse of an element of the cyclotomic subgroup. */
static inline void fq12_conj(fq12 *r, const fq12 *a)
{
    r->c0 = a->c0;
    fq6_neg(&r->c1, &a->c1);
}

/** r = a b by Karatsuba: 3 products in Fq6. */
static inline void fq12_mul(fq12 *r, const fq12 *a, const fq12 *b)
{
    fq6 v0, v1, left, right;
    fq6_mul(&v0, &a->c0, &b->c0);
    fq6_mul(&v1, &a->c1, &b->c1);
    fq6_add(&left, &a->c0, &a->c1);
    fq6_add(&right, &b->c0, &b->c1);
    fq6_mul(&left, &left, &right);
    fq6_sub(&left, &left, &v0);
    fq6_sub(&r->c1, &left, &v1);
    fq6_mul_v(&v1, &v1);
    fq6_add(&r->c0, &v0, &v1);
}

/** r = a^2: 2 products in Fq6 (eq. 9). */
static inline void fq12_sqr(fq12 *r, const fq12 *a)
{
    fq6 product, left, right;
    fq6_mul(&product, &a->c0, &a->c1);
    fq6_add(&left, &a->c0, &a->c1);
    fq6_mul_v(&right, &a->c1);
    fq6_add(&right, &right, &a->c0);
    fq6_mul(&left, &left, &right);
    fq6_sub(&left, &left, &product);
    fq6_dbl(&r->c1, &product);
    fq6_mul_v(&product, &product);
    fq6_sub(&r->c0, &left, &product);
}

/** r = 1 / a, and 0 for a = 0: conj(a) / (c0^2 - v c1^2). Not for secrets: fq_inv_var. */
static inline void fq12_inv_var(fq12 *r, const fq12 *a)
{
    fq6 norm, t;
    fq6_sqr(&norm, &a->c0);
    fq6_sqr(&t, &a->c1);
    fq6_mul_v(&t, &t);
    fq6_sub(&norm, &norm, &t);
    fq6_inv_var(&norm, &norm);
    fq6_mul(&r->c0, &a->c0, &norm);
    fq6_neg(&norm, &norm);
    fq6_mul(&r->c1, &a->c1, &norm);
}

/** r = a^(q^k), k = 1, 2 or 3: each g_i is conjugated k times and multiplied by xi^(i (q^k - 1) / 6) (eq. 10). */
static inline void fq12_frobenius(fq12 *r, const fq12 *a, int k)
{
    static const fq2 scale[3][5] = {
        {FROBENIUS1_1, FROBENIUS1_2, FROBENIUS1_3, FROBENIUS1_4, FROBENIUS1_5},
        {FROBENIUS2_1, FROBENIUS2_2, FROBENIUS2_3, FROBENIUS2_4, FROBENIUS2_5},
        {FROBENIUS3_1, FROBENIUS3_2, FROBENIUS3_3, FROBENIUS3_4, FROBENIUS3_5},
    };
    PT_VERIFY(k >= 1 && k <= 3);
    *r = *a;
    fq2 *const g[6] = {&r->c0.c0, &r->c1.c0, &r->c0.c1, &r->c1.c1, &r->c0.c2, &r->c1.c2};
    for (int i = 0; i < 6; i++) {
        if (k & 1)
            fq2_conj(g[i], g[i]);
        if (i > 0)
            fq2_mul(g[i], g[i], &scale[k - 1][i - 1]);
    }
}

/* (r0 + r1 s)^2 in Fq4 = Fq2[s] / (s^2 - xi): 3 squares. */
static inline void fq4_sqr(fq2 *r0, fq2 *r1, const fq2 *a0, const fq2 *a1)
{
    fq2 s0, s1, sum;
    fq2_sqr(&s0, a0);
    fq2_sqr(&s1, a1);
    fq2_add(&sum, a0, a1);
    fq2_sqr(&sum, &sum);
    fq2_sub(&sum, &sum, &s0);
    fq2_sub(r1, &sum, &s1);
    fq2_mul_xi(&s1, &s1);
    fq2_add(r0, &s0, &s1);
}

/* r = 3 t - 2 a and r = 3 t + 2 a. */
static inline void fq2_3t_minus_2a(fq2 *r, const fq2 *t, const fq2 *a)
{
    fq2 d;
    fq2_sub(&d, t, a);
    fq2_dbl(&d, &d);
    fq2_add(r, &d, t);
}

static inline void fq2_3t_plus_2a(fq2 *r, const fq2 *t, const fq2 *a)
{
    fq2 d;
    fq2_add(&d, t, a);
    fq2_dbl(&d, &d);
    fq2_add(r, &d, t);
}

/** r = a^2 for a in the cyclotomic subgroup (a^(q^4 - q^2 + 1) = 1): 9 squares in Fq2 (eq. 11).
 *  source  Granger, Scott, eprint 2009/565, section 3.2 */
static inline void fq12_sqr_cyclotomic(fq12 *r, const fq12 *a)
{
    fq2 a0, a1, b0, b1, c0, c1; /* the squares of g_0 + g_3 s, g_1 + g_4 s, g_2 + g_5 s */
    fq4_sqr(&a0, &a1, &a->c0.c0, &a->c1.c1);
    fq4_sqr(&b0, &b1, &a->c1.c0, &a->c0.c2);
    fq4_sqr(&c0, &c1, &a->c0.c1, &a->c1.c2);
    fq2_mul_xi(&c1, &c1);
    fq2_3t_minus_2a(&r->c0.c0, &a0, &a->c0.c0);
    fq2_3t_plus_2a(&r->c1.c1, &a1, &a->c1.c1);
    fq2_3t_plus_2a(&r->c1.c0, &c1, &a->c1.c0);
    fq2_3t_minus_2a(&r->c0.c2, &c0, &a->c0.c2);
    fq2_3t_minus_2a(&r->c0.c1, &b0, &a->c0.c1);
    fq2_3t_plus_2a(&r->c1.c2, &b1, &a->c1.c2);
}

/** As fq12_sqr_cyclotomic, of g_1, g_2, g_4 and g_5 alone: they determine the others (fq12_decompress). 6 squares in Fq2.
 *  source  Karabina, eprint 2010/542, section 3 */
static inline void fq12_sqr_compressed(fq12 *r, const fq12 *a)
{
    fq2 b0, b1, c0, c1;
    fq4_sqr(&b0, &b1, &a->c1.c0, &a->c0.c2);
    fq4_sqr(&c0, &c1, &a->c0.c1, &a->c1.c2);
    fq2_mul_xi(&c1, &c1);
    fq2_3t_plus_2a(&r->c1.c0, &c1, &a->c1.c0);
    fq2_3t_minus_2a(&r->c0.c2, &c0, &a->c0.c2);
    fq2_3t_minus_2a(&r->c0.c1, &b0, &a->c0.c1);
    fq2_3t_plus_2a(&r->c1.c2, &b1, &a->c1.c2);
}

enum { DECOMPRESS_MAX = 4 };

/* g_0 = xi (2 g_3^2 + g_1 g_5 - 3 g_2 g_4) + 1 */
static inline void fq12_fill_g0(fq12 *a)
{
    fq2 *g0 = &a->c0.c0, t;
    fq2_mul(&t, &a->c0.c2, &a->c0.c1);
    fq2_sqr(g0, &a->c1.c1);
    fq2_sub(g0, g0, &t);
    fq2_dbl(g0, g0);
    fq2_sub(g0, g0, &t);
    fq2_mul(&t, &a->c1.c0, &a->c1.c2);
    fq2_add(g0, g0, &t);
    fq2_mul_xi(g0, g0);
    fq2_add(g0, g0, &fq2_one);
}

/* g_3 = (xi g_5^2 + 3 g_2^2 - 2 g_4) / (4 g_1), but for the division. */
static inline void fq12_g3_numerator(fq2 *r, const fq12 *a)
{
    fq2 t;
    fq2_sqr(&t, &a->c0.c1);
    fq2_sub(r, &t, &a->c0.c2);
    fq2_dbl(r, r);
    fq2_add(r, r, &t);
    fq2_sqr(&t, &a->c1.c2);
    fq2_mul_xi(&t, &t);
    fq2_add(r, r, &t);
}

/** Fill in g_0 and g_3 of n elements of the cyclotomic subgroup, with one inversion (eq. 11). Not for secrets.
 *  shape   1 <= n <= DECOMPRESS_MAX
 *  returns false, and nothing is filled in, where a g_1 is 0: so for 1, and hardly ever else */
static inline bool fq12_decompress_var(fq12 *a, size_t n)
{
    fq2 before[DECOMPRESS_MAX], four_g1[DECOMPRESS_MAX], inv = fq2_one, t;
    for (size_t i = 0; i < n; i++) {
        fq2_dbl(&four_g1[i], &a[i].c1.c0);
        fq2_dbl(&four_g1[i], &four_g1[i]);
        before[i] = inv;
        fq2_mul(&inv, &inv, &four_g1[i]);
    }
    if (fq2_is_zero(&inv))
        return false;
    fq2_inv_var(&inv, &inv);
    for (size_t i = n; i-- > 0;) {
        fq12_g3_numerator(&a[i].c1.c1, &a[i]);
        fq2_mul(&t, &inv, &before[i]);
        fq2_mul(&a[i].c1.c1, &a[i].c1.c1, &t);
        fq12_fill_g0(&a[i]);
        fq2_mul(&inv, &inv, &four_g1[i]);
    }
    return true;
}

/** A pairing's line: its three coefficients other than 0. On a D twist it is y + x w + t w^3, on an M twist
 *  t + x w^2 + y w^3 (eq. 14). */
typedef struct {
    fq2 y, x, t;
} fq12_line;

/** r = a line: 13 products in Fq2. */
static inline void fq12_mul_line(fq12 *r, const fq12 *a, const fq12_line *line)
{
    fq6 v0, v1, sum;
    fq2 b;
    fq6_add(&sum, &a->c0, &a->c1);
#if CURVE_TWIST_D
    fq6_mul_fq2(&v0, &a->c0, &line->y);
    fq6_mul_sparse_01(&v1, &a->c1, &line->x, &line->t);
    fq2_add(&b, &line->y, &line->x);
    fq6_mul_sparse_01(&sum, &sum, &b, &line->t);
#else
    fq6_mul_sparse_01(&v0, &a->c0, &line->t, &line->x);
    fq6_mul_sparse_1(&v1, &a->c1, &line->y);
    fq2_add(&b, &line->x, &line->y);
    fq6_mul_sparse_01(&sum, &sum, &line->t, &b);
#endif
    fq6_sub(&sum, &sum, &v0);
    fq6_sub(&r->c1, &sum, &v1);
    fq6_mul_v(&v1, &v1);
    fq6_add(&r->c0, &v0, &v1);
}

#endif
