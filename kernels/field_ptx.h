/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/field_ptx.h - the words of field.h's sums and products by PTX carry chains; a part of field.h, in its names.
 *
 * A running sum is even + 2^32 odd, n words each. One row adds a b_i, then m p for the m that makes the low word 0, and divides by
 * 2^32: then what was odd is even and what was even, without its low word, is odd, so the two change roles (ptx_shift_mad).
 * A carry out of even is odd's top word's; odd itself never overflows, because the running sum is below 2^32 R (field_portable.h has
 * the bounds). source  separate sums of even and odd columns are common practice on NVIDIA's GPUs since IMAD.WIDE (docs/math.md) */

#if FIELD_CONST(WORDS) == 8
#define F_MAD ptx_mad_4
#define F_SHIFT_MAD ptx_shift_mad_8_0
#define F_ADD ptx_add_8
#define F_SUB ptx_sub_8
#define F_SUB_ON ptx_sub_on_8
#define F_SHIFT_REDUCE ptx_shift_reduce_8
#else
#define F_MAD ptx_mad_6
#define F_SHIFT_MAD ptx_shift_mad_12_0
#define F_ADD ptx_add_12
#define F_SUB ptx_sub_12
#define F_SUB_ON ptx_sub_on_12
#define F_SHIFT_REDUCE ptx_shift_reduce_12
#endif

/* a + b mod R. */
PT_FN FIELD F(add_words)(FIELD a, FIELD b)
{
    F_ADD(a.word, b.word);
    return a;
}

/* a - b mod R; *borrow is not 0 if a < b. */
PT_FN FIELD F(sub_words)(FIELD a, FIELD b, uint *borrow)
{
    uint less = 0;
    F_SUB(a.word, &less, b.word);
    *borrow = less;
    return a;
}

/* x = b (a[0] + a[2] 2^64 ...): a row's chain where there is nothing to add to. */
PT_FN void F(ptx_first)(uint *x, const uint *a, uint b)
{
    PT_UNROLL
    for (int i = 0; i < F_WORDS; i += 2)
        ptx_mul(&x[i], &x[i + 1], a[i], b);
}

/* even + 2^32 odd += m p: then even's low word is 0. */
PT_FN void F(ptx_reduce)(uint *even, uint *odd)
{
    FIELD p = F(of_constant)(&F(modulus));
    uint none = 0;
    /* BLS12-381's fr: m = -even[0], m p[0] = m, m p[1] = m (2^32 - 1) = 2^32 (m - 1) + even[0] */
#if FIELD_CONST(MODULUS_SPARSE)
    uint m, less;
    ptx_minus(&m, &less, even[0]);
    ptx_mad_4_given_1(odd, &none, p.word + 1, m, less, even[0]);
    ptx_mad_4_given_1(even, &odd[F_WORDS - 1], p.word, m, 0, m);
#else
    uint m = even[0] * FIELD_CONST(N0_WORD);
    F_MAD(odd, &none, p.word + 1, m);
    F_MAD(even, &odd[F_WORDS - 1], p.word, m);
#endif
}

/* One row of a product; odd comes as the former even. */
PT_FN void F(ptx_row)(uint *even, uint *odd, const uint *a, uint b)
{
    F_SHIFT_MAD(odd, even, a + 1, b);
    F_MAD(even, &odd[F_WORDS - 1], a, b);
    F(ptx_reduce)(even, odd);
}

/* The running sum divided by 2^32 once more. */
PT_FN FIELD F(ptx_close)(const uint *even, const uint *odd)
{
    FIELD r, low;
    PT_UNROLL
    for (int i = 0; i < F_WORDS; i++) {
        r.word[i] = odd[i];
        low.word[i] = i + 1 < F_WORDS ? even[i + 1] : 0;
    }
    F_ADD(r.word, low.word);
    return r;
}

/* a b / R, below a + p (a < R - p, any b). */
PT_FN FIELD F(mul_words)(FIELD a, FIELD b)
{
    uint even[F_WORDS], odd[F_WORDS];
    F(ptx_first)(even, a.word, b.word[0]);
    F(ptx_first)(odd, a.word + 1, b.word[0]);
    F(ptx_reduce)(even, odd);
    F(ptx_row)(odd, even, a.word, b.word[1]);
    PT_UNROLL
    for (int i = 2; i < F_WORDS; i += 2) {
        F(ptx_row)(even, odd, a.word, b.word[i]);
        F(ptx_row)(odd, even, a.word, b.word[i + 1]);
    }
    return F(ptx_close)(odd, even);
}

