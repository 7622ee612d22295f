/* SPDX-License-Identifier: Apache-2.0 */
/* node/domain/butterfly.h - one and two levels of a transform on 2 and 4 values, which are only partly reduced meanwhile.
 *
 * A lazy value is any representative below 2 m; m = 2 r where 4 r fits the limbs (BN254), else m = r. What a butterfly multiplies
 * needs no reduction before. Products are below m: where m = 2 r that takes no reduction either. What a product is added to is
 * brought below m on the way in, and neither the sum nor the difference is reduced on the way out: one conditional subtraction a
 * butterfly, or two where m = r.
 * source  Harvey, "Faster arithmetic for number-theoretic transforms", J. Symb. Comp. 2014, section 3; eq. 33 */
#ifndef PT_BUTTERFLY_H
#define PT_BUTTERFLY_H

#include "node/arith/fr.h"

_Static_assert(FR_BITS < 64 * FR_LIMBS, "2 m fits the limbs");
#if FR_BITS <= 64 * FR_LIMBS - 2
#define LAZY_M FR_TWICE_MODULUS
#define lazy_mul fr_mul_lazy
#else
#define LAZY_M FR_MODULUS
#define lazy_mul fr_mul_wide
#endif
static const fr lazy_m = LAZY_M;

static inline bool lazy_is_below(const fr *a, const fr *bound)
{
    for (int i = FR_LIMBS - 1; i >= 0; i--)
        if (a->limb[i] != bound->limb[i])
            return a->limb[i] < bound->limb[i];
    return false;
}

static inline bool lazy_is(const fr *a)
{
    fr less;
    mont_reduce_once(FR_LIMBS, less.limb, a->limb, lazy_m.limb);
    return lazy_is_below(&less, &lazy_m);
}

#ifdef PT_ISA_ADX
_Static_assert(FR_LIMBS == 4, "lazy_cross, lazy_less");
/* clang-format off */
#define EACH_LIMB(op, op_carry, from, to)                                                             \
    op " " from("0", "0") ", " to("0", "0") "\n\t" op_carry " " from("8", "1") ", " to("8", "1") "\n\t" \
    op_carry " " from("16", "2") ", " to("16", "2") "\n\t" op_carry " " from("24", "3") ", " to("24", "3") "\n\t"
#define MOVE(from, to) EACH_LIMB("movq", "movq", from, to)
#define X(offset, i) "%[x" i "]"
#define Y(offset, i) "%[y" i "]"
#define AT_X(offset, i) offset "(%[x])"
#define AT_T(offset, i) offset "(%[t])"
#define AT_SUM(offset, i) offset "(%[sum])"
#define AT_DIFFERENCE(offset, i) offset "(%[difference])"
#define AT_M(offset, i) offset "+%[m]"
#define AT_POINTER_M(offset, i) offset "(%[m])"
#define X_LESS(at_m) MOVE(AT_X, X) MOVE(X, Y) EACH_LIMB("subq", "sbbq", at_m, Y) EACH_LIMB("cmovncq", "cmovncq", Y, X)
#define X_AND_Y                                                                                                  \
    [x0] "=&r"(x0), [x1] "=&r"(x1), [x2] "=&r"(x2), [x3] "=&r"(x3), [y0] "=&r"(y0), [y1] "=&r"(y1), [y2] "=&r"(y2), \
    [y3] "=&r"(y3)

/* r = x - m, or x if that is negative. No branch. */
static inline void lazy_less(fr *r, const fr *x, const fr *m)
{
    uint64_t x0, x1, x2, x3, y0, y1, y2, y3;
    __asm__ volatile(X_LESS(AT_POINTER_M) MOVE(X, AT_SUM) : X_AND_Y : [x] "r"(x), [sum] "r"(r), [m] "r"(m) : "cc", "memory");
}

