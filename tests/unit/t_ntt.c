/* SPDX-License-Identifier: Apache-2.0 */
#include "node/domain/ntt.h"

#include "tests/unit/arith_tests.inc.h"
#include "tests/unit/domain_tests.inc.h"

/* out[i] = sum of v[j] x_i^j, x_i = x_0 step^i: the definition. */
static void evaluate_all(const fr *v, size_t n, fr x, const fr *step, fr *out)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = evaluate(v, n, &x);
        fr_mul(&x, &x, step);
    }
}

static void forward_is_the_definition(void **state)
{
    for (unsigned k = 0; k <= 9; k++) {
        size_t n = (size_t)1 << k;
        fr w = root_of_order(k), *v = rng_vector(*state, n), *expected = test_alloc(n);
        evaluate_all(v, n, fr_one, &w, expected);
        ntt_domain *d = domain_of(k, 1);
        ON_CREW(1, ntt_forward(d, threads, v));
        assert_memory_equal(v, expected, n * sizeof *v);
        ntt_domain_destroy(d);
        free(v);
        free(expected);
    }
}

static void inverse_gives_n_times_the_coefficients_bit_reversed(void **state)
{
    for (unsigned k = 0; k <= 9; k++) {
        size_t n = (size_t)1 << k;
        fr w = root_of_order(k), n_mont, *coefficients = rng_vector(*state, n), *v = test_alloc(n);
        evaluate_all(coefficients, n, fr_one, &w, v);
        fr_from_u64(&n_mont, n);
        ntt_domain *d = domain_of(k, 1);
        ON_CREW(1, ntt_inverse_scrambled(d, threads, v));
        for (size_t i = 0; i < n; i++) {
            fr expected;
            fr_mul(&expected, &coefficients[bits_reversed(i, k)], &n_mont);
            assert_true(fr_eq(&v[i], &expected));
        }
        ntt_domain_destroy(d);
        free(v);
        free(coefficients);
    }
}

static void forward_odd_coset_is_the_definition(void **state)
{
    for (unsigned k = 0; k <= 9; k++) {
        size_t n = (size_t)1 << k;
        fr g = root_of_order(k + 1), w = root_of_order(k), *coefficients = rng_vector(*state, n);
        fr *v = test_alloc(n), *expected = test_alloc(n);
        evaluate_all(coefficients, n, g, &w, expected);
        for (size_t i = 0; i < n; i++)
            v[i] = coefficients[bits_reversed(i, k)];
        ntt_domain *d = domain_of(k, 1);
        ON_CREW(1, ntt_forward_odd_coset(d, threads, v));
        assert_memory_equal(v, expected, n * sizeof *v);
        ntt_domain_destroy(d);
        free(v);
        free(expected);
        free(coefficients);
    }
}

/* The inverse transform's coefficients, put in order, transform forward to what they came from. Odd and even numbers of
 * levels, below and above the depth-first leaf and the twiddles' chunk. */
static void inverse_then_forward_is_n_times_the_identity(void **state)
{
    for (unsigned k = 10; k <= 15; k++) {
        size_t n = (size_t)1 << k;
        fr n_mont, *v = rng_vector(*state, n), *x = test_alloc(n), *y = test_alloc(n);
        fr_from_u64(&n_mont, n);
        memcpy(x, v, n * sizeof *v);
        ntt_domain *d = domain_of(k, 2);
        ON_CREW(2, ntt_inverse_scrambled(d, threads, x));
        for (size_t i = 0; i < n; i++)
            y[bits_reversed(i, k)] = x[i];
        ON_CREW(2, ntt_forward(d, threads, y));
        for (size_t i = 0; i < n; i++) {
            fr_mul(&v[i], &v[i], &n_mont);
            assert_true(fr_eq(&v[i], &y[i]));
        }
        ntt_domain_destroy(d);
        free(v);
        free(x);
        free(y);
    }
}

static void the_odd_coset_at_2_14_is_right_at_random_places(void **state)
{
    const unsigned k = 14;
    const size_t n = (size_t)1 << k;
    fr g = root_of_order(k + 1), *coefficients = rng_vector(*state, n), *v = test_alloc(n);
    for (size_t i = 0; i < n; i++)
        v[i] = coefficients[bits_reversed(i, k)];
    ntt_domain *d = domain_of(k, 3);
    ON_CREW(3, ntt_forward_odd_coset(d, threads, v));
    for (int check = 0; check < 20; check++) {
        size_t i = rng_next(*state) % n;
        const uint64_t e = 2 * i + 1;
        fr x;
        fr_pow(&x, &g, &e, 1);
        x = evaluate(coefficients, n, &x);
        assert_true(fr_eq(&x, &v[i]));
    }
    ntt_domain_destroy(d);
    free(v);
    free(coefficients);
}