/* One row of a sum of two products. */
PT_FN void F(ptx_row_2)(uint *even, uint *odd, const uint *a, uint b, const uint *c, uint d)
{
    uint none = 0;
    F_SHIFT_MAD(odd, even, a + 1, b);
    F_MAD(odd, &none, c + 1, d);
    F_MAD(even, &odd[F_WORDS - 1], a, b);
    F_MAD(even, &odd[F_WORDS - 1], c, d);
    F(ptx_reduce)(even, odd);
}

/* (a b + c d) / R: every row's sum is below a + c + p, at most 5p < R for a < 2p and c <= 2p. */
PT_FN FIELD F(mul_add_mul_words)(FIELD a, FIELD b, FIELD c, FIELD d)
{
    uint even[F_WORDS], odd[F_WORDS], none = 0;
    F(ptx_first)(even, a.word, b.word[0]);
    F(ptx_first)(odd, a.word + 1, b.word[0]);
    F_MAD(odd, &none, c.word + 1, d.word[0]);
    F_MAD(even, &odd[F_WORDS - 1], c.word, d.word[0]);
    F(ptx_reduce)(even, odd);
    F(ptx_row_2)(odd, even, a.word, b.word[1], c.word, d.word[1]);
    PT_UNROLL
    for (int i = 2; i < F_WORDS; i += 2) {
        F(ptx_row_2)(even, odd, a.word, b.word[i], c.word, d.word[i]);
        F(ptx_row_2)(odd, even, a.word, b.word[i + 1], c.word, d.word[i + 1]);
    }
    return F(ptx_close)(odd, even);
}

#if FIELD_CONST(LIMIT_IS_2P)
/* Of a square's row i only the words from a[i] on are multiplied, those beyond it twice: v = a[i], 2 a[i + 1] mod 2^32, and of
 * twice = 2a < R the rest. What the shift of a[i + 1] loses is in twice[i + 2]. */
PT_FN void F(ptx_square_words)(uint *v, const FIELD *a, const FIELD *twice, int i)
{
    PT_UNROLL
    for (int j = 0; j < F_WORDS; j++)
        v[j] = j < i ? 0 : j == i ? a->word[j] : j == i + 1 ? a->word[j] << 1 : twice->word[j];
}

/* Row i: n_pairs products in even's chain, those of odd words from a[i] on in odd's. */
#define F_SQUARE_ROW(even, odd, i, shift_mad, n_pairs)                                                        \
    F(ptx_square_words)(v, &a, &twice, i);                                                                    \
    shift_mad(odd, even, v + 1, a.word[i]);                                                                   \
    ptx_mad_##n_pairs(even + F_WORDS - 2 * n_pairs, &odd[F_WORDS - 1], v + F_WORDS - 2 * n_pairs, a.word[i]); \
    F(ptx_reduce)(even, odd);