/* x below m, then sum = x + t, difference = x - t + m; t below m. */
static inline void lazy_cross(fr *sum, fr *difference, const fr *x, const fr *t)
{
    uint64_t x0, x1, x2, x3, y0, y1, y2, y3;
    PT_VERIFY(lazy_is(x) && lazy_is_below(t, &lazy_m));
    __asm__ volatile(X_LESS(AT_M)
                     MOVE(X, Y) EACH_LIMB("addq", "adcq", AT_T, X)
                     EACH_LIMB("subq", "sbbq", AT_T, Y) EACH_LIMB("addq", "adcq", AT_M, Y)
                     MOVE(X, AT_SUM) MOVE(Y, AT_DIFFERENCE)
                     : X_AND_Y
                     : [x] "r"(x), [t] "r"(t), [sum] "r"(sum), [difference] "r"(difference), [m] "m"(lazy_m)
                     : "cc", "memory");
    PT_VERIFY(lazy_is(sum) && lazy_is(difference));
}
/* clang-format on */
#undef EACH_LIMB
#undef MOVE
#undef X
#undef Y
#undef AT_X
#undef AT_T
#undef AT_SUM
#undef AT_DIFFERENCE
#undef AT_M
#undef AT_POINTER_M
#undef X_LESS
#undef X_AND_Y
#else

/* r = x - m, or x if that is negative. No branch. */
static inline void lazy_less(fr *r, const fr *x, const fr *m)
{
    mont_reduce_once(FR_LIMBS, r->limb, x->limb, m->limb);
}

static inline void lazy_add(fr *r, const fr *a, const fr *b)
{
    uint64_t carry = 0;
    for (int i = 0; i < FR_LIMBS; i++) {
        pt_u128 s = (pt_u128)a->limb[i] + b->limb[i] + carry;
        r->limb[i] = (uint64_t)s;
        carry = (uint64_t)(s >> 64);
    }
}

/* x below m, then sum = x + t, difference = x - t + m; t below m. */
static inline void lazy_cross(fr *sum, fr *difference, const fr *x, const fr *t)
{
    fr low, minus_t;
    uint64_t borrow = 0;
    PT_VERIFY(lazy_is(x) && lazy_is_below(t, &lazy_m));
    lazy_less(&low, x, &lazy_m);
    for (int i = 0; i < FR_LIMBS; i++) {
        pt_u128 s = (pt_u128)lazy_m.limb[i] - t->limb[i] - borrow;
        minus_t.limb[i] = (uint64_t)s;
        borrow = (uint64_t)(s >> 64) & 1;
    }
    lazy_add(difference, &low, &minus_t);
    lazy_add(sum, &low, t);
    PT_VERIFY(lazy_is(sum) && lazy_is(difference));
}
#endif

/** r = the reduced representative of a. */
static inline void lazy_reduce(fr *r, const fr *a)
{
    PT_VERIFY(lazy_is(a));
    lazy_less(r, a, &lazy_m);
#if FR_BITS <= 64 * FR_LIMBS - 2
    lazy_less(r, r, &fr_modulus);
#endif
    PT_VERIFY(fr_is_reduced(r));
}

/** One level: (x, y) <- (x + s y, x - s y). */
static inline void lazy_pair(fr *x, fr *y, const fr *s)
{
    fr t;
    lazy_mul(&t, s, y);
    lazy_cross(x, y, x, &t);
}

/** lazy_pair with s = 1. */
static inline void lazy_pair_unit(fr *x, fr *y)
{
    fr t;
    lazy_less(&t, y, &lazy_m);
    lazy_cross(x, y, x, &t);
}

/** Two levels: (a, b) and (c, d) with s, then (a, c) with s0 and (b, d) with s1. Products go in pairs: a sum that waits for its
 *  product leaves the processor another to work at (8 % of a transform). */
static inline void lazy_quad(fr *a, fr *b, fr *c, fr *d, const fr *s, const fr *s0, const fr *s1)
{
    fr t, u;
    lazy_mul(&t, s, b);
    lazy_mul(&u, s, d);
    lazy_cross(a, b, a, &t);
    lazy_cross(c, d, c, &u);
    lazy_mul(&t, s0, c);
    lazy_mul(&u, s1, d);
    lazy_cross(a, c, a, &t);
    lazy_cross(b, d, b, &u);
}

/** lazy_quad with s = s0 = 1: one product instead of four. */
static inline void lazy_quad_unit(fr *a, fr *b, fr *c, fr *d, const fr *s1)
{
    lazy_pair_unit(a, b);
    lazy_pair_unit(c, d);
    lazy_pair_unit(a, c);
    lazy_pair(b, d, s1);
}

#endif
