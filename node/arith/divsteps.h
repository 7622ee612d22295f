/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/divsteps.h - modular inversion by division steps, variable time.
 *
 * Numbers are signed, in limbs of 62 bits: all but the top one in [0, 2^62). (f, g) starts as (p, a) and (d, e) as (0, c);
 * each batch of 62 steps looks at the low words of f and g alone, and its transition matrix [u v; q r] is then applied to both
 * pairs. Invariant: d a = c f and e a = c g mod p, so when g = 0 and f = +-1, d is +-c / a (eq. 6).
 * source  Bernstein, Yang, eprint 2019/266, section 11; the starting delta = 1, the zeros skipped by count as Pornin,
 *         Wuille and Maxwell describe it */
#ifndef PT_DIVSTEPS_H
#define PT_DIVSTEPS_H

#include <stdbool.h>
#include <stdint.h>

typedef __int128 pt_i128;

enum { DIVSTEPS_MAX_LIMBS = 7 };
static const uint64_t divsteps_mask = UINT64_MAX >> 2; /* 62 bits */

typedef struct {
    int64_t limb[DIVSTEPS_MAX_LIMBS];
} signed62;

/* 2^62 times the matrix of 62 steps: rows (u, v) and (q, r). |u| + |v| <= 2^62, |q| + |r| <= 2^62. */
typedef struct {
    int64_t u, v, q, r;
} divsteps_matrix;

/* n62 limbs of 62 bits from n words. */
static inline void signed62_from_words(int n62, signed62 *r, int n, const uint64_t *words)
{
    for (int i = 0; i < n62; i++) {
        int word = 62 * i / 64, shift = 62 * i % 64;
        uint64_t bits = words[word] >> shift;
        if (shift > 2 && word + 1 < n)
            bits |= words[word + 1] << (64 - shift);
        r->limb[i] = (int64_t)(bits & divsteps_mask);
    }
}

/* The reverse, of a number in [0, 2^(64 n)). */
static inline void signed62_to_words(int n62, int n, uint64_t *words, const signed62 *a)
{
    for (int i = 0; i < n; i++) {
        int limb = 64 * i / 62, shift = 64 * i % 62;
        words[i] = (uint64_t)a->limb[limb] >> shift | (uint64_t)a->limb[limb + 1] << (62 - shift);
        if (shift > 60 && limb + 2 < n62)
            words[i] |= (uint64_t)a->limb[limb + 2] << (124 - shift);
    }
}

/* 62 division steps on the low words of f (odd) and g; eta = -delta. Returns the new eta. */
static inline int64_t divsteps_62_var(int64_t eta, uint64_t f, uint64_t g, divsteps_matrix *m)
{
    uint64_t u = 1, v = 0, q = 0, r = 1;
    for (int left = 62;;) {
        int zeros = __builtin_ctzll(g | UINT64_MAX << left);
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        eta -= zeros;
        left -= zeros;
        if (left == 0)
            break;
        if (eta < 0) { /* exchange: (f, g) = (g, -f) */
            uint64_t old;
            eta = -eta;
            old = f, f = g, g = 0 - old;
            old = u, u = q, q = 0 - old;
            old = v, v = r, r = 0 - old;
        }
        /* add the multiple of f that clears as many bits of g as may pass before the next exchange, at most 6:
         * f (f^2 - 2) = -1 / f mod 2^6 */
        int limit = eta + 1 > left ? left : (int)eta + 1;
        uint64_t w = f * g * (f * f - 2) & (UINT64_MAX >> (64 - limit)) & 63;
        g += f * w;
        q += u * w;
        r += v * w;
    }
    *m = (divsteps_matrix){(int64_t)u, (int64_t)v, (int64_t)q, (int64_t)r};
    return eta;
}

/* (f, g) = m (f, g) / 2^62, exactly. */
static inline void divsteps_apply_fg(int len, signed62 *f, signed62 *g, const divsteps_matrix *m)
{
    pt_i128 cf = (pt_i128)m->u * f->limb[0] + (pt_i128)m->v * g->limb[0];
    pt_i128 cg = (pt_i128)m->q * f->limb[0] + (pt_i128)m->r * g->limb[0];
    for (int i = 1; i < len; i++) {
        int64_t fi = f->limb[i], gi = g->limb[i];
        cf = (cf >> 62) + (pt_i128)m->u * fi + (pt_i128)m->v * gi;
        cg = (cg >> 62) + (pt_i128)m->q * fi + (pt_i128)m->r * gi;
        f->limb[i - 1] = (int64_t)((uint64_t)cf & divsteps_mask);
        g->limb[i - 1] = (int64_t)((uint64_t)cg & divsteps_mask);
    }
    f->limb[len - 1] = (int64_t)(cf >> 62);
    g->limb[len - 1] = (int64_t)(cg >> 62);
}

/* (d, e) = m (d, e) / 2^62 mod p, both in (-2p, p): p is added to negative ones first, then the multiple of p that makes
 * the low limb 0. p_inv = 1 / p mod 2^62. */