/* a^2 / R: every row's sum is below 2a + p, at most 5p < R; n (n + 1) / 2 products of words and n^2 of the reduction. */
PT_FN FIELD F(sqr_words)(FIELD a)
{
    uint even[F_WORDS], odd[F_WORDS], v[F_WORDS];
    FIELD twice;
    PT_UNROLL
    for (int j = 0; j < F_WORDS; j++)
        twice.word[j] = a.word[j] << 1 | (j > 0 ? a.word[j - 1] >> 31 : 0);
    F(ptx_square_words)(v, &a, &twice, 0);
    F(ptx_first)(even, v, a.word[0]);
    F(ptx_first)(odd, v + 1, a.word[0]);
    F(ptx_reduce)(even, odd);
#if FIELD_CONST(WORDS) == 8
    F_SQUARE_ROW(odd, even, 1, ptx_shift_mad_8_0, 3)
    F_SQUARE_ROW(even, odd, 2, ptx_shift_mad_8_1, 3)
    F_SQUARE_ROW(odd, even, 3, ptx_shift_mad_8_1, 2)
    F_SQUARE_ROW(even, odd, 4, ptx_shift_mad_8_2, 2)
    F_SQUARE_ROW(odd, even, 5, ptx_shift_mad_8_2, 1)
    F_SQUARE_ROW(even, odd, 6, ptx_shift_mad_8_3, 1)
    ptx_shift_mad_8_3(even, odd, a.word + 1, a.word[7]);
#else
    F_SQUARE_ROW(odd, even, 1, ptx_shift_mad_12_0, 5)
    F_SQUARE_ROW(even, odd, 2, ptx_shift_mad_12_1, 5)
    F_SQUARE_ROW(odd, even, 3, ptx_shift_mad_12_1, 4)
    F_SQUARE_ROW(even, odd, 4, ptx_shift_mad_12_2, 4)
    F_SQUARE_ROW(odd, even, 5, ptx_shift_mad_12_2, 3)
    F_SQUARE_ROW(even, odd, 6, ptx_shift_mad_12_3, 3)
    F_SQUARE_ROW(odd, even, 7, ptx_shift_mad_12_3, 2)
    F_SQUARE_ROW(even, odd, 8, ptx_shift_mad_12_4, 2)
    F_SQUARE_ROW(odd, even, 9, ptx_shift_mad_12_4, 1)
    F_SQUARE_ROW(even, odd, 10, ptx_shift_mad_12_5, 1)
    ptx_shift_mad_12_5(even, odd, a.word + 1, a.word[11]);
#endif
    F(ptx_reduce)(odd, even);
    return F(ptx_close)(odd, even);
}
#undef F_SQUARE_ROW
#else
PT_FN FIELD F(sqr_words)(FIELD a)
{
    return F(mul_words)(a, a);
}
#endif

#if FIELD_CONST(LIMIT_IS_2P)
/* a b, all of it: rows as in mul_words, whose low words are kept. */
PT_FN F(wide) F(wide_mul)(FIELD a, FIELD b)
{
    uint even[F_WORDS], odd[F_WORDS];
    F(wide) r;
    F(ptx_first)(even, a.word, b.word[0]);
    F(ptx_first)(odd, a.word + 1, b.word[0]);
    r.lo.word[0] = even[0];
    PT_UNROLL
    for (int i = 1; i < F_WORDS; i += 2) {
        F_SHIFT_MAD(even, odd, a.word + 1, b.word[i]);
        F_MAD(odd, &even[F_WORDS - 1], a.word, b.word[i]);
        r.lo.word[i] = odd[0];
        if (i + 1 < F_WORDS) {
            F_SHIFT_MAD(odd, even, a.word + 1, b.word[i + 1]);
            F_MAD(even, &odd[F_WORDS - 1], a.word, b.word[i + 1]);
            r.lo.word[i + 1] = even[0];
        }
    }
    r.hi = F(ptx_close)(odd, even);
    return r;
}

/* a - b mod R^2. */
PT_FN F(wide) F(wide_sub)(F(wide) a, F(wide) b)
{
    uint less = 0;
    F_SUB(a.lo.word, &less, b.lo.word);
    F_SUB_ON(a.hi.word, less, b.hi.word);
    return a;
}

/* (a + m p) / R for the m that makes it whole: at most p. */
PT_FN FIELD F(reduce_words)(FIELD a)
{
    const FIELD p = F(of_constant)(&F(modulus));
    uint odd[F_WORDS], m = a.word[0] * FIELD_CONST(N0_WORD);
    F(ptx_first)(odd, p.word + 1, m);
    F_MAD(a.word, &odd[F_WORDS - 1], p.word, m);
    PT_UNROLL
    for (int i = 1; i < F_WORDS; i += 2) {
        F_SHIFT_REDUCE(a.word, odd, &m, p.word + 1, FIELD_CONST(N0_WORD));
        F_MAD(odd, &a.word[F_WORDS - 1], p.word, m);
        if (i + 1 < F_WORDS) {
            F_SHIFT_REDUCE(odd, a.word, &m, p.word + 1, FIELD_CONST(N0_WORD));
            F_MAD(a.word, &odd[F_WORDS - 1], p.word, m);
        }
    }
    return F(ptx_close)(odd, a.word);
}
#endif

#undef F_SHIFT_REDUCE
#undef F_SUB_ON
#undef F_SUB
#undef F_ADD
#undef F_SHIFT_MAD
#undef F_MAD
