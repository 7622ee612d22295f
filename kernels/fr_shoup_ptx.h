/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/fr_shoup_ptx.h - the halves of products that fr_shoup.h needs, by PTX carry chains; a part of it.
 *
 * As in field_ptx.h sums of even and of odd columns are apart, for each product of two words is a pair of neighbouring ones. A row is the
 * products by one word of b: two chains. Those that reach a pair for the first time have no carry out of it. */

PT_FN fr fr_high_words(fr a, fr b)
{
    uint even[FR_WORDS + 2] = {0}, odd[FR_WORDS + 1] = {0}, none = 0; /* columns 6, 7 ... 15, and 7, 8 ... 15 */
    fr r;
    ptx_mul(&even[0], &even[1], a.word[6], b.word[0]);
    ptx_mul(&odd[0], &odd[1], a.word[7], b.word[0]);
    ptx_mad_2(even, &none, a.word + 5, b.word[1]);
    ptx_mad_1(odd, &odd[2], a.word + 6, b.word[1]);
    ptx_mad_2(even, &even[4], a.word + 4, b.word[2]);
    ptx_mad_2(odd, &none, a.word + 5, b.word[2]);
    ptx_mad_3(even, &none, a.word + 3, b.word[3]);
    ptx_mad_2(odd, &odd[4], a.word + 4, b.word[3]);
    ptx_mad_3(even, &even[6], a.word + 2, b.word[4]);
    ptx_mad_3(odd, &none, a.word + 3, b.word[4]);
    ptx_mad_4(even, &none, a.word + 1, b.word[5]);
    ptx_mad_3(odd, &odd[6], a.word + 2, b.word[5]);
    ptx_mad_4(even, &even[8], a.word, b.word[6]);
    ptx_mad_4(odd, &none, a.word + 1, b.word[6]);
    ptx_mad_4(even + 2, &none, a.word + 1, b.word[7]);
    ptx_mad_4(odd, &odd[8], a.word, b.word[7]);
    ptx_add_9(even + 1, odd);
    PT_UNROLL
    for (int i = 0; i < FR_WORDS; i++)
        r.word[i] = even[2 + i];
    return r;
}

/* (even, odd) += the low half of a b from row 1 on; odd's columns are 1 to 7. */
PT_FN void fr_low_rows(uint *even, uint *odd, const uint *a, const uint *b)
{
    uint none = 0;
    ptx_mad_low_4(odd, a, b[1]);
    ptx_mad_3(even + 2, &none, a + 1, b[1]);
    ptx_mad_3(even + 2, &none, a, b[2]);
    ptx_mad_low_3(odd + 2, a + 1, b[2]);
    ptx_mad_low_3(odd + 2, a, b[3]);
    ptx_mad_2(even + 4, &none, a + 1, b[3]);
    ptx_mad_2(even + 4, &none, a, b[4]);
    ptx_mad_low_2(odd + 4, a + 1, b[4]);
    ptx_mad_low_2(odd + 4, a, b[5]);
    ptx_mad_1(even + 6, &none, a + 1, b[5]);
    ptx_mad_1(even + 6, &none, a, b[6]);
    odd[6] += a[1] * b[6] + a[0] * b[7];
}

PT_FN fr fr_low_words(fr a, fr b, fr c, fr d)
{
    uint even[FR_WORDS], odd[FR_WORDS - 1], none = 0;
    fr r, upper;
    fr_ptx_first(even, a.word, b.word[0]);
    PT_UNROLL
    for (int i = 0; i < 6; i += 2)
        ptx_mul(&odd[i], &odd[i + 1], a.word[i + 1], b.word[0]);
    odd[6] = a.word[7] * b.word[0];
    fr_low_rows(even, odd, a.word, b.word);
    ptx_mad_4(even, &none, c.word, d.word[0]);
    ptx_mad_low_4(odd, c.word + 1, d.word[0]);
    fr_low_rows(even, odd, c.word, d.word);
    PT_UNROLL
    for (int i = 0; i < FR_WORDS; i++) {
        r.word[i] = even[i];
        upper.word[i] = i > 0 ? odd[i > 0 ? i - 1 : 0] : 0;
    }
    return fr_add_words(r, upper);
}
