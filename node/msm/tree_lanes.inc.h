/* SPDX-License-Identifier: Apache-2.0 */
/* node/msm/tree_lanes.inc.h - template, part of tree_sum.inc.h: a round of the tree with eight pairs in each step.
 *
 * Points stay as they are in memory and are read by transposing; a factor f = 2^(-LANE_EXCESS_BITS / 2) in what is
 * inverted makes up for the other Montgomery factor (eq. 44). */

#include "node/msm/lanes.h"

#define V(verb) PT_JOIN(lanes_, PT_JOIN(GROUP_FIELD, PT_JOIN(_, verb)))
#define LANES_FIELD PT_JOIN(lanes_, GROUP_FIELD)
_Static_assert(TREE_LANE_CHAINS *LANES <= TREE_CHAINS_MAX, "every lane of every chain is inverted at once");
enum { G(words) = sizeof(G(affine)) / 8, G(field_words) = sizeof(GROUP_FIELD) / 8 };

/* Pairs of a step that are no plain additions. */
typedef struct {
    __mmask8 twice, first, second, cancel, any;
} G(lanes_special);

typedef struct {
    LANES_FIELD denominator, suffix;
    G(lanes_special) special;
} G(lanes_step);

/* Points without a partner in a round move from `from` to `to`, after pairs [0, n_before). */
typedef struct {
    lanes_modulus modulus;
    G(lanes_step) step[TREE_POINTS / 2 / LANES];
    uint16_t first[TREE_POINTS / 2], to[TREE_POINTS / 2];
    struct {
        uint16_t from, to, n_before;
    } single[TREE_POINTS];
    size_t n_singles;
} G(lanes_round);

/* List a round's pairs, filling up the last step by repeating its last pair; segments' lengths become those after it. */
static void G(lanes_list)(G(lanes_round) * round, uint32_t *segment, size_t n_segments)
{
    size_t at = 0, to = 0, pair = 0;
    round->n_singles = 0;
    for (size_t s = 0; s < n_segments; s++) {
        size_t length = segment[s], i = 0;
        for (; i + 1 < length; i += 2, pair++) {
            round->first[pair] = (uint16_t)(at + i);
            round->to[pair] = (uint16_t)to++;
        }
        if (i < length) {
            round->single[round->n_singles].from = (uint16_t)(at + i);
            round->single[round->n_singles].to = (uint16_t)to++;
            round->single[round->n_singles++].n_before = (uint16_t)pair;
        }
        at += length;
        segment[s] = (uint32_t)((length + 1) / 2);
    }
    for (; pair % LANES != 0; pair++)
        round->first[pair] = round->first[pair - 1];
}

/* word[w] = word w of the points at index[0 .. 7] + offset. */
LANES_INLINE void G(lanes_load)(__m512i *word, const G(affine) * point, const uint16_t *index, size_t offset)
{
    LANES_UNROLL
    for (int block = 0; block < G(words); block += 8) {
        __m512i row[8];
        LANES_UNROLL
        for (int lane = 0; lane < LANES; lane++) {
            const uint64_t *from = (const uint64_t *)(const void *)&point[index[lane] + offset] + block;
            row[lane] = G(words) - block >= 8 ? _mm512_loadu_si512(from) : _mm512_maskz_loadu_epi64(0x0f, from);
        }
        lanes_transpose(row);
        LANES_UNROLL
        for (int i = 0; i < 8; i++)
            if (block + i < G(words))
                word[block + i] = row[i];
    }
}

/* The reverse of lanes_load, for the first n lanes. */
LANES_INLINE void G(lanes_store)(const __m512i *word, G(affine) * point, const uint16_t *index, size_t n)
{
    LANES_UNROLL
    for (int block = 0; block < G(words); block += 8) {
        __m512i row[8];
        LANES_UNROLL
        for (int i = 0; i < 8; i++)
            row[i] = block + i < G(words) ? word[block + i] : _mm512_setzero_si512();
        lanes_transpose(row);
        LANES_UNROLL
        for (size_t lane = 0; lane < LANES; lane++) {
            __mmask8 columns = G(words) - block >= 8 ? 0xff : 0x0f;
            if (lane < n)
                _mm512_mask_storeu_epi64((uint64_t *)(void *)&point[index[lane]] + block, columns, row[lane]);
        }
    }
}

