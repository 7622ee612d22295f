/* SPDX-License-Identifier: Apache-2.0 */
/* Values at the bounds that node/msm/lanes.h states, which random points never come near. */
#include "node/msm/lanes.h"

#include "tests/unit/arith_tests.inc.h"

enum { N_VALUES = 10, N_MULTIPLES = 8 };

static lanes_modulus modulus;
static fq values[N_VALUES]; /* limbs as they lie, below p */

static void fill_values(test_rng *rng)
{
    for (size_t i = 0; i < N_VALUES; i++)
        values[i] = i < 4 ? fq_zero : rng_fq(rng);
    values[1].limb[0] = 1;
    values[2] = values[3] = fq_modulus;
    values[2].limb[0] -= 1;
    values[3].limb[FQ_LIMBS - 1] -= 1, values[3].limb[0] = UINT64_MAX;
    memset(values[4].limb, 0xff, 8 * (FQ_LIMBS - 1)), values[4].limb[FQ_LIMBS - 1] = 0;
}

/* value + k p in every lane. */
LANES_TARGET static lanes_fq lift(const fq *value, int k)
{
    lanes_fq a;
    lanes_fq_set(&a, value);
    lanes_fq_add(&a, &a, &modulus.p[k]);
    return a;
}

/* The one value that stands in all lanes of a, which is below 4 p, reduced. */
LANES_TARGET static fq lower(const lanes_fq *a)
{
    lanes_fq reduced;
    __m512i word[FQ_LIMBS];
    fq r;
    for (int i = 0; i < LANE_LIMBS; i++)
        assert_true(_mm512_cmpge_epu64_mask(a->limb[i], _mm512_set1_epi64(1LL << LANE_BITS)) == 0);
    lanes_fq_reduce(&modulus, &reduced, a);
    lanes_fq_pack(word, &reduced);
    for (int i = 0; i < FQ_LIMBS; i++) {
        uint64_t lane[LANES];
        _mm512_storeu_si512(lane, word[i]);
        r.limb[i] = lane[0];
        for (int j = 1; j < LANES; j++)
            assert_int_equal(lane[j], lane[0]);
    }
    assert_true(fq_is_reduced(&r));
    return r;
}

/* a b / 2^(64 n) from the lanes' a b / 2^(52 m). */
LANES_TARGET static fq product_of(const lanes_fq *a)
{
    fq r = lower(a);
    for (int i = 0; i < LANE_EXCESS_BITS; i++)
        fq_dbl(&r, &r);
    return r;
}

LANES_TARGET static void a_value_below_4p_is_reduced(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VALUES; i++)
        for (int k = 0; k < 4; k++) {
            lanes_fq a = lift(&values[i], k);
            fq r = lower(&a);
            assert_true(fq_eq(&r, &values[i]));
        }
}

LANES_TARGET static void sums_and_differences_are_those_of_the_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VALUES; i++)
        for (size_t j = 0; j < N_VALUES; j++) {
            fq expected, r;
            lanes_fq a = lift(&values[i], 0), b = lift(&values[j], 1), c;
            fq_sub(&expected, &values[i], &values[j]);
            lanes_fq_sub(&modulus, &c, &a, &b, 2);
            r = lower(&c);
            assert_true(fq_eq(&r, &expected));
            fq_add(&expected, &values[i], &values[j]);
            lanes_fq_add(&c, &a, &b);
            r = lower(&c);
            assert_true(fq_eq(&r, &expected));
        }
}

LANES_TARGET static void factors_below_8p_multiply(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VALUES; i++)
        for (size_t j = 0; j < N_VALUES; j++)
            for (int k = 0; k < N_MULTIPLES; k += 7)
                for (int l = 0; l < N_MULTIPLES; l += 7) {
                    lanes_fq a = lift(&values[i], k), b = lift(&values[j], l), c;
                    fq expected, r;
                    fq_mul(&expected, &values[i], &values[j]);
                    lanes_fq_mul(&modulus, &c, &a, &b);
                    r = product_of(&c);
                    assert_true(fq_eq(&r, &expected));
                }
}

/* All four parts at the same bound; a shifted factor as lanes_finish has it. */
LANES_TARGET static void factors_in_fq2_multiply_at_their_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VALUES; i++)
        for (size_t j = 0; j < N_VALUES; j++)
            for (int k = 0; k < 5; k++) {
                const fq2 u = {values[i], values[j]}, v = {values[j], values[(i + 3) % N_VALUES]};
                const lanes_fq2 a = {lift(&u.c0, 1), lift(&u.c1, 1)}, b = {lift(&v.c0, k), lift(&v.c1, k)};
                lanes_fq2 c, shifted;
                fq2 expected, r;
                fq2_mul(&expected, &u, &v);
                lanes_fq2_mul(&modulus, &c, &a, &b);
                r = (fq2){product_of(&c.c0), product_of(&c.c1)};
                assert_true(fq2_eq(&r, &expected));
                lanes_fq2_shift(&shifted, &a, LANE_EXCESS_BITS / 2);
                lanes_fq2_mul(&modulus, &c, &shifted, &b);
                for (int s = 0; s < LANE_EXCESS_BITS / 2; s++)
                    fq2_dbl(&expected, &expected);
                r = (fq2){product_of(&c.c0), product_of(&c.c1)};
                assert_true(fq2_eq(&r, &expected));
                fq2_sqr(&expected, &u);
                lanes_fq2_sqr(&modulus, &c, &a);
                r = (fq2){product_of(&c.c0), product_of(&c.c1)};
                assert_true(fq2_eq(&r, &expected));
            }
}

static int open_fixture(void **state)
{
    test_rng rng = rng_start();
    (void)state;
    lanes_modulus_init(&modulus);
    fill_values(&rng);
    return 0;
}

int main(void)
{
    skip_unless_supported();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_below_4p_is_reduced),
        cmocka_unit_test(sums_and_differences_are_those_of_the_field),
        cmocka_unit_test(factors_below_8p_multiply),
        cmocka_unit_test(factors_in_fq2_multiply_at_their_bounds),
    };
    return cmocka_run_group_tests_name("lanes", tests, open_fixture, NULL);
}
