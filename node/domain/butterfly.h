/* SPDX-License-Identifier: Apache-2.0 */
/* node/domain/butterfly.h - one and two levels of a transform on 2 and 4 values, which are only partly reduced meanwhile.
 *
 * A lazy value is any representative below 2 r; 2 r < 2^(64 n). What a butterfly multiplies needs no reduction before
 * (fr_mul_wide) and has it after; what it adds to is reduced on the way in, and neither the sum nor the difference on the way
 * out: one conditional subtraction a butterfly beside the product's, not two.
 * source  Harvey, "Faster arithmetic for number-theoretic transforms", J. Symb. Comp. 2014, section 3; eq. 33 */
#ifndef PT_BUTTERFLY_H
#define PT_BUTTERFLY_H

#include "node/arith/fr.h"

_Static_assert(FR_BITS < 64 * FR_LIMBS, "a lazy value fits its limbs");

static inline bool lazy_is(const fr *a)
{
    fr once;
    mont_reduce_once(FR_LIMBS, once.limb, a->limb, fr_modulus.limb);
    return fr_is_reduced(&once);
}

/** r = the reduced representative of a. */
static inline void lazy_reduce(fr *r, const fr *a)
{
    PT_VERIFY(lazy_is(a));
    mont_reduce_once(FR_LIMBS, r->limb, a->limb, fr_modulus.limb);
}

#ifdef PT_ISA_ADX
_Static_assert(FR_LIMBS == 4, "lazy_cross");
/* clang-format off */
#define EACH_LIMB(op, op_carry, from, to)                                                             \
    op " " from("0", "0") ", " to("0", "0") "\n\t" op_carry " " from("8", "1") ", " to("8", "1") "\n\t" \
    op_carry " " from("16", "2") ", " to("16", "2") "\n\t" op_carry " " from("24", "3") ", " to("24", "3") "\n\t"
#define MOVE(from, to) EACH_LIMB("movq", "movq", from, to)
#define X(offset, i) "%[x" i "]"
#define Y(offset, i) "%[y" i "]"
#define AT_X(offset, i) offset "(%[x])"
#define AT_Y(offset, i) offset "(%[y])"
#define AT_T(offset, i) offset "(%[t])"
#define MODULUS(offset, i) offset "+%[r]"

/* x mod r, then (x, y) <- (x + t, x - t + r), t reduced. */
static inline void lazy_cross(fr *x, fr *y, const fr *t)
{
    uint64_t x0, x1, x2, x3, y0, y1, y2, y3;
    PT_VERIFY(lazy_is(x) && fr_is_reduced(t));
    __asm__ volatile(MOVE(AT_X, X)
                     MOVE(X, Y) EACH_LIMB("subq", "sbbq", MODULUS, Y) EACH_LIMB("cmovncq", "cmovncq", Y, X)
                     MOVE(X, Y) EACH_LIMB("addq", "adcq", AT_T, X)
                     EACH_LIMB("subq", "sbbq", AT_T, Y) EACH_LIMB("addq", "adcq", MODULUS, Y)
                     MOVE(X, AT_X) MOVE(Y, AT_Y)
                     : [x0] "=&r"(x0), [x1] "=&r"(x1), [x2] "=&r"(x2), [x3] "=&r"(x3), [y0] "=&r"(y0), [y1] "=&r"(y1),
                       [y2] "=&r"(y2), [y3] "=&r"(y3)
                     : [x] "r"(x), [y] "r"(y), [t] "r"(t), [r] "m"(fr_modulus)
                     : "cc", "memory");
    PT_VERIFY(lazy_is(x) && lazy_is(y));
}
/* clang-format on */
#undef EACH_LIMB
#undef MOVE
#undef X
#undef Y
#undef AT_X
#undef AT_Y
#undef AT_T
#undef MODULUS
#else

static inline void lazy_add(fr *r, const fr *a, const fr *b)
{
    uint64_t carry = 0;
    for (int i = 0; i < FR_LIMBS; i++) {
        pt_u128 s = (pt_u128)a->limb[i] + b->limb[i] + carry;
        r->limb[i] = (uint64_t)s;
        carry = (uint64_t)(s >> 64);
    }
}

/* x mod r, then (x, y) <- (x + t, x - t + r), t reduced. */
static inline void lazy_cross(fr *x, fr *y, const fr *t)
{
    fr reduced, minus_t;
    uint64_t borrow = 0;
    PT_VERIFY(fr_is_reduced(t));
    lazy_reduce(&reduced, x);
    for (int i = 0; i < FR_LIMBS; i++) {
        pt_u128 s = (pt_u128)fr_modulus.limb[i] - t->limb[i] - borrow;
        minus_t.limb[i] = (uint64_t)s;
        borrow = (uint64_t)(s >> 64) & 1;
    }
    lazy_add(y, &reduced, &minus_t);
    lazy_add(x, &reduced, t);
    PT_VERIFY(lazy_is(x) && lazy_is(y));
}
#endif

/** One level: (x, y) <- (x + s y, x - s y). */
static inline void lazy_pair(fr *x, fr *y, const fr *s)
{
    fr t;
    fr_mul_wide(&t, s, y);
    lazy_cross(x, y, &t);
}

/** lazy_pair with s = 1. */
static inline void lazy_pair_unit(fr *x, fr *y)
{
    fr t;
    lazy_reduce(&t, y);
    lazy_cross(x, y, &t);
}

/** Two levels: (a, b) and (c, d) with s, then (a, c) with s0 and (b, d) with s1. Products go in pairs: a sum that waits for its
 *  product leaves the processor another to work at (8 % of a transform). */
static inline void lazy_quad(fr *a, fr *b, fr *c, fr *d, const fr *s, const fr *s0, const fr *s1)
{
    fr t, u;
    fr_mul_wide(&t, s, b);
    fr_mul_wide(&u, s, d);
    lazy_cross(a, b, &t);
    lazy_cross(c, d, &u);
    fr_mul_wide(&t, s0, c);
    fr_mul_wide(&u, s1, d);
    lazy_cross(a, c, &t);
    lazy_cross(b, d, &u);
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
