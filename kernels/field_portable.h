/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/field_portable.h - the words of field.h's sums and products in OpenCL C; a part of field.h, in its names.
 *
 * A 64-bit sum takes a 32-bit word, a product of two and a carry without overflow: (2^32 - 1)^2 + 2 (2^32 - 1) = 2^64 - 1. */

/* a + b mod R. */
PT_FN FIELD F(add_words)(FIELD a, FIELD b)
{
    ulong carry = 0;
    PT_UNROLL
    for (int i = 0; i < F_WORDS; i++) {
        carry += (ulong)a.word[i] + b.word[i];
        a.word[i] = (uint)carry;
        carry >>= 32;
    }
    return a;
}

/* a - b mod R; *borrow is not 0 if a < b. */
PT_FN FIELD F(sub_words)(FIELD a, FIELD b, uint *borrow)
{
    ulong less = 0; /* 1: a borrow */
    PT_UNROLL
    for (int i = 0; i < F_WORDS; i++) {
        ulong difference = (ulong)a.word[i] - b.word[i] - less;
        a.word[i] = (uint)difference;
        less = difference >> 63;
    }
    *borrow = (uint)less;
    return a;
}

/* acc = (acc + a b + m p) / 2^32 for the m that makes it whole: below a + p if acc was. */
PT_FN FIELD F(mul_row)(FIELD acc, FIELD a, uint b)
{
    ulong t = (ulong)a.word[0] * b + acc.word[0];
    uint m = (uint)t * FIELD_CONST(N0_WORD);
    ulong u = (ulong)m * F(modulus).word[0] + (uint)t;
    t >>= 32, u >>= 32;
    PT_UNROLL
    for (int j = 1; j < F_WORDS; j++) {
        t += (ulong)a.word[j] * b + acc.word[j];
        u += (ulong)m * F(modulus).word[j] + (uint)t;
        acc.word[j - 1] = (uint)u;
        t >>= 32, u >>= 32;
    }
    acc.word[F_WORDS - 1] = (uint)(t + u);
    return acc;
}

/* a b / R, below a + p (a < R - p, any b). */
PT_FN FIELD F(mul_words)(FIELD a, FIELD b)
{
    FIELD acc = F(zero)();
    PT_UNROLL
    for (int i = 0; i < F_WORDS; i++)
        acc = F(mul_row)(acc, a, b.word[i]);
    return acc;
}

PT_FN FIELD F(sqr_words)(FIELD a)
{
    return F(mul_words)(a, a);
}

/* acc = (acc + a b + c d + m p) / 2^32. */
PT_FN FIELD F(mul_add_mul_row)(FIELD acc, FIELD a, uint b, FIELD c, uint d)
{
    ulong t = (ulong)a.word[0] * b + acc.word[0];
    ulong s = (ulong)c.word[0] * d + (uint)t;
    uint m = (uint)s * FIELD_CONST(N0_WORD);
    ulong u = (ulong)m * F(modulus).word[0] + (uint)s;
    t >>= 32, s >>= 32, u >>= 32;
    PT_UNROLL
    for (int j = 1; j < F_WORDS; j++) {
        t += (ulong)a.word[j] * b + acc.word[j];
        s += (ulong)c.word[j] * d + (uint)t;
        u += (ulong)m * F(modulus).word[j] + (uint)s;
        acc.word[j - 1] = (uint)u;
        t >>= 32, s >>= 32, u >>= 32;
    }
    acc.word[F_WORDS - 1] = (uint)(t + s + u);
    return acc;
}

/* (a b + c d) / R: every row's acc is below a + c + p, at most 5p < R for a < 2p and c <= 2p. */
PT_FN FIELD F(mul_add_mul_words)(FIELD a, FIELD b, FIELD c, FIELD d)
{
    FIELD acc = F(zero)();
    PT_UNROLL
    for (int i = 0; i < F_WORDS; i++)
        acc = F(mul_add_mul_row)(acc, a, b.word[i], c, d.word[i]);
    return acc;
}

#if FIELD_CONST(LIMIT_IS_2P)
/* a b, all of it. */
PT_FN F(wide) F(wide_mul)(FIELD a, FIELD b)
{
    F(wide) r;
    r.hi = F(zero)();
    PT_UNROLL
    for (int i = 0; i < F_WORDS; i++) {
        ulong t = (ulong)a.word[0] * b.word[i] + r.hi.word[0];
        r.lo.word[i] = (uint)t;
        t >>= 32;
        PT_UNROLL
        for (int j = 1; j < F_WORDS; j++) {
            t += (ulong)a.word[j] * b.word[i] + r.hi.word[j];
            r.hi.word[j - 1] = (uint)t;
            t >>= 32;
        }
        r.hi.word[F_WORDS - 1] = (uint)t;
    }
    return r;
}

/* a - b mod R^2. */
PT_FN F(wide) F(wide_sub)(F(wide) a, F(wide) b)
{
    uint borrow;
    a.lo = F(sub_words)(a.lo, b.lo, &borrow);
    ulong less = borrow;
    PT_UNROLL
    for (int i = 0; i < F_WORDS; i++) {
        ulong difference = (ulong)a.hi.word[i] - b.hi.word[i] - less;
        a.hi.word[i] = (uint)difference;
        less = difference >> 63;
    }
    return a;
}

/* (a + m p) / R for the m that makes it whole: at most p. */
PT_FN FIELD F(reduce_words)(FIELD a)
{
    PT_UNROLL
    for (int i = 0; i < F_WORDS; i++) {
        uint m = a.word[0] * FIELD_CONST(N0_WORD);
        ulong u = (ulong)m * F(modulus).word[0] + a.word[0];
        u >>= 32;
        PT_UNROLL
        for (int j = 1; j < F_WORDS; j++) {
            u += (ulong)m * F(modulus).word[j] + a.word[j];
            a.word[j - 1] = (uint)u;
            u >>= 32;
        }
        a.word[F_WORDS - 1] = (uint)u;
    }
    return a;
}
#endif
