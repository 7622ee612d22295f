/* SPDX-License-Identifier: Apache-2.0 */
#include "node/arith/sqrt.h"

#include "tests/unit/arith_tests.inc.h"

enum { N_RANDOM = 50 };

static void check_root_fq(const fq *a, bool expected)
{
    fq root = *a, square;
    bool is_square = fq_sqrt(&root, &root);
    assert_int_equal(is_square, expected);
    fq_sqr(&square, &root);
    assert_true(fq_eq(is_square ? &square : &root, a));
}

static void check_root_fq2(const fq2 *a, bool expected)
{
    fq2 root = *a, square;
    bool is_square = fq2_sqrt(&root, &root);
    assert_int_equal(is_square, expected);
    fq2_sqr(&square, &root);
    assert_true(fq2_eq(is_square ? &square : &root, a));
}

static void a_square_has_a_root_and_its_negative_none(void **state)
{
    for (int i = 0; i < N_RANDOM; i++) {
        fq a = rng_fq(*state);
        fq_sqr(&a, &a);
        check_root_fq(&a, true);
        fq_neg(&a, &a);
        check_root_fq(&a, false);
    }
    check_root_fq(&fq_zero, true);
    check_root_fq(&fq_one, true);
}

static void a_square_of_fq2_has_a_root_and_xi_times_it_none(void **state)
{
    for (int i = 0; i < N_RANDOM; i++) {
        fq2 a = rng_fq2(*state);
        fq2_sqr(&a, &a);
        check_root_fq2(&a, true);
        fq2_mul_xi(&a, &a);
        check_root_fq2(&a, false);
    }
    check_root_fq2(&fq2_zero, true);
}

/* Where the norm's root cancels c0, and where c0 is 0. */
static void all_of_fq_has_roots_in_fq2(void **state)
{
    for (int i = 0; i < N_RANDOM; i++) {
        fq2 a = {rng_fq(*state), fq_zero};
        check_root_fq2(&a, true);
        fq_neg(&a.c0, &a.c0);
        check_root_fq2(&a, true);
        a = (fq2){fq_zero, a.c0};
        fq2_sqr(&a, &a);
        check_root_fq2(&a, true);
        a = (fq2){a.c0, a.c0};
        fq2_sqr(&a, &a); /* 2 c0^2 u */
        assert_true(fq_is_zero(&a.c0));
        check_root_fq2(&a, true);
    }
}

static void of_a_number_and_its_negative_one_is_the_larger(void **state)
{
    fq a = FQ_HALF, b; /* (q + 1) / 2 */
    assert_true(fq_is_larger(&a));
    fq_neg(&b, &a);
    assert_false(fq_is_larger(&b));
    assert_false(fq_is_larger(&fq_zero));
    assert_false(fq_is_larger(&fq_one));
    for (int i = 0; i < N_RANDOM; i++) {
        a = rng_fq(*state);
        fq_neg(&b, &a);
        assert_true(fq_is_larger(&a) != fq_is_larger(&b));
    }
}

static void c1_decides_which_is_the_larger(void **state)
{
    const fq large = FQ_HALF;
    const fq2 a = {fq_one, large}, b = {large, fq_one}, c = {large, fq_zero}, d = {fq_one, fq_zero};
    assert_true(fq2_is_larger(&a));
    assert_false(fq2_is_larger(&b));
    assert_true(fq2_is_larger(&c));
    assert_false(fq2_is_larger(&d));
    assert_false(fq2_is_larger(&fq2_zero));
    (void)state;
}

int main(void)
{
    skip_unless_supported();
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_square_has_a_root_and_its_negative_none, &rng),
        cmocka_unit_test_prestate(a_square_of_fq2_has_a_root_and_xi_times_it_none, &rng),
        cmocka_unit_test_prestate(all_of_fq_has_roots_in_fq2, &rng),
        cmocka_unit_test_prestate(of_a_number_and_its_negative_one_is_the_larger, &rng),
        cmocka_unit_test(c1_decides_which_is_the_larger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
