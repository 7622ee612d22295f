/* SPDX-License-Identifier: Apache-2.0 */
/* node/msm/lanes.h - Fq and Fq2 eight at a time, in limbs of 52 bits, by AVX-512 IFMA. Per curve; IFMA builds alone.
 *
 * An element stands for a 2^(52 LANE_LIMBS), where fq's stands for a 2^(64 FQ_LIMBS): the same limbs mean another value, which
 * tree_lanes.inc.h makes up for. Values are not reduced but below a small multiple of p, given with each function; limbs
 * are below 2^52. r may be any of the inputs in every function.
 * source  Gueron, Krasnov, "Software Implementation of Modular Exponentiation, Using Advanced Vector Instructions", WAIFI 2012 */
#ifndef PT_LANES_H
#define PT_LANES_H

#include <immintrin.h>

#include "node/arith/fq2.h"

/* On these functions alone: in a whole file under -mavx512f gcc 12 copies points by aligned 64-byte moves, which
 * AddressSanitizer's frames don't hold. */
#define LANES_TARGET __attribute__((target("avx512f,avx512dq,avx512ifma")))
#define LANES_INLINE static inline __attribute__((always_inline, target("avx512f,avx512dq,avx512ifma")))
#ifdef __clang__
#define LANES_UNROLL _Pragma("unroll")
#else
#define LANES_UNROLL _Pragma("GCC unroll 16")
#endif

enum {
    LANES = 8,
    LANE_BITS = 52,
    LANE_LIMBS = FQ_LIMBS == 4 ? 5 : 8,
    LANE_EXCESS_BITS = LANE_BITS * LANE_LIMBS - 64 * FQ_LIMBS, /* 2^this: the ratio of the two Montgomery factors */
    LANE_SLACK_BITS = LANE_BITS * LANE_LIMBS - FQ_BITS
};
_Static_assert(LANE_SLACK_BITS >= 6, "products of factors below 8p stay below 2p: 64 p^2 / 2^(52 n) <= p");

typedef struct {
    __m512i limb[LANE_LIMBS];
} lanes_fq;

typedef struct {
    lanes_fq c0, c1;
} lanes_fq2;

/* The modulus and its multiples in every lane. */
typedef struct {
    lanes_fq p[9];  /* [k]: k p */
    lanes_fq three; /* stands for 3 2^LANE_EXCESS_BITS */
    __m512i n0;
} lanes_modulus;

LANES_INLINE __m512i lanes_mask52(void)
{
    return _mm512_set1_epi64((1LL << LANE_BITS) - 1);
}

/* Bring limbs (as signed numbers) below 2^52; the value must not be negative. */
LANES_INLINE void lanes_fq_carry(lanes_fq *r)
{
    LANES_UNROLL
    for (int i = 0; i + 1 < LANE_LIMBS; i++) {
        r->limb[i + 1] = _mm512_add_epi64(r->limb[i + 1], _mm512_srai_epi64(r->limb[i], LANE_BITS));
        r->limb[i] = _mm512_and_si512(r->limb[i], lanes_mask52());
    }
}

/* From FQ_LIMBS words of 64 bits, one vector a word. */
LANES_INLINE void lanes_fq_unpack(lanes_fq *r, const __m512i *word)
{
    LANES_UNROLL
    for (int i = 0; i < LANE_LIMBS; i++) {
        const int at = LANE_BITS * i / 64, shift = LANE_BITS * i % 64;
        if (at >= FQ_LIMBS) {
            r->limb[i] = _mm512_setzero_si512();
            continue;
        }
        __m512i bits = _mm512_srli_epi64(word[at], (unsigned)shift);
        if (shift > 64 - LANE_BITS && at + 1 < FQ_LIMBS)
            bits = _mm512_or_si512(bits, _mm512_slli_epi64(word[at + 1], (unsigned)(64 - shift)));
        r->limb[i] = _mm512_and_si512(bits, lanes_mask52());
    }
}

/* To FQ_LIMBS words; a is below p. */
LANES_INLINE void lanes_fq_pack(__m512i *word, const lanes_fq *a)
{
    LANES_UNROLL
    for (int i = 0; i < FQ_LIMBS; i++) {
        const int at = 64 * i / LANE_BITS, shift = 64 * i % LANE_BITS;
        word[i] = _mm512_or_si512(_mm512_srli_epi64(a->limb[at], (unsigned)shift),
                                  _mm512_slli_epi64(a->limb[at + 1], (unsigned)(LANE_BITS - shift)));
        if (2 * LANE_BITS - shift < 64 && at + 2 < LANE_LIMBS)
            word[i] = _mm512_or_si512(word[i], _mm512_slli_epi64(a->limb[at + 2], (unsigned)(2 * LANE_BITS - shift)));
    }
}