/* As pair_prepare: what kinds the pairs are, and the denominators of their slopes; lanes beyond n get any but 0. */
LANES_INLINE G(lanes_special)
    G(lanes_prepare)(const lanes_modulus *m, const __m512i *p, const __m512i *q, size_t n, LANES_FIELD *d)
{
    LANES_FIELD x1, x2;
    V(unpack)(&x1, p);
    V(unpack)(&x2, q);
    V(sub)(m, d, &x2, &x1, 1);
    __mmask8 same_x = lanes_are_equal(p, q, G(field_words)), p_infinite = 0, q_infinite = 0;
    /* Rarely zero, so the whole point seldom has to be looked at. */
    __mmask8 p_low = lanes_are_zero(p, 1), q_low = lanes_are_zero(q, 1);
    if (p_low | q_low) {
        p_infinite = lanes_are_zero(p, G(words));
        q_infinite = lanes_are_zero(q, G(words));
    }
    G(lanes_special) special = {.second = p_infinite, .first = q_infinite & (__mmask8)~p_infinite};
    same_x &= (__mmask8) ~(p_infinite | q_infinite);
    if (same_x) {
        special.twice = same_x & lanes_are_equal(p + G(field_words), q + G(field_words), G(field_words));
        special.cancel = same_x & (__mmask8)~special.twice;
    }
    special.any = same_x | p_infinite | q_infinite;
    __mmask8 idle = (__mmask8)(0xff << n);
    if (special.any | idle) {
        LANES_FIELD y, unit;
        V(unpack)(&y, p + G(field_words));
        V(add)(&y, &y, &y);
        V(set_unit)(&unit);
        V(blend)(d, special.twice, &y);
        V(blend)(d, (__mmask8)((special.any & ~special.twice) | idle), &unit);
    }
    return special;
}

/* As pair_finish, by words: sum = p + q; inv = f / d. */
LANES_INLINE void G(lanes_finish)(const lanes_modulus *m, const G(lanes_special) * special, const __m512i *p,
                                  const __m512i *q, const LANES_FIELD *inv, __m512i *sum)
{
    LANES_FIELD x1, y1, x2, slope, x3, y3;
    V(unpack)(&x1, p);
    V(unpack)(&y1, p + G(field_words));
    V(unpack)(&x2, q);
    V(unpack)(&slope, q + G(field_words));
    V(sub)(m, &slope, &slope, &y1, 1);
    if (special->twice) {
        V(sqr)(m, &y3, &x1);
        V(triple)(m, &y3, &y3);
        V(blend)(&slope, special->twice, &y3);
    }
    V(mul)(m, &slope, &slope, inv); /* below 2p */
    V(sqr)(m, &x3, &slope);
    V(sub)(m, &x3, &x3, &x1, 1);
    V(sub)(m, &x3, &x3, &x2, 1); /* below 4p */
    V(sub)(m, &y3, &x1, &x3, 4); /* below 5p */
    V(shift)(&slope, &slope, LANE_EXCESS_BITS / 2);
    V(mul)(m, &y3, &slope, &y3);
    V(sub)(m, &y3, &y3, &y1, 1); /* below 3p */
    V(reduce)(m, &x3, &x3);
    V(reduce)(m, &y3, &y3);
    V(pack)(sum, &x3);
    V(pack)(sum + G(field_words), &y3);
    if (special->any == 0)
        return;
    LANES_UNROLL
    for (int w = 0; w < G(words); w++) {
        sum[w] = _mm512_mask_mov_epi64(sum[w], special->first, p[w]);
        sum[w] = _mm512_mask_mov_epi64(sum[w], special->second, q[w]);
        sum[w] = _mm512_maskz_mov_epi64((__mmask8)~special->cancel, sum[w]);
    }
}

