/* SPDX-License-Identifier: Apache-2.0 */
/* node/msm/tree_sum.inc.h - template: sums of many segments of points at once, in affine form. bucket_sum.c has its instances.
 *
 * needs   GROUP: g1 or g2; GROUP_FIELD: fq or fq2; TREE_POINTS: points at the most
 * gives   G(tree) and G(tree_sum)
 *
 * A round halves every segment: neighbours are added, all with one inversion: 6 products an addition and its share of the
 * inversion, against 10 in XYZZ. Exceptional pairs take part with a denominator of their own, or with 1.
 * source  Montgomery 1987, section 10.3.1 (shared inversion); eqs. 25, 26 and 42 */

#define F(verb) PT_JOIN(GROUP_FIELD, PT_JOIN(_, verb))
#define G(verb) PT_JOIN(GROUP, PT_JOIN(_, verb))

/* chain[i] = 2^n_doublings / chain[i] for i < n, by one inversion. */
static void G(chains_invert)(GROUP_FIELD *chain, size_t n, int n_doublings)
{
    GROUP_FIELD before[TREE_CHAINS_MAX], inv = chain[0];
    for (size_t i = 1; i < n; i++) {
        before[i] = inv;
        F(mul)(&inv, &inv, &chain[i]);
    }
    F(inv_var)(&inv, &inv);
    for (int i = 0; i < n_doublings; i++)
        F(dbl)(&inv, &inv);
    for (size_t i = n; i-- > 1;) {
        GROUP_FIELD own = chain[i];
        F(mul)(&chain[i], &inv, &before[i]);
        F(mul)(&inv, &inv, &own);
    }
    chain[0] = inv;
}

#ifdef PT_ISA_IFMA
#include "node/msm/tree_lanes.inc.h"
#endif

/* Segment s has the next length[s] points. */
typedef struct {
    G(affine) point[TREE_POINTS];
    GROUP_FIELD denominator[TREE_POINTS / 2],
        suffix[TREE_POINTS / 2]; /* suffix: the product of those after, in its chain */
    uint8_t kind[TREE_POINTS / 2];
    uint32_t length[TREE_POINTS + 1];
#ifdef PT_ISA_IFMA
    G(lanes_round) lanes;
#endif
} G(tree);

static void G(tree_init)(G(tree) * t)
{
    t->length[0] = 0;
#ifdef PT_ISA_IFMA
    lanes_modulus_init(&t->lanes.modulus);
#endif
}

/* The kind of a pair, and in *d the denominator of its slope. */
static inline uint8_t G(pair_prepare)(const G(affine) * p, const G(affine) * q, GROUP_FIELD *d)
{
    F(sub)(d, &q->x, &p->x);
    bool p_infinite = G(affine_is_infinity)(p), q_infinite = G(affine_is_infinity)(q);
    if (!p_infinite && !q_infinite && !F(is_zero)(d))
        return PAIR_ADD;
    uint8_t kind = p_infinite ? PAIR_SECOND : q_infinite ? PAIR_FIRST : F(eq)(&p->y, &q->y) ? PAIR_DOUBLE : PAIR_CANCEL;
    if (kind == PAIR_DOUBLE)
        F(dbl)(d, &p->y); /* not 0: neither group has a point of order 2 */
    else
        *d = F(one);
    return kind;
}

/* *r = p + q, given 1 / d of pair_prepare. */
static inline void G(pair_finish)(uint8_t kind, const G(affine) * p, const G(affine) * q, const GROUP_FIELD *inv,
                                  G(affine) * r)
{
    GROUP_FIELD slope, x, y;
    switch (kind) {
    case PAIR_ADD:
        F(sub)(&slope, &q->y, &p->y);
        break;
    case PAIR_DOUBLE:
        F(sqr)(&x, &p->x);
        F(dbl)(&slope, &x);
        F(add)(&slope, &slope, &x);
        break;
    case PAIR_FIRST:
        *r = *p;
        return;
    case PAIR_SECOND:
        *r = *q;
        return;
    default:
        *r = (G(affine)){F(zero), F(zero)};
        return;
    }
    F(mul)(&slope, &slope, inv);
    F(sqr)(&x, &slope);
    F(sub)(&x, &x, &p->x);
    F(sub)(&x, &x, &q->x);
    F(sub)(&y, &p->x, &x);
    F(mul)(&y, &y, &slope);
    F(sub)(&r->y, &y, &p->y);
    r->x = x;
}

/* Last pair first: kinds, denominators and products; chain[i] becomes the product of chain i's denominators. */
static void G(round_prepare)(G(tree) * t, size_t n_segments, size_t n_points, size_t n_pairs, GROUP_FIELD *chain)
{
    for (size_t i = 0; i < TREE_CHAINS; i++)
        chain[i] = F(one);
    size_t at = n_points, pair = n_pairs;
    for (size_t s = n_segments; s-- > 0;) {
        at -= t->length[s];
        for (size_t i = t->length[s] / 2; i-- > 0;) {
            pair--;
            GROUP_FIELD *product = &chain[pair % TREE_CHAINS], *d = &t->denominator[pair];
            t->kind[pair] = G(pair_prepare)(&t->point[at + 2 * i], &t->point[at + 2 * i + 1], d);
            t->suffix[pair] = *product;
            F(mul)(product, product, d);
        }
    }
}

/* First pair first: sums are written in front of what is still to be read. */
static void G(round_finish)(G(tree) * t, size_t n_segments, GROUP_FIELD *chain)
{
    size_t at = 0, to = 0, pair = 0;
    for (size_t s = 0; s < n_segments; s++) {
        size_t length = t->length[s];
        for (size_t i = 0; i + 1 < length; i += 2, pair++) {
            GROUP_FIELD inv, *rest = &chain[pair % TREE_CHAINS];
            F(mul)(&inv, rest, &t->suffix[pair]);
            F(mul)(rest, rest, &t->denominator[pair]);
            G(pair_finish)(t->kind[pair], &t->point[at + i], &t->point[at + i + 1], &inv, &t->point[to++]);
        }
        if (length % 2 != 0)
            t->point[to++] = t->point[at + length - 1];
        at += length;
        t->length[s] = (uint32_t)((length + 1) / 2);
    }
}

/* One round. */
static void G(tree_halve)(G(tree) * t, size_t n_segments, size_t n_points, size_t n_pairs)
{
#ifdef PT_ISA_IFMA
    if (n_pairs >= LANES_PAIRS_MIN) {
        G(lanes_halve)(&t->lanes, t->point, t->length, n_segments, n_pairs);
        return;
    }
#endif
    GROUP_FIELD chain[TREE_CHAINS];
    G(round_prepare)(t, n_segments, n_points, n_pairs, chain);
    G(chains_invert)(chain, TREE_CHAINS, 0);
    G(round_finish)(t, n_segments, chain);
}

/* Sum every segment to one point; the last one, if it is open, to few: what is left of it will share later rounds. */
static void G(tree_sum)(G(tree) * t, size_t n_segments, bool last_open)
{
    for (;;) {
        size_t n_points = 0, n_pairs = 0, n_closed = n_segments - (last_open ? 1 : 0);
        for (size_t s = 0; s < n_closed; s++) {
            n_points += t->length[s];
            n_pairs += t->length[s] / 2;
        }
        size_t open = last_open ? t->length[n_closed] : 0;
        if (n_pairs == 0 && open <= TREE_OPEN_POINTS)
            return;
        G(tree_halve)(t, n_segments, n_points + open, n_pairs + open / 2);
    }
}

#undef G
#undef F