static void transforms_are_linear(void **state)
{
    const size_t n = 1 << 11;
    fr s = rng_fr(*state), *x = rng_vector(*state, n), *y = rng_vector(*state, n), *sum = test_alloc(n);
    for (size_t i = 0; i < n; i++) {
        fr_mul(&sum[i], &s, &y[i]);
        fr_add(&sum[i], &sum[i], &x[i]);
    }
    ntt_domain *d = domain_of(11, 1);
    ON_CREW(1, ntt_forward(d, threads, x));
    ON_CREW(1, ntt_forward(d, threads, y));
    ON_CREW(1, ntt_forward(d, threads, sum));
    for (size_t i = 0; i < n; i++) {
        fr t;
        fr_mul(&t, &s, &y[i]);
        fr_add(&t, &t, &x[i]);
        assert_true(fr_eq(&t, &sum[i]));
    }
    ntt_domain_destroy(d);
    free(x);
    free(y);
    free(sum);
}

/* Every value r - 1: the lazy bounds are met where sums are largest. */
static void the_largest_values_transform_right(void **state)
{
    for (unsigned k = 0; k <= 13; k++) {
        size_t n = (size_t)1 << k;
        fr *v = test_alloc(n), expected = {{n}}, largest = fr_modulus;
        largest.limb[0]--;
        for (size_t i = 0; i < n; i++)
            v[i] = largest;
        ntt_domain *d = domain_of(k, 1);
        ON_CREW(1, ntt_forward(d, threads, v));
        fr_neg(&expected, &expected);
        assert_true(fr_eq(&v[0], &expected));
        for (size_t i = 1; i < n; i++)
            assert_true(fr_is_zero(&v[i]));
        ntt_domain_destroy(d);
        free(v);
    }
    (void)state;
}

static void every_number_of_threads_gives_the_same(void **state)
{
    void (*const transforms[])(const ntt_domain *, crew *, fr *) = {ntt_forward, ntt_inverse_scrambled,
                                                                    ntt_forward_odd_coset};
    for (unsigned k = 0; k <= 13; k++)
        for (size_t f = 0; f < 3; f++) {
            size_t n = (size_t)1 << k;
            fr *v = rng_vector(*state, n), *x = test_alloc(n), *first = test_alloc(n);
            for (size_t n_threads = 1; n_threads <= 3; n_threads++) {
                ntt_domain *d = domain_of(k, n_threads);
                memcpy(x, v, n * sizeof *v);
                ON_CREW(n_threads, transforms[f](d, threads, x));
                if (n_threads == 1)
                    memcpy(first, x, n * sizeof *v);
                assert_memory_equal(first, x, n * sizeof *v);
                ntt_domain_destroy(d);
            }
            free(v);
            free(x);
            free(first);
        }
}

static void a_domain_above_2_27_is_an_argument_error(void **state)
{
    pt_err err = {0};
    ntt_domain *d = NULL;
    ON_CREW(1, assert_int_equal(ntt_domain_create(28, threads, &d, &err), PT_E_ARG));
    assert_null(d);
    (void)state;
}

static void a_domain_takes_at_most_two_elements_a_point(void **state)
{
    for (unsigned k = 4; k <= PT_LOG_DOMAIN_MAX; k++)
        assert_true(ntt_domain_bytes(k) <= 2 * sizeof(fr) << k);
    (void)state;
}

int main(void)
{
    skip_unless_supported();
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(forward_is_the_definition, &rng),
        cmocka_unit_test_prestate(inverse_gives_n_times_the_coefficients_bit_reversed, &rng),
        cmocka_unit_test_prestate(forward_odd_coset_is_the_definition, &rng),
        cmocka_unit_test_prestate(inverse_then_forward_is_n_times_the_identity, &rng),
        cmocka_unit_test_prestate(the_odd_coset_at_2_14_is_right_at_random_places, &rng),
        cmocka_unit_test_prestate(transforms_are_linear, &rng),
        cmocka_unit_test(the_largest_values_transform_right),
        cmocka_unit_test_prestate(every_number_of_threads_gives_the_same, &rng),
        cmocka_unit_test(a_domain_above_2_27_is_an_argument_error),
        cmocka_unit_test(a_domain_takes_at_most_two_elements_a_point),
    };
    return cmocka_run_group_tests_name("ntt", tests, NULL, NULL);
}
