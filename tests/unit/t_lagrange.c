/* SPDX-License-Identifier: Apache-2.0 */
#include "node/setup/lagrange.h"

#include "tests/unit/arith_tests.inc.h"

/* A root of unity of order 2^log_n. */
static fr root_of_order(unsigned log_n)
{
    fr root = FR_ROOT;
    for (unsigned k = log_n; k < FR_TWO_ADICITY; k++)
        fr_sqr(&root, &root);
    return root;
}

/* prod over j != i of (tau - w^j) / (w^i - w^j), w of order 2^log_n. */
static fr by_definition(unsigned log_n, uint64_t i, const fr *tau)
{
    fr root = root_of_order(log_n), x_i, x_j = fr_one, up = fr_one, down = fr_one, t;
    fr_pow(&x_i, &root, &i, 1);
    for (uint64_t j = 0; j < (uint64_t)1 << log_n; j++) {
        if (j != i) {
            fr_sub(&t, tau, &x_j);
            fr_mul(&up, &up, &t);
            fr_sub(&t, &x_i, &x_j);
            fr_mul(&down, &down, &t);
        }
        fr_mul(&x_j, &x_j, &root);
    }
    fr_inv(&down, &down);
    fr_mul(&up, &up, &down);
    return up;
}

static crew *new_crew(void)
{
    pt_err err = {0};
    crew *threads;
    assert_int_equal(crew_create(2, &threads, &err), PT_OK);
    return threads;
}

static void values_are_the_definition_s(void **state)
{
    crew *threads = new_crew();
    for (unsigned log_n = 0; log_n <= 5; log_n++) {
        fr tau = rng_fr(*state), got[32];
        lagrange_line line;
        lagrange_of_domain(log_n, &tau, &line);
        lagrange_values(&line, threads, 0, (size_t)1 << log_n, got);
        for (uint64_t i = 0; i < (uint64_t)1 << log_n; i++) {
            fr expected = by_definition(log_n, i, &tau);
            assert_true(fr_eq(&got[i], &expected));
        }
    }
    crew_destroy(threads);
}

static void odd_values_are_those_of_the_double_domain(void **state)
{
    crew *threads = new_crew();
    for (unsigned log_n = 0; log_n <= 4; log_n++) {
        fr tau = rng_fr(*state), factor = rng_fr(*state), got[16];
        lagrange_line line;
        lagrange_of_odd_coset(log_n, &tau, &factor, &line);
        lagrange_values(&line, threads, 0, (size_t)1 << log_n, got);
        for (uint64_t i = 0; i < (uint64_t)1 << log_n; i++) {
            fr expected = by_definition(log_n + 1, 2 * i + 1, &tau);
            fr_mul(&expected, &expected, &factor);
            assert_true(fr_eq(&got[i], &expected));
        }
    }
    crew_destroy(threads);
}

/* Over several tasks: the sum is 1, and a part is the same as when all are computed. */
static void parts_of_a_large_domain_agree(void **state)
{
    enum { LOG_N = 14, FIRST = 5000, N_PART = 4500 };
    crew *threads = new_crew();
    fr tau = rng_fr(*state), sum = fr_zero, *all = malloc(sizeof(fr) << LOG_N), *part = malloc(N_PART * sizeof(fr));
    lagrange_line line;
    lagrange_of_domain(LOG_N, &tau, &line);
    lagrange_values(&line, threads, 0, (size_t)1 << LOG_N, all);
    lagrange_values(&line, threads, FIRST, N_PART, part);
    for (size_t i = 0; i < (size_t)1 << LOG_N; i++)
        fr_add(&sum, &sum, &all[i]);
    assert_true(fr_is_one(&sum));
    assert_memory_equal(part, all + FIRST, N_PART * sizeof(fr));
    free(all);
    free(part);
    crew_destroy(threads);
}

int main(void)
{
    skip_unless_supported();
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(values_are_the_definition_s, &rng),
        cmocka_unit_test_prestate(odd_values_are_those_of_the_double_domain, &rng),
        cmocka_unit_test_prestate(parts_of_a_large_domain_agree, &rng),
    };
    return cmocka_run_group_tests_name("lagrange", tests, NULL, NULL);
}
