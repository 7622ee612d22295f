/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/group.inc.h - template of a group y^2 = x^3 + B over a field; g1.h and g2.h are its instances.
 *
 * needs   GROUP: g1 or g2; GROUP_FIELD: fq or fq2; GROUP_B: the initialiser of B
 * gives   G(verb) = GROUP_verb over GROUP_affine (infinity is (0, 0)) and GROUP_xyzz (infinity has ZZ = 0)
 *
 * Every function is complete: right for equal, opposite and infinite arguments. r may be any of the inputs.
 * source  Explicit-Formulas Database, short Weierstrass a = 0, XYZZ (Sutherland): madd-2008-s, add-2008-s, dbl-2008-s-1 */

#include <sodium.h>

#define F(verb) PT_JOIN(GROUP_FIELD, PT_JOIN(_, verb))
#define G(verb) PT_JOIN(GROUP, PT_JOIN(_, verb))

static const GROUP_FIELD G(b) = GROUP_B;

static inline bool G(affine_is_infinity)(const G(affine) * p)
{
    return F(is_zero)(&p->x) && F(is_zero)(&p->y);
}

static inline bool G(affine_eq)(const G(affine) * p, const G(affine) * q)
{
    return F(eq)(&p->x, &q->x) && F(eq)(&p->y, &q->y);
}

static inline void G(affine_neg)(G(affine) * r, const G(affine) * p)
{
    r->x = p->x;
    F(neg)(&r->y, &p->y);
}

/** Read a point as it lies in a file, of any alignment. */
static inline void G(affine_load)(G(affine) * r, const uint8_t *bytes)
{
    memcpy(r, bytes, sizeof *r);
}

/** Are both coordinates reduced, and is the point infinity or on the curve? (Not: in the subgroup.) */
static inline bool G(is_on_curve)(const G(affine) * p)
{
    if (!F(is_reduced)(&p->x) || !F(is_reduced)(&p->y))
        return false;
    if (G(affine_is_infinity)(p))
        return true;
    GROUP_FIELD left, right;
    F(sqr)(&left, &p->y);
    F(sqr)(&right, &p->x);
    F(mul)(&right, &right, &p->x);
    F(add)(&right, &right, &G(b));
    return F(eq)(&left, &right);
}

static inline bool G(is_infinity)(const G(xyzz) * p)
{
    return F(is_zero)(&p->zz);
}

static inline void G(set_infinity)(G(xyzz) * r)
{
    *r = (G(xyzz)){F(one), F(one), F(zero), F(zero)};
}

static inline void G(from_affine)(G(xyzz) * r, const G(affine) * p)
{
    if (G(affine_is_infinity)(p))
        G(set_infinity)(r);
    else
        *r = (G(xyzz)){p->x, p->y, F(one), F(one)};
}

static inline void G(neg)(G(xyzz) * r, const G(xyzz) * p)
{
    *r = *p;
    F(neg)(&r->y, &p->y);
}

static __attribute__((unused)) void G(dbl)(G(xyzz) * r, const G(xyzz) * p)
{
    GROUP_FIELD u, v, w, s, m, x3;
    if (G(is_infinity)(p)) { /* y = 0 is no case: both curves and both twists have odd orders, so no point of order 2 */
        *r = *p;
        return;
    }
    F(dbl)(&u, &p->y);
    F(sqr)(&v, &u);
    F(mul)(&w, &u, &v);
    F(mul)(&s, &p->x, &v);
    F(sqr)(&m, &p->x);
    F(dbl)(&x3, &m);
    F(add)(&m, &m, &x3);
    F(sqr)(&x3, &m);
    F(sub)(&x3, &x3, &s);
    F(sub)(&x3, &x3, &s);
    F(sub)(&s, &s, &x3);
    F(mul)(&s, &m, &s);
    F(mul)(&u, &w, &p->y);
    F(sub)(&r->y, &s, &u);
    r->x = x3;
    F(mul)(&r->zz, &v, &p->zz);
    F(mul)(&r->zzz, &w, &p->zzz);
}

