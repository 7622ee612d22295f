/* SPDX-License-Identifier: Apache-2.0 */
#include "node/setup/fixed_base.h"

#include "tests/unit/arith_tests.inc.h"

enum { N_SCALARS = 530, N_EDGES = 130 }; /* two batches, the second not full */

/* 2^e */
static fr power_of_two(unsigned e)
{
    fr a = fr_one;
    while (e-- > 0)
        fr_dbl(&a, &a);
    return a;
}

/* For windows of c bits, 2 d 2^(c j) - r with the last window j and d the nearest to r / 2^(c j): there the sum so far equals
 * the point that is added to it, the one case in which a slope is a tangent's. */
static fr tangent_scalar(unsigned c)
{
    unsigned at = c * ((FR_BITS + c) / c - 1), d = 0;
    for (unsigned i = 0; i <= c && at + i < 64 * FR_LIMBS; i++)
        d |= (unsigned)(fr_modulus.limb[(at + i) / 64] >> ((at + i) % 64) & 1) << i;
    if (at > 0 && fr_modulus.limb[(at - 1) / 64] >> ((at - 1) % 64) & 1)
        d++;
    fr k = power_of_two(at + 1), count;
    fr_from_u64(&count, d);
    fr_mul(&k, &k, &count);
    return k;
}

/* N_EDGES edges first: 0, 1, 2, r - 1, r - 2, 2^k and 2^k - 1, tangents, then random ones; a zero at the end as well. */
static void fill_scalars(test_rng *rng, fr *scalars)
{
    size_t n = 0;
    scalars[n++] = fr_zero;
    scalars[n++] = fr_one;
    scalars[n++] = power_of_two(1);
    fr_neg(&scalars[n++], &fr_one);
    fr_sub(&scalars[n], &scalars[n - 1], &fr_one);
    n++;
    for (unsigned e = 0; e < FR_BITS; e += 5) {
        scalars[n++] = power_of_two(e);
        fr_sub(&scalars[n], &scalars[n - 1], &fr_one);
        n++;
    }
    for (unsigned c = 2; c <= 16; c++)
        scalars[n++] = tangent_scalar(c);
    assert_in_range(n, 100, N_EDGES);
    while (n < N_SCALARS - 1)
        scalars[n++] = rng_fr(rng);
    scalars[n] = fr_zero;
}

/* Numbers of expected multiples that lead to windows from 2 bits to the largest. */
static const size_t expected_counts[] = {0, 20, 300, 100000};
enum { N_COUNTS = sizeof expected_counts / sizeof *expected_counts };

static void multiples_of_g1_are_plain_products(void **state)
{
    static fr scalars[N_SCALARS];
    static g1_affine points[N_SCALARS];
    pt_err err = {0};
    crew *threads;
    assert_int_equal(crew_create(2, &threads, &err), PT_OK);
    fill_scalars(*state, scalars);
    for (size_t i = 0; i < N_COUNTS; i++) {
        fixed_base_g1 *base;
        assert_int_equal(fixed_base_g1_create(threads, expected_counts[i], &base, &err), PT_OK);
        fixed_base_g1_multiples(base, threads, scalars, N_SCALARS, points);
        for (size_t k = 0; k < N_SCALARS; k += k < N_EDGES ? i % 2 + 1 : 23) {
            g1_affine expected = g1_affine_of(&scalars[k]);
            assert_true(g1_affine_eq(&expected, &points[k]));
        }
        fixed_base_g1_destroy(base);
    }
    crew_destroy(threads);
}

static void multiples_of_g2_are_plain_products(void **state)
{
    static fr scalars[N_SCALARS];
    static g2_affine points[N_SCALARS];
    pt_err err = {0};
    crew *threads;
    assert_int_equal(crew_create(2, &threads, &err), PT_OK);
    fill_scalars(*state, scalars);
    for (size_t i = 0; i < N_COUNTS; i++) {
        fixed_base_g2 *base;
        assert_int_equal(fixed_base_g2_create(threads, expected_counts[i], &base, &err), PT_OK);
        fixed_base_g2_multiples(base, threads, scalars, N_SCALARS, points);
        for (size_t k = 0; k < N_SCALARS; k += k < N_EDGES ? i % 2 + 2 : 23) {
            g2_affine expected = g2_affine_of(&scalars[k]);
            assert_true(g2_affine_eq(&expected, &points[k]));
        }
        fixed_base_g2_destroy(base);
    }
    crew_destroy(threads);
}

static void no_scalars_write_nothing(void **state)
{
    pt_err err = {0};
    crew *threads;
    fixed_base_g1 *base;
    g1_affine untouched = g1_generator;
    assert_int_equal(crew_create(1, &threads, &err), PT_OK);
    assert_int_equal(fixed_base_g1_create(threads, 0, &base, &err), PT_OK);
    fixed_base_g1_multiples(base, threads, NULL, 0, &untouched);
    assert_true(g1_affine_eq(&untouched, &g1_generator));
    fixed_base_g1_destroy(base);
    fixed_base_g1_destroy(NULL);
    fixed_base_g2_destroy(NULL);
    crew_destroy(threads);
    (void)state;
}

int main(void)
{
    skip_unless_supported();
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(multiples_of_g1_are_plain_products, &rng),
        cmocka_unit_test_prestate(multiples_of_g2_are_plain_products, &rng),
        cmocka_unit_test(no_scalars_write_nothing),
    };
    return cmocka_run_group_tests_name("fixed_base", tests, NULL, NULL);
}