LANES_INLINE void lanes_fq_set(lanes_fq *r, const fq *a)
{
    __m512i word[FQ_LIMBS];
    for (int i = 0; i < FQ_LIMBS; i++)
        word[i] = _mm512_set1_epi64((long long)a->limb[i]);
    lanes_fq_unpack(r, word);
}

LANES_TARGET static inline void lanes_modulus_init(lanes_modulus *m)
{
    fq power = fq_one, three;
    for (int i = 0; i < 2 * LANE_EXCESS_BITS; i++)
        fq_dbl(&power, &power);
    fq_dbl(&three, &power);
    fq_add(&three, &three, &power);
    lanes_fq_set(&m->three, &three);
    lanes_fq_set(&m->p[1], &fq_modulus);
    for (int i = 0; i < LANE_LIMBS; i++)
        m->p[0].limb[i] = _mm512_setzero_si512();
    for (int k = 2; k <= 8; k++) {
        for (int i = 0; i < LANE_LIMBS; i++)
            m->p[k].limb[i] = _mm512_add_epi64(m->p[k - 1].limb[i], m->p[1].limb[i]);
        lanes_fq_carry(&m->p[k]);
    }
    m->n0 = _mm512_set1_epi64((long long)(FQ_N0 & ((UINT64_C(1) << LANE_BITS) - 1)));
}

/* r = a - b + k p; b is at most k p. */
LANES_INLINE void lanes_fq_sub(const lanes_modulus *m, lanes_fq *r, const lanes_fq *a, const lanes_fq *b, int k)
{
    LANES_UNROLL
    for (int i = 0; i < LANE_LIMBS; i++)
        r->limb[i] = _mm512_add_epi64(_mm512_sub_epi64(a->limb[i], b->limb[i]), m->p[k].limb[i]);
    lanes_fq_carry(r);
}

/* r = 2^bits a, which must be below 2^(52 LANE_LIMBS); bits <= 52. */
LANES_INLINE void lanes_fq_shift(lanes_fq *r, const lanes_fq *a, int bits)
{
    __m512i below = _mm512_setzero_si512();
    LANES_UNROLL
    for (int i = 0; i < LANE_LIMBS; i++) {
        __m512i limb = a->limb[i];
        r->limb[i] = _mm512_and_si512(_mm512_or_si512(_mm512_slli_epi64(limb, (unsigned)bits), below), lanes_mask52());
        below = _mm512_srli_epi64(limb, (unsigned)(LANE_BITS - bits));
    }
}

LANES_INLINE void lanes_fq_add(lanes_fq *r, const lanes_fq *a, const lanes_fq *b)
{
    LANES_UNROLL
    for (int i = 0; i < LANE_LIMBS; i++)
        r->limb[i] = _mm512_add_epi64(a->limb[i], b->limb[i]);
    lanes_fq_carry(r);
}

LANES_INLINE void lanes_fq_blend(lanes_fq *r, __mmask8 choose, const lanes_fq *a)
{
    LANES_UNROLL
    for (int i = 0; i < LANE_LIMBS; i++)
        r->limb[i] = _mm512_mask_mov_epi64(r->limb[i], choose, a->limb[i]);
}

/* r = a mod p; a < 4p. */
LANES_INLINE void lanes_fq_reduce(const lanes_modulus *m, lanes_fq *r, const lanes_fq *a)
{
    lanes_fq less;
    *r = *a;
    LANES_UNROLL
    for (int k = 2; k > 0; k--) {
        LANES_UNROLL
        for (int i = 0; i < LANE_LIMBS; i++)
            less.limb[i] = _mm512_sub_epi64(r->limb[i], m->p[k].limb[i]);
        lanes_fq_carry(&less);
        lanes_fq_blend(r, (__mmask8)~_mm512_movepi64_mask(less.limb[LANE_LIMBS - 1]), &less);
    }
}

/* One row of a Montgomery product: t += a b (low halves), made divisible by 2^52, divided, and the high halves added. */
LANES_INLINE void lanes_row_low(__m512i *t, const lanes_fq *a, __m512i b)
{
    LANES_UNROLL
    for (int j = 0; j < LANE_LIMBS; j++)
        t[j] = _mm512_madd52lo_epu64(t[j], a->limb[j], b);
}

LANES_INLINE void lanes_row_high(__m512i *t, const lanes_fq *a, __m512i b)
{
    LANES_UNROLL
    for (int j = 0; j < LANE_LIMBS; j++)
        t[j] = _mm512_madd52hi_epu64(t[j], a->limb[j], b);
}