/* (x3, y3) of p + q (eq. 24), given U1 and S1 of p, pp = P^2, ppp = P^3 and rr = T; the caller sets zz and zzz. */
static inline void G(add_finish)(GROUP_FIELD *x3, GROUP_FIELD *y3, const GROUP_FIELD *u1, const GROUP_FIELD *s1,
                                 const GROUP_FIELD *pp, const GROUP_FIELD *ppp, const GROUP_FIELD *rr)
{
    GROUP_FIELD q, t;
    F(mul)(&q, u1, pp);
    F(mul)(&t, s1, ppp);
    F(sqr)(x3, rr);
    F(sub)(x3, x3, ppp);
    F(sub)(x3, x3, &q);
    F(sub)(x3, x3, &q);
    F(sub)(&q, &q, x3);
    F(mul)(&q, rr, &q);
    F(sub)(y3, &q, &t);
}

/** r = p + q, q affine: 8 products and 2 squares. */
static __attribute__((unused)) void G(add_mixed)(G(xyzz) * r, const G(xyzz) * p, const G(affine) * q)
{
    if (G(affine_is_infinity)(q)) {
        *r = *p;
        return;
    }
    if (G(is_infinity)(p)) {
        G(from_affine)(r, q);
        return;
    }
    GROUP_FIELD difference, rr, pp, ppp, x3, y3;
    F(mul)(&difference, &q->x, &p->zz);
    F(sub)(&difference, &difference, &p->x);
    F(mul)(&rr, &q->y, &p->zzz);
    F(sub)(&rr, &rr, &p->y);
    if (F(is_zero)(&difference)) {
        if (F(is_zero)(&rr))
            G(dbl)(r, p);
        else
            G(set_infinity)(r);
        return;
    }
    F(sqr)(&pp, &difference);
    F(mul)(&ppp, &pp, &difference);
    G(add_finish)(&x3, &y3, &p->x, &p->y, &pp, &ppp, &rr);
    F(mul)(&r->zz, &p->zz, &pp);
    F(mul)(&r->zzz, &p->zzz, &ppp);
    r->x = x3;
    r->y = y3;
}

/** r = p + q: 12 products and 2 squares. */
static __attribute__((unused)) void G(add)(G(xyzz) * r, const G(xyzz) * p, const G(xyzz) * q)
{
    if (G(is_infinity)(q)) {
        *r = *p;
        return;
    }
    if (G(is_infinity)(p)) {
        *r = *q;
        return;
    }
    GROUP_FIELD u1, s1, difference, rr, pp, ppp, x3, y3;
    F(mul)(&u1, &p->x, &q->zz);
    F(mul)(&s1, &p->y, &q->zzz);
    F(mul)(&difference, &q->x, &p->zz);
    F(sub)(&difference, &difference, &u1);
    F(mul)(&rr, &q->y, &p->zzz);
    F(sub)(&rr, &rr, &s1);
    if (F(is_zero)(&difference)) {
        if (F(is_zero)(&rr))
            G(dbl)(r, p);
        else
            G(set_infinity)(r);
        return;
    }
    F(sqr)(&pp, &difference);
    F(mul)(&ppp, &pp, &difference);
    G(add_finish)(&x3, &y3, &u1, &s1, &pp, &ppp, &rr);
    F(mul)(&r->zz, &p->zz, &q->zz);
    F(mul)(&r->zz, &r->zz, &pp);
    F(mul)(&r->zzz, &p->zzz, &q->zzz);
    F(mul)(&r->zzz, &r->zzz, &ppp);
    r->x = x3;
    r->y = y3;
}