static inline void divsteps_apply_de(int n62, signed62 *d, signed62 *e, const divsteps_matrix *m, const signed62 *p,
                                     uint64_t p_inv)
{
    int64_t d_negative = d->limb[n62 - 1] >> 63, e_negative = e->limb[n62 - 1] >> 63;
    int64_t kd = (m->u & d_negative) + (m->v & e_negative);
    int64_t ke = (m->q & d_negative) + (m->r & e_negative);
    pt_i128 cd = (pt_i128)m->u * d->limb[0] + (pt_i128)m->v * e->limb[0];
    pt_i128 ce = (pt_i128)m->q * d->limb[0] + (pt_i128)m->r * e->limb[0];
    kd -= (int64_t)((p_inv * (uint64_t)cd + (uint64_t)kd) & divsteps_mask);
    ke -= (int64_t)((p_inv * (uint64_t)ce + (uint64_t)ke) & divsteps_mask);
    cd += (pt_i128)p->limb[0] * kd;
    ce += (pt_i128)p->limb[0] * ke;
    for (int i = 1; i < n62; i++) {
        int64_t di = d->limb[i], ei = e->limb[i];
        cd = (cd >> 62) + (pt_i128)m->u * di + (pt_i128)m->v * ei + (pt_i128)p->limb[i] * kd;
        ce = (ce >> 62) + (pt_i128)m->q * di + (pt_i128)m->r * ei + (pt_i128)p->limb[i] * ke;
        d->limb[i - 1] = (int64_t)((uint64_t)cd & divsteps_mask);
        e->limb[i - 1] = (int64_t)((uint64_t)ce & divsteps_mask);
    }
    d->limb[n62 - 1] = (int64_t)(cd >> 62);
    e->limb[n62 - 1] = (int64_t)(ce >> 62);
}

/* r = r * sign + p * times, with the carries propagated; sign is 1 or -1. */
static inline void signed62_combine(int n62, signed62 *r, int64_t sign, const signed62 *p, int64_t times)
{
    int64_t carry = 0;
    for (int i = 0; i < n62 - 1; i++) {
        carry += r->limb[i] * sign + p->limb[i] * times;
        r->limb[i] = (int64_t)((uint64_t)carry & divsteps_mask);
        carry >>= 62;
    }
    r->limb[n62 - 1] = r->limb[n62 - 1] * sign + p->limb[n62 - 1] * times + carry;
}

static inline bool signed62_is_zero(int len, const signed62 *a)
{
    int64_t any = 0;
    for (int i = 0; i < len; i++)
        any |= a->limb[i];
    return any == 0;
}

/* Drop the top limbs of f and g when both are sign extension alone; the limb below then carries the sign. */
static inline int divsteps_shorten(int len, signed62 *f, signed62 *g)
{
    int64_t top_f = f->limb[len - 1], top_g = g->limb[len - 1];
    if (len < 2 || top_f != top_f >> 63 || top_g != top_g >> 63)
        return len;
    f->limb[len - 2] |= (int64_t)((uint64_t)top_f << 62);
    g->limb[len - 2] |= (int64_t)((uint64_t)top_g << 62);
    return len - 1;
}

/** r = c / a mod p, and 0 for a = 0; n words each, n a compile-time constant, 4 or 6.
 *  shape   a, c below p; p an odd prime below 2^(62 n62 - 2); n0 = -1 / p mod 2^64
 *  thread  any; time and branches depend on a: never for secrets */
static inline void divsteps_div_var(int n, uint64_t *r, const uint64_t *c, const uint64_t *a, const uint64_t *p,
                                    uint64_t n0)
{
    const int n62 = (64 * n + 2) / 62 + 1;
    signed62 f, g, d = {{0}}, e, modulus;
    divsteps_matrix m;
    int64_t eta = -1;
    signed62_from_words(n62, &modulus, n, p);
    signed62_from_words(n62, &g, n, a);
    signed62_from_words(n62, &e, n, c);
    f = modulus;
    for (int len = n62; !signed62_is_zero(len, &g); len = divsteps_shorten(len, &f, &g)) {
        eta = divsteps_62_var(eta, (uint64_t)f.limb[0], (uint64_t)g.limb[0], &m);
        divsteps_apply_de(n62, &d, &e, &m, &modulus, 0 - n0);
        divsteps_apply_fg(len, &f, &g, &m);
    }
    /* |f| = 1: its sign is d's. d is in (-2p, p); bring it into [0, p). */
    if (d.limb[n62 - 1] < 0)
        signed62_combine(n62, &d, 1, &modulus, 1);
    bool negate = (f.limb[0] & 3) == 3; /* -1: its limbs, shortened or not, end in ones */
    signed62_combine(n62, &d, negate ? -1 : 1, &modulus, 0);
    if (d.limb[n62 - 1] < 0)
        signed62_combine(n62, &d, 1, &modulus, 1);
    signed62_to_words(n62, n, r, &d);
}

#endif