LANES_INLINE __m512i lanes_row_fold(const lanes_modulus *m, __m512i *t)
{
    __m512i multiple = _mm512_madd52lo_epu64(_mm512_setzero_si512(), t[0], m->n0);
    lanes_row_low(t, &m->p[1], multiple);
    __m512i carry = _mm512_srli_epi64(t[0], LANE_BITS);
    LANES_UNROLL
    for (int j = 0; j + 1 < LANE_LIMBS; j++)
        t[j] = t[j + 1];
    t[LANE_LIMBS - 1] = _mm512_setzero_si512();
    t[0] = _mm512_add_epi64(t[0], carry);
    return multiple;
}

/* r = a b / 2^(52 n) mod p, below p + a b / 2^(52 n). */
LANES_INLINE void lanes_fq_mul(const lanes_modulus *m, lanes_fq *r, const lanes_fq *a, const lanes_fq *b)
{
    __m512i t[LANE_LIMBS];
    LANES_UNROLL
    for (int j = 0; j < LANE_LIMBS; j++)
        t[j] = _mm512_setzero_si512();
    LANES_UNROLL
    for (int i = 0; i < LANE_LIMBS; i++) {
        lanes_row_low(t, a, b->limb[i]);
        __m512i multiple = lanes_row_fold(m, t);
        lanes_row_high(t, a, b->limb[i]);
        lanes_row_high(t, &m->p[1], multiple);
    }
    LANES_UNROLL
    for (int j = 0; j < LANE_LIMBS; j++)
        r->limb[j] = t[j];
    lanes_fq_carry(r);
}

/* r = (a0 b0 + a1 b1) / 2^(52 n) mod p, below p + (a0 b0 + a1 b1) / 2^(52 n). */
LANES_INLINE void lanes_fq_dot2(const lanes_modulus *m, lanes_fq *r, const lanes_fq *a0, const lanes_fq *b0,
                                const lanes_fq *a1, const lanes_fq *b1)
{
    __m512i t[LANE_LIMBS];
    LANES_UNROLL
    for (int j = 0; j < LANE_LIMBS; j++)
        t[j] = _mm512_setzero_si512();
    LANES_UNROLL
    for (int i = 0; i < LANE_LIMBS; i++) {
        lanes_row_low(t, a0, b0->limb[i]);
        lanes_row_low(t, a1, b1->limb[i]);
        __m512i multiple = lanes_row_fold(m, t);
        lanes_row_high(t, a0, b0->limb[i]);
        lanes_row_high(t, a1, b1->limb[i]);
        lanes_row_high(t, &m->p[1], multiple);
    }
    LANES_UNROLL
    for (int j = 0; j < LANE_LIMBS; j++)
        r->limb[j] = t[j];
    lanes_fq_carry(r);
}

LANES_INLINE void lanes_fq_sqr(const lanes_modulus *m, lanes_fq *r, const lanes_fq *a)
{
    lanes_fq_mul(m, r, a, a);
}

/* The lanes whose n words of 64 bits are all zero: asked before they are unpacked. */
LANES_INLINE __mmask8 lanes_are_zero(const __m512i *word, int n)
{
    __m512i any = word[0];
    LANES_UNROLL
    for (int i = 1; i < n; i++)
        any = _mm512_or_si512(any, word[i]);
    return _mm512_testn_epi64_mask(any, any);
}

LANES_INLINE __mmask8 lanes_are_equal(const __m512i *a, const __m512i *b, int n)
{
    __m512i any = _mm512_xor_si512(a[0], b[0]);
    LANES_UNROLL
    for (int i = 1; i < n; i++)
        any = _mm512_or_si512(any, _mm512_xor_si512(a[i], b[i]));
    return _mm512_testn_epi64_mask(any, any);
}

/* ---- Fq2, the bounds for each component ---- */

LANES_INLINE void lanes_fq2_unpack(lanes_fq2 *r, const __m512i *word)
{
    lanes_fq_unpack(&r->c0, word);
    lanes_fq_unpack(&r->c1, word + FQ_LIMBS);
}

LANES_INLINE void lanes_fq2_pack(__m512i *word, const lanes_fq2 *a)
{
    lanes_fq_pack(word, &a->c0);
    lanes_fq_pack(word + FQ_LIMBS, &a->c1);
}

LANES_INLINE void lanes_fq2_sub(const lanes_modulus *m, lanes_fq2 *r, const lanes_fq2 *a, const lanes_fq2 *b, int k)
{
    lanes_fq_sub(m, &r->c0, &a->c0, &b->c0, k);
    lanes_fq_sub(m, &r->c1, &a->c1, &b->c1, k);
}

