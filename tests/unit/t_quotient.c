/* SPDX-License-Identifier: Apache-2.0 */
#include "node/domain/quotient.h"

#include "tests/unit/arith_tests.inc.h"
#include "tests/unit/domain_tests.inc.h"

/* The coefficients of the polynomial with these values at w^i, by the definition: 1/n sum of v[i] w^-ij. */
static fr *interpolate(const fr *v, unsigned k)
{
    size_t n = (size_t)1 << k;
    fr *coefficients = test_alloc(n), w_inv = root_of_order(k), x = fr_one, n_inv;
    fr_inv(&w_inv, &w_inv);
    fr_from_u64(&n_inv, n);
    fr_inv(&n_inv, &n_inv);
    for (size_t j = 0; j < n; j++) {
        coefficients[j] = evaluate(v, n, &x);
        fr_mul(&coefficients[j], &coefficients[j], &n_inv);
        fr_mul(&x, &x, &w_inv);
    }
    return coefficients;
}

typedef struct {
    unsigned k;
    size_t n;
    fr *a, *b, *c;        /* rows */
    fr *pa, *pb, *pc, *h; /* coefficients; h is quotient_run's answer, in Montgomery form */
} instance;

static instance instance_of(test_rng *rng, unsigned k, bool satisfied)
{
    instance q = {.k = k, .n = (size_t)1 << k};
    q.a = rng_vector(rng, q.n);
    q.b = rng_vector(rng, q.n);
    q.c = rng_vector(rng, q.n);
    for (size_t i = 0; satisfied && i < q.n; i++)
        fr_mul(&q.c[i], &q.a[i], &q.b[i]);
    q.pa = interpolate(q.a, k);
    q.pb = interpolate(q.b, k);
    q.pc = interpolate(q.c, k);
    fr *h = test_alloc(q.n), *b = test_alloc(q.n), *c = test_alloc(q.n);
    memcpy(h, q.a, q.n * sizeof *h);
    memcpy(b, q.b, q.n * sizeof *b);
    memcpy(c, q.c, q.n * sizeof *c);
    ntt_domain *d = domain_of(k, 2);
    ON_CREW(2, quotient_run(d, threads, h, b, c));
    ntt_domain_destroy(d);
    for (size_t i = 0; i < q.n; i++)
        fr_to_mont(&h[i], &h[i]);
    q.h = h;
    free(b);
    free(c);
    return q;
}

static void instance_free(instance *q)
{
    free(q->a);
    free(q->b);
    free(q->c);
    free(q->pa);
    free(q->pb);
    free(q->pc);
    free(q->h);
}

static fr ab_minus_c(const instance *q, const fr *x)
{
    fr a = evaluate(q->pa, q->n, x), b = evaluate(q->pb, q->n, x), c = evaluate(q->pc, q->n, x);
    fr_mul(&a, &a, &b);
    fr_sub(&a, &a, &c);
    return a;
}

static void h_is_ab_minus_c_on_the_odd_coset(void **state)
{
    for (unsigned k = 0; k <= 8; k++) {
        instance q = instance_of(*state, k, false);
        fr x = root_of_order(k + 1), w = root_of_order(k);
        for (size_t i = 0; i < q.n; i++) {
            fr expected = ab_minus_c(&q, &x);
            assert_true(fr_eq(&q.h[i], &expected));
            fr_mul(&x, &x, &w);
        }
        instance_free(&q);
    }
}

static void domain_1_evaluates_at_minus_one(void **state)
{
    instance q = instance_of(*state, 0, false);
    fr expected;
    fr_mul(&expected, &q.a[0], &q.b[0]);
    fr_sub(&expected, &expected, &q.c[0]);
    assert_true(fr_eq(&q.h[0], &expected));
    instance_free(&q);
}

/* With c = a o b, x^n - 1 divides a b - c, and on the odd coset x^n - 1 = -2: the quotient's values there are -h/2. Of degree
 * n - 2 at most, it is interpolated from them and checked at a random point. */
static void the_quotient_of_a_satisfied_circuit_is_exact(void **state)
{
    for (unsigned k = 0; k <= 8; k++) {
        instance q = instance_of(*state, k, true);
        fr g_inv = root_of_order(k + 1), scale = fr_one, half = FR_HALF, minus_half, x = rng_fr(*state), x_n = x;
        fr_inv(&g_inv, &g_inv);
        fr_neg(&minus_half, &half);
        fr *quotient = interpolate(q.h, k); /* of quotient(g x) */
        for (size_t i = 0; i < q.n; i++) {
            fr_mul(&quotient[i], &quotient[i], &scale);
            fr_mul(&quotient[i], &quotient[i], &minus_half);
            fr_mul(&scale, &scale, &g_inv);
        }
        for (unsigned i = 0; i < k; i++)
            fr_sqr(&x_n, &x_n);
        fr_sub(&x_n, &x_n, &fr_one);
        fr left = evaluate(quotient, q.n, &x), right = ab_minus_c(&q, &x);
        fr_mul(&left, &left, &x_n);
        assert_true(fr_eq(&left, &right));
        assert_true(fr_is_zero(&quotient[q.n - 1]));
        free(quotient);
        instance_free(&q);
    }
}

static void an_unsatisfied_circuit_has_no_exact_quotient(void **state)
{
    instance q = instance_of(*state, 6, false);
    fr *quotient = interpolate(q.h, 6);
    assert_false(fr_is_zero(&quotient[q.n - 1]));
    free(quotient);
    instance_free(&q);
}

static void every_number_of_threads_gives_the_same(void **state)
{
    for (unsigned k = 0; k <= 13; k++) {
        size_t n = (size_t)1 << k;
        fr *rows = rng_vector(*state, 3 * n), *x = test_alloc(3 * n), *first = test_alloc(n);
        for (size_t n_threads = 1; n_threads <= 3; n_threads++) {
            ntt_domain *d = domain_of(k, n_threads);
            memcpy(x, rows, 3 * n * sizeof *x);
            ON_CREW(n_threads, quotient_run(d, threads, x, x + n, x + 2 * n));
            if (n_threads == 1)
                memcpy(first, x, n * sizeof *x);
            assert_memory_equal(first, x, n * sizeof *x);
            ntt_domain_destroy(d);
        }
        free(rows);
        free(x);
        free(first);
    }
}

static void h_is_canonical(void **state)
{
    for (unsigned k = 0; k <= 12; k += 3) {
        size_t n = (size_t)1 << k;
        fr *rows = test_alloc(3 * n), largest = fr_modulus;
        largest.limb[0]--;
        for (size_t i = 0; i < 3 * n; i++)
            rows[i] = largest;
        ntt_domain *d = domain_of(k, 1);
        ON_CREW(1, quotient_run(d, threads, rows, rows + n, rows + 2 * n));
        for (size_t i = 0; i < n; i++)
            assert_true(fr_is_reduced(&rows[i]));
        ntt_domain_destroy(d);
        free(rows);
    }
    (void)state;
}

int main(void)
{
    skip_unless_supported();
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(h_is_ab_minus_c_on_the_odd_coset, &rng),
        cmocka_unit_test_prestate(domain_1_evaluates_at_minus_one, &rng),
        cmocka_unit_test_prestate(the_quotient_of_a_satisfied_circuit_is_exact, &rng),
        cmocka_unit_test_prestate(an_unsatisfied_circuit_has_no_exact_quotient, &rng),
        cmocka_unit_test_prestate(every_number_of_threads_gives_the_same, &rng),
        cmocka_unit_test(h_is_canonical),
    };
    return cmocka_run_group_tests_name("quotient", tests, NULL, NULL);
}
