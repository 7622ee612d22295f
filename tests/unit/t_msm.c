/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/msm.h"

#include "tests/unit/arith_tests.inc.h"

enum { N_MAX = 1100 };

typedef struct {
    test_rng rng;
    g1_affine g1[N_MAX];
    g2_affine g2[N_MAX];
    fr scalars[N_MAX];
    crew *threads[3]; /* 1, 2, 3 threads */
} fixture;

static fixture fix;

/* sum scalars[i] points[i] by double-and-add. */
static g1_xyzz plain_g1(const fr *scalars, const g1_affine *points, size_t n)
{
    g1_xyzz sum, term;
    g1_set_infinity(&sum);
    for (size_t i = 0; i < n; i++) {
        g1_from_affine(&term, &points[i]);
        g1_mul_var(&term, &term, scalars[i].limb, FR_LIMBS);
        g1_add(&sum, &sum, &term);
    }
    return sum;
}

static g2_xyzz plain_g2(const fr *scalars, const g2_affine *points, size_t n)
{
    g2_xyzz sum, term;
    g2_set_infinity(&sum);
    for (size_t i = 0; i < n; i++) {
        g2_from_affine(&term, &points[i]);
        g2_mul_var(&term, &term, scalars[i].limb, FR_LIMBS);
        g2_add(&sum, &sum, &term);
    }
    return sum;
}

/* One query of each group over the first n points and scalars equals the plain sums, on every crew. */
static void check_sum(size_t n)
{
    g1_xyzz expected1 = plain_g1(fix.scalars, fix.g1, n), sum1;
    g2_xyzz expected2 = plain_g2(fix.scalars, fix.g2, n), sum2;
    const msm_query q1 = {(const uint8_t *)fix.g1, 0, n}, q2 = {(const uint8_t *)fix.g2, 0, n};
    for (size_t t = 0; t < 3; t++) {
        pt_err err = {0};
        assert_int_equal(msm_run(fix.threads[t], fix.scalars, n, &q1, 1, &sum1, &q2, 1, &sum2, &err), PT_OK);
        assert_true(g1_eq(&sum1, &expected1));
        assert_true(g2_eq(&sum2, &expected2));
    }
}

static void every_small_count_is_the_plain_sum(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_MAX; i++)
        fix.scalars[i] = rng_fr(&fix.rng);
    for (size_t n = 0; n <= 40; n++)
        check_sum(n);
}

static int open_fixture(void **state)
{
    *state = &fix;
    fix.rng = rng_start();
    g1_xyzz p;
    g2_xyzz q;
    g1_affine p0 = rng_g1(&fix.rng), p1 = rng_g1(&fix.rng);
    g2_affine q0 = rng_g2(&fix.rng), q1 = rng_g2(&fix.rng);
    g1_from_affine(&p, &p0);
    g2_from_affine(&q, &q0);
    for (size_t i = 0; i < N_MAX; i++) { /* p0 + i p1: all distinct */
        g1_to_affine(&fix.g1[i], &p);
        g2_to_affine(&fix.g2[i], &q);
        g1_add_mixed(&p, &p, &p1);
        g2_add_mixed(&q, &q, &q1);
    }
    for (size_t t = 0; t < 3; t++)
        if (crew_create(t + 1, &fix.threads[t], NULL) != PT_OK)
            return -1;
    return 0;
}

static int close_fixture(void **state)
{
    (void)state;
    for (size_t t = 0; t < 3; t++)
        crew_destroy(fix.threads[t]);
    return 0;
}

int main(void)
{
    skip_unless_supported();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_small_count_is_the_plain_sum),
    };
    return cmocka_run_group_tests_name("msm", tests, open_fixture, close_fixture);
}