LANES_INLINE void lanes_fq2_add(lanes_fq2 *r, const lanes_fq2 *a, const lanes_fq2 *b)
{
    lanes_fq_add(&r->c0, &a->c0, &b->c0);
    lanes_fq_add(&r->c1, &a->c1, &b->c1);
}

LANES_INLINE void lanes_fq2_shift(lanes_fq2 *r, const lanes_fq2 *a, int bits)
{
    lanes_fq_shift(&r->c0, &a->c0, bits);
    lanes_fq_shift(&r->c1, &a->c1, bits);
}

LANES_INLINE void lanes_fq2_blend(lanes_fq2 *r, __mmask8 choose, const lanes_fq2 *a)
{
    lanes_fq_blend(&r->c0, choose, &a->c0);
    lanes_fq_blend(&r->c1, choose, &a->c1);
}

LANES_INLINE void lanes_fq2_reduce(const lanes_modulus *m, lanes_fq2 *r, const lanes_fq2 *a)
{
    lanes_fq_reduce(m, &r->c0, &a->c0);
    lanes_fq_reduce(m, &r->c1, &a->c1);
}

/* b below 8p. */
LANES_INLINE void lanes_fq2_mul(const lanes_modulus *m, lanes_fq2 *r, const lanes_fq2 *a, const lanes_fq2 *b)
{
    lanes_fq minus, c0;
    lanes_fq_sub(m, &minus, &m->p[0], &b->c1, 8);
    lanes_fq_dot2(m, &c0, &a->c0, &b->c0, &a->c1, &minus);
    lanes_fq_dot2(m, &r->c1, &a->c0, &b->c1, &a->c1, &b->c0);
    r->c0 = c0;
}

/* a below 4p. */
LANES_INLINE void lanes_fq2_sqr(const lanes_modulus *m, lanes_fq2 *r, const lanes_fq2 *a)
{
    lanes_fq minus, twice, c0;
    lanes_fq_sub(m, &minus, &m->p[0], &a->c1, 4);
    lanes_fq_add(&twice, &a->c0, &a->c0);
    lanes_fq_dot2(m, &c0, &a->c0, &a->c0, &a->c1, &minus);
    lanes_fq_mul(m, &r->c1, &twice, &a->c1);
    r->c0 = c0;
}

/* r = 3 2^LANE_EXCESS_BITS a. */
LANES_INLINE void lanes_fq_triple(const lanes_modulus *m, lanes_fq *r, const lanes_fq *a)
{
    lanes_fq_mul(m, r, a, &m->three);
}

LANES_INLINE void lanes_fq2_triple(const lanes_modulus *m, lanes_fq2 *r, const lanes_fq2 *a)
{
    lanes_fq_mul(m, &r->c0, &a->c0, &m->three);
    lanes_fq_mul(m, &r->c1, &a->c1, &m->three);
}

/* The element whose lowest limb is 1 and whose other limbs are 0: what it stands for does not matter, it is not 0. */
LANES_INLINE void lanes_fq_set_unit(lanes_fq *r)
{
    LANES_UNROLL
    for (int i = 0; i < LANE_LIMBS; i++)
        r->limb[i] = _mm512_set1_epi64(i == 0);
}

LANES_INLINE void lanes_fq2_set_unit(lanes_fq2 *r)
{
    lanes_fq_set_unit(&r->c0);
    LANES_UNROLL
    for (int i = 0; i < LANE_LIMBS; i++)
        r->c1.limb[i] = _mm512_setzero_si512();
}

/* Rows to columns of 8 x 8 words. */
LANES_INLINE void lanes_transpose(__m512i *row)
{
    __m512i even[4], odd[4];
    LANES_UNROLL
    for (int i = 0; i < 4; i++) {
        even[i] = _mm512_unpacklo_epi64(row[2 * i], row[2 * i + 1]);
        odd[i] = _mm512_unpackhi_epi64(row[2 * i], row[2 * i + 1]);
    }
    LANES_UNROLL
    for (int i = 0; i < 2; i++) {
        const __m512i *from = i == 0 ? even : odd;
        __m512i a = _mm512_shuffle_i64x2(from[0], from[1], 0x88), b = _mm512_shuffle_i64x2(from[2], from[3], 0x88);
        __m512i c = _mm512_shuffle_i64x2(from[0], from[1], 0xdd), d = _mm512_shuffle_i64x2(from[2], from[3], 0xdd);
        row[i] = _mm512_shuffle_i64x2(a, b, 0x88);
        row[i + 4] = _mm512_shuffle_i64x2(a, b, 0xdd);
        row[i + 2] = _mm512_shuffle_i64x2(c, d, 0x88);
        row[i + 6] = _mm512_shuffle_i64x2(c, d, 0xdd);
    }
}

#endif
