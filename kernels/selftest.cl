/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/selftest.cl - every operation of the fields and of a group from numbers that need no input; the host knows the answers.
 *
 * generate_selftest_answers.py does the same with Python's integers: what is changed here is changed there. */
#include "kernels/group.h"
#include "kernels/shared/selftest_answers.h"

/* What work-item i begins with as Montgomery forms: edges of the modulus, then patterns of words. */
#define DEFINE_SELFTEST(field, FIELD_WORDS)                                              \
    PT_FN field field##_selftest_start(uint i)                                           \
    {                                                                                    \
        uint borrow;                                                                     \
        field a = field##_zero();                                                        \
        a.word[0] = i / 4;                                                               \
        if (i % 4 == 0)                                                                  \
            return a;                                                                    \
        if (i % 4 == 1)                                                                  \
            return field##_sub_words(field##_of_constant(&field##_modulus), a, &borrow); \
        a.word[0]++;                                                                     \
        if (i % 4 == 2)                                                                  \
            return field##_sub_words(field##_of_constant(&field##_limit), a, &borrow);   \
        PT_UNROLL                                                                        \
        for (int j = 0; j < FIELD_WORDS; j++)                                            \
            a.word[j] = (uint)j % 3 == 0 ? 0xffffffff : i * 2654435761u + (uint)j;       \
        return field##_from_canon(a);                                                    \
    }                                                                                    \
    /* Each operation takes part in what the next ones get. */                           \
    PT_FN field field##_selftest(uint i)                                                 \
    {                                                                                    \
        field x = field##_selftest_start(i), y = field##_selftest_start(i + 1);          \
        for (int k = 0; k < 4; k++) {                                                    \
            x = field##_mul(x, y);                                                       \
            y = field##_sub(field##_sqr(y), x);                                          \
            x = field##_add(field##_dbl(x), field##_neg(y));                             \
        }                                                                                \
        if (field##_is_zero(x))                                                          \
            x = field##_one();                                                           \
        return field##_reduce(field##_add(x, field##_from_canon(field##_to_canon(y))));  \
    }
DEFINE_SELFTEST(fr, FR_WORDS)
DEFINE_SELFTEST(fq, FQ_WORDS)

/* Sums of a generator and its opposite: doublings, infinities and opposite points among them. */
PT_FN void point_selftest(point_xyzz *sum, const point_affine *generator, uint i)
{
    xyzz_set_infinity(sum);
    for (uint k = 0; k < SELFTEST_N_SUMS; k++) {
        point_affine q = *generator;
        affine_neg_if(&q, i >> k & 1);
        xyzz_add_affine(sum, &q);
        if (k == 2)
            xyzz_double(sum);
        if (k == 4) {
            point_xyzz other = *sum;
            xyzz_neg(&other);
            xyzz_add_affine(&other, &q);
            xyzz_add(sum, &other); /* q */
            xyzz_add(sum, &other);
        }
    }
    xyzz_reduce(sum);
}

/* out[i]: fr, fq, point */
__kernel void selftest(__global const uint *generator, __global uint *out)
{
    const uint i = (uint)get_global_id(0);
    if (i >= SELFTEST_N)
        return;
    __global uint *to = out + (size_t)i * (FR_WORDS + FQ_WORDS * (1 + 4 * PT_GROUP));
    const fr s = fr_selftest(i);
    for (int j = 0; j < FR_WORDS; j++)
        to[j] = s.word[j];
    const fq c = fq_selftest(i);
    for (int j = 0; j < FQ_WORDS; j++)
        to[FR_WORDS + j] = c.word[j];
    point_affine g;
    uint *of_g = (uint *)&g;
    for (int j = 0; j < 2 * PT_GROUP * FQ_WORDS; j++)
        of_g[j] = generator[j];
    point_xyzz sum;
    point_selftest(&sum, &g, i);
    const uint *of_sum = (const uint *)&sum;
    for (int j = 0; j < 4 * PT_GROUP * FQ_WORDS; j++)
        to[FR_WORDS + FQ_WORDS + j] = of_sum[j];
}
