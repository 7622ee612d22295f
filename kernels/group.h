/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/group.h - points of G1 (-DPT_GROUP=1) or G2 (-DPT_GROUP=2) on a device.
 *
 * gives   coord (fq or fq2), coord_mul coord_add ... ; point_affine, point_xyzz (the host's structs);
 *         affine_is_infinity affine_neg_if; xyzz_set_infinity xyzz_is_infinity xyzz_from_affine xyzz_neg
 *         xyzz_add_affine xyzz_add xyzz_double xyzz_double_affine xyzz_reduce xyzz_to_affine
 *
 * Every function is complete: right for equal, opposite and infinite arguments. Infinity is all zero in both forms, so a buffer
 * cleared to 0 holds infinities. (The host's g1_set_infinity writes X = Y = 1: not to be sent here.)
 * Affine points are below p (as in files); XYZZ points are lazy (field.h), and the host takes them only after xyzz_reduce.
 * source  Explicit-Formulas Database, short Weierstrass a = 0, XYZZ (Sutherland): madd-2008-s, add-2008-s, dbl-2008-s-1, mdbl-2008-s-1 */
#ifndef PT_GROUP_H
#define PT_GROUP_H

#include "kernels/device_fq2.h"

#if PT_GROUP == 1
#define PT_COORD(verb) fq_##verb
typedef fq coord;
typedef g1_affine point_affine;
typedef g1_xyzz point_xyzz;
#elif PT_GROUP == 2
#define PT_COORD(verb) fq2_##verb
typedef fq2 coord;
typedef g2_affine point_affine;
typedef g2_xyzz point_xyzz;
#else
#error "a kernel of a group: compile it with -DPT_GROUP=1 or -DPT_GROUP=2"
#endif

/* coord_mul and so on for who writes kernels over either group. */
#define coord_zero PT_COORD(zero)
#define coord_one PT_COORD(one)
#define coord_choose PT_COORD(choose)
#define coord_add PT_COORD(add)
#define coord_sub PT_COORD(sub)
#define coord_dbl PT_COORD(dbl)
#define coord_neg PT_COORD(neg)
#define coord_mul PT_COORD(mul)
#define coord_sqr PT_COORD(sqr)
#define coord_mul_sub_mul PT_COORD(mul_sub_mul)
#define coord_inv PT_COORD(inv)
#define coord_reduce PT_COORD(reduce)
#define coord_is_zero PT_COORD(is_zero)
#define coord_eq PT_COORD(eq)

/** Of a point as a file holds it: exactly (0, 0). */
PT_FN uint affine_is_infinity(const point_affine *p)
{
    uint any = 0;
    const fq *c = (const fq *)p;
    PT_UNROLL
    for (int k = 0; k < 2 * PT_GROUP; k++) {
        PT_UNROLL
        for (int i = 0; i < FQ_WORDS; i++)
            any |= c[k].word[i];
    }
    return any == 0;
}

/** p = -p if negative is not 0. */
PT_FN void affine_neg_if(point_affine *p, uint negative)
{
    p->y = coord_choose(negative, coord_neg(p->y), p->y);
}

PT_FN void xyzz_set_infinity(point_xyzz *r)
{
    r->x = r->y = r->zz = r->zzz = coord_zero();
}

PT_FN uint xyzz_is_infinity(const point_xyzz *p)
{
    return coord_is_zero(p->zz);
}

PT_FN void xyzz_from_affine(point_xyzz *r, const point_affine *p)
{
    uint infinity = affine_is_infinity(p);
    r->x = p->x;
    r->y = p->y;
    r->zz = r->zzz = coord_choose(infinity, coord_zero(), coord_one());
}

PT_FN void xyzz_neg(point_xyzz *p)
{
    p->y = coord_neg(p->y);
}

/* (x3, y3) = 2 (x, y), and the factors of zz and zzz; the curves have no point of order 2. */
PT_FN void double_finish(coord *x, coord *y, coord *v, coord *w)
{
    coord u = coord_dbl(*y);
    *v = coord_sqr(u);
    *w = coord_mul(u, *v);
    coord s = coord_mul(*x, *v);
    coord m = coord_sqr(*x);
    m = coord_add(coord_dbl(m), m);
    coord x3 = coord_sub(coord_sqr(m), coord_dbl(s));
    *y = coord_mul_sub_mul(m, coord_sub(s, x3), *w, *y);
    *x = x3;
}

/** r = 2 p. */
PT_PRODUCT void xyzz_double_affine(point_xyzz *r, const point_affine *p)
{
    r->x = p->x;
    r->y = p->y;
    double_finish(&r->x, &r->y, &r->zz, &r->zzz);
}

/** p = 2 p; infinity stays. */
PT_PRODUCT void xyzz_double(point_xyzz *p)
{
    coord v, w;
    double_finish(&p->x, &p->y, &v, &w);
    p->zz = coord_mul(p->zz, v);
    p->zzz = coord_mul(p->zzz, w);
}

/* What is left of an addition, given r = S2 - S1 and ppp = P^3, q = U1 P^2: (x, y) of the sum, s1 being *y. */
PT_FN void add_finish(coord *x, coord *y, coord r, coord ppp, coord q)
{
    coord x3 = coord_sub(coord_sub(coord_sqr(r), ppp), coord_dbl(q));
    *y = coord_mul_sub_mul(r, coord_sub(q, x3), *y, ppp);
    *x = x3;
}

/** acc += q: 6 products, 2 squares and a difference of two products. The branch is rare: acc infinite, q = acc or q = -acc. */
PT_PRODUCT void xyzz_add_affine(point_xyzz *acc, const point_affine *q)
{
    if (affine_is_infinity(q))
        return;
    coord p = coord_sub(coord_mul(q->x, acc->zz), acc->x); /* infinity is all zero: then p = r = 0 too */
    coord r = coord_sub(coord_mul(q->y, acc->zzz), acc->y);
    if (coord_is_zero(p)) {
        if (xyzz_is_infinity(acc))
            xyzz_from_affine(acc, q);
        else if (coord_is_zero(r))
            xyzz_double_affine(acc, q);
        else
            xyzz_set_infinity(acc);
        return;
    }
    coord pp = coord_sqr(p);
    acc->zz = coord_mul(acc->zz, pp);
    coord u = coord_mul(acc->x, pp);
    coord ppp = coord_mul(p, pp);
    acc->zzz = coord_mul(acc->zzz, ppp);
    add_finish(&acc->x, &acc->y, r, ppp, u);
}

/** acc += q: 11 products, 2 squares and a difference of two products. */
PT_PRODUCT void xyzz_add(point_xyzz *acc, const point_xyzz *q)
{
    if (xyzz_is_infinity(q))
        return;
    if (xyzz_is_infinity(acc)) {
        *acc = *q;
        return;
    }
    coord u1 = coord_mul(acc->x, q->zz), s1 = coord_mul(acc->y, q->zzz);
    coord p = coord_sub(coord_mul(q->x, acc->zz), u1);
    coord r = coord_sub(coord_mul(q->y, acc->zzz), s1);
    if (coord_is_zero(p)) {
        if (coord_is_zero(r))
            xyzz_double(acc);
        else
            xyzz_set_infinity(acc);
        return;
    }
    coord pp = coord_sqr(p);
    acc->zz = coord_mul(coord_mul(acc->zz, q->zz), pp);
    coord u = coord_mul(u1, pp);
    coord ppp = coord_mul(p, pp);
    acc->zzz = coord_mul(coord_mul(acc->zzz, q->zzz), ppp);
    acc->y = s1;
    add_finish(&acc->x, &acc->y, r, ppp, u);
}

/** Every coordinate below p, and infinity all zero: the host's form. */
PT_FN void xyzz_reduce(point_xyzz *p)
{
    p->x = coord_reduce(p->x);
    p->y = coord_reduce(p->y);
    p->zz = coord_reduce(p->zz);
    p->zzz = coord_reduce(p->zzz);
}

/** r = p in affine form, below p; one inversion (slow: for tables and single points). */
PT_PRODUCT void xyzz_to_affine(point_affine *r, const point_xyzz *p)
{
    coord inv_zzz = coord_inv(p->zzz); /* 0 for infinity, which then becomes (0, 0) */
    coord inv_z = coord_mul(inv_zzz, p->zz);
    r->x = coord_reduce(coord_mul(p->x, coord_sqr(inv_z)));
    r->y = coord_reduce(coord_mul(p->y, inv_zzz));
}

#endif