/** r = p in affine form; one inversion. */
static inline void G(to_affine)(G(affine) * r, const G(xyzz) * p)
{
    GROUP_FIELD inv_zzz, inv_zz;
    F(inv)(&inv_zzz, &p->zzz);         /* 0 for infinity, which then becomes (0, 0) */
    F(mul)(&inv_zz, &inv_zzz, &p->zz); /* 1 / Z */
    F(sqr)(&inv_zz, &inv_zz);
    F(mul)(&r->x, &p->x, &inv_zz);
    F(mul)(&r->y, &p->y, &inv_zzz);
}

/** out[i] = points[i] in affine form, one inversion for all. What fr_inv_var says of secrets holds here.
 *  shape   n points; scratch: n field elements */
static inline void G(batch_to_affine)(G(affine) * out, const G(xyzz) * points, size_t n, GROUP_FIELD *scratch)
{
    GROUP_FIELD acc = F(one), inv, t;
    for (size_t i = 0; i < n; i++) {
        scratch[i] = acc;
        if (!G(is_infinity)(&points[i]))
            F(mul)(&acc, &acc, &points[i].zzz);
    }
    F(inv_var)(&acc, &acc);
    for (size_t i = n; i-- > 0;) {
        if (G(is_infinity)(&points[i])) {
            out[i] = (G(affine)){F(zero), F(zero)};
            continue;
        }
        F(mul)(&inv, &acc, &scratch[i]);
        F(mul)(&acc, &acc, &points[i].zzz);
        F(mul)(&t, &inv, &points[i].zz);
        F(sqr)(&t, &t);
        F(mul)(&out[i].x, &points[i].x, &t);
        F(mul)(&out[i].y, &points[i].y, &inv);
    }
}

/** r = [e] p, e of n_limbs limbs, least significant first. The time taken depends on e: never for secrets. */
static inline void G(mul_var)(G(xyzz) * r, const G(xyzz) * p, const uint64_t *e, size_t n_limbs)
{
    G(xyzz) acc, base = *p;
    G(set_infinity)(&acc);
    for (size_t i = 64 * n_limbs; i-- > 0;) {
        G(dbl)(&acc, &acc);
        if (e[i / 64] >> (i % 64) & 1)
            G(add)(&acc, &acc, &base);
    }
    *r = acc;
}

/** r = [e] p for a secret canonical e and a p of order r: one sequence of doublings and additions for every e. */
static inline void G(mul_secret)(G(xyzz) * r, const G(xyzz) * p, const fr *e)
{
    uint64_t k[FR_LIMBS];
    G(xyzz) acc = *p, sum, base = *p;
    fr_lengthen(k, e);
    for (int i = FR_BITS - 1; i >= 0; i--) { /* bit FR_BITS is set: acc starts at p */
        bool bit = k[i / 64] >> (i % 64) & 1;
        G(dbl)(&acc, &acc);
        G(add)(&sum, &acc, &base);
        F(cmov)(&acc.x, &sum.x, bit);
        F(cmov)(&acc.y, &sum.y, bit);
        F(cmov)(&acc.zz, &sum.zz, bit);
        F(cmov)(&acc.zzz, &sum.zzz, bit);
    }
    *r = acc;
    sodium_memzero(k, sizeof k);
    sodium_memzero(&acc, sizeof acc);
    sodium_memzero(&sum, sizeof sum);
}

static inline bool G(eq)(const G(xyzz) * p, const G(xyzz) * q)
{
    if (G(is_infinity)(p) || G(is_infinity)(q))
        return G(is_infinity)(p) == G(is_infinity)(q);
    GROUP_FIELD a, b, c, d;
    F(mul)(&a, &p->x, &q->zz);
    F(mul)(&b, &q->x, &p->zz);
    F(mul)(&c, &p->y, &q->zzz);
    F(mul)(&d, &q->y, &p->zzz);
    return F(eq)(&a, &b) && F(eq)(&c, &d);
}

#undef G
#undef F
#undef GROUP_B
#undef GROUP_FIELD
#undef GROUP