/* chain = f / chain in every lane: as 64-bit limbs 2^(64 m) / (x 2^(-64 m)), times 2^(2 e) for the other factor, times f. */
LANES_TARGET static void G(lanes_invert)(const lanes_modulus *m, LANES_FIELD *chain)
{
    GROUP_FIELD all[TREE_LANE_CHAINS * LANES];
    uint64_t word[G(field_words)][LANES];
    __m512i packed[G(field_words)];
    for (size_t c = 0; c < TREE_LANE_CHAINS; c++) {
        V(reduce)(m, &chain[c], &chain[c]);
        V(pack)(packed, &chain[c]);
        for (int w = 0; w < G(field_words); w++)
            _mm512_storeu_si512(word[w], packed[w]);
        for (size_t lane = 0; lane < LANES; lane++)
            for (int w = 0; w < G(field_words); w++)
                ((uint64_t *)(void *)&all[c * LANES + lane])[w] = word[w][lane];
    }
    G(chains_invert)(all, TREE_LANE_CHAINS * LANES, 2 * LANE_EXCESS_BITS - LANE_EXCESS_BITS / 2);
    for (size_t c = 0; c < TREE_LANE_CHAINS; c++) {
        for (size_t lane = 0; lane < LANES; lane++)
            for (int w = 0; w < G(field_words); w++)
                word[w][lane] = ((const uint64_t *)(const void *)&all[c * LANES + lane])[w];
        for (int w = 0; w < G(field_words); w++)
            packed[w] = _mm512_loadu_si512(word[w]);
        V(unpack)(&chain[c], packed);
    }
}

/* One round over n_pairs > 0 pairs of the points, which are in segments of these lengths. */
LANES_TARGET static void G(lanes_halve)(G(lanes_round) * round, G(affine) * point, uint32_t *segment, size_t n_segments,
                                        size_t n_pairs)
{
    const lanes_modulus *m = &round->modulus;
    LANES_FIELD chain[TREE_LANE_CHAINS];
    __m512i p[G(words)], q[G(words)], sum[G(words)];
    size_t n_steps = (n_pairs + LANES - 1) / LANES, single = 0;
    G(lanes_list)(round, segment, n_segments);
    for (size_t c = 0; c < TREE_LANE_CHAINS; c++)
        V(set_unit)(&chain[c]);
    for (size_t i = n_steps; i-- > 0;) {
        G(lanes_step) *step = &round->step[i];
        LANES_FIELD *product = &chain[i % TREE_LANE_CHAINS];
        size_t n = n_pairs - i * LANES < LANES ? n_pairs - i * LANES : LANES;
        G(lanes_load)(p, point, &round->first[i * LANES], 0);
        G(lanes_load)(q, point, &round->first[i * LANES], 1);
        step->special = G(lanes_prepare)(m, p, q, n, &step->denominator);
        step->suffix = *product;
        V(mul)(m, product, product, &step->denominator);
    }
    G(lanes_invert)(m, chain);
    for (size_t i = 0; i < n_steps; i++) {
        const G(lanes_step) *step = &round->step[i];
        LANES_FIELD inv, *rest = &chain[i % TREE_LANE_CHAINS];
        size_t n = n_pairs - i * LANES < LANES ? n_pairs - i * LANES : LANES;
        V(mul)(m, &inv, rest, &step->suffix);
        V(mul)(m, rest, rest, &step->denominator);
        G(lanes_load)(p, point, &round->first[i * LANES], 0);
        G(lanes_load)(q, point, &round->first[i * LANES], 1);
        G(lanes_finish)(m, &step->special, p, q, &inv, sum);
        for (; single < round->n_singles && round->single[single].n_before <= i * LANES + n; single++)
            point[round->single[single].to] = point[round->single[single].from];
        G(lanes_store)(sum, point, &round->to[i * LANES], n);
    }
}

#undef LANES_FIELD
#undef V
