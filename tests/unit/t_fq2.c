/* SPDX-License-Identifier: Apache-2.0 */
#include "node/arith/fq2.h"

#include "tests/unit/arith_tests.inc.h"

static void known_answers_of_one_argument(void **state)
{
    json_t *root = golden_open();
    const json_t *entry;
    size_t i;
    json_array_foreach(golden_get(golden_get(root, "fq2"), "unary"), i, entry)
    {
        fq2 a = golden_fq2(golden_get(entry, "a")), r, expected;
        fq2_neg(&r, &a);
        expected = golden_fq2(golden_get(entry, "neg"));
        assert_true(fq2_eq(&r, &expected));
        fq2_sqr(&r, &a);
        expected = golden_fq2(golden_get(entry, "sqr"));
        assert_true(fq2_eq(&r, &expected));
        fq2_conj(&r, &a);
        expected = golden_fq2(json_array_get(golden_get(entry, "frobenius"), 0));
        assert_true(fq2_eq(&r, &expected));
        const json_t *inverse = golden_get(entry, "inv");
        expected = json_is_null(inverse) ? fq2_zero : golden_fq2(inverse);
        fq2_inv(&r, &a);
        assert_true(fq2_eq(&r, &expected));
        fq2_inv_var(&r, &a);
        assert_true(fq2_eq(&r, &expected));
    }
    assert_true(i > 4);
    json_decref(root);
    (void)state;
}

static void known_answers_of_two_arguments(void **state)
{
    json_t *root = golden_open();
    const json_t *entry;
    size_t i;
    json_array_foreach(golden_get(golden_get(root, "fq2"), "binary"), i, entry)
    {
        fq2 a = golden_fq2(golden_get(entry, "a")), b = golden_fq2(golden_get(entry, "b")), r, expected;
        fq2_add(&r, &a, &b);
        expected = golden_fq2(golden_get(entry, "add"));
        assert_true(fq2_eq(&r, &expected));
        fq2_sub(&r, &a, &b);
        expected = golden_fq2(golden_get(entry, "sub"));
        assert_true(fq2_eq(&r, &expected));
        fq2_mul(&r, &a, &b);
        expected = golden_fq2(golden_get(entry, "mul"));
        assert_true(fq2_eq(&r, &expected));
    }
    assert_true(i > 4);
    json_decref(root);
    (void)state;
}

/* Limbs 0, p - 1, 1 and random in all four places: the bounds of the sums of products. */
static void products_equal_the_schoolbook_ones(void **state)
{
    enum { N = 6 };
    fq v[N] = {{{0}}, fq_modulus, {{1}}, fq_one, rng_fq(*state), rng_fq(*state)};
    v[1].limb[0]--;
    for (int i = 0; i < N * N * N * N; i++) {
        const fq2 a = {v[i % N], v[i / N % N]}, b = {v[i / N / N % N], v[i / N / N / N]};
        fq2 r, expected;
        fq t;
        fq_mul(&expected.c0, &a.c0, &b.c0), fq_mul(&t, &a.c1, &b.c1), fq_sub(&expected.c0, &expected.c0, &t);
        fq_mul(&expected.c1, &a.c0, &b.c1), fq_mul(&t, &a.c1, &b.c0), fq_add(&expected.c1, &expected.c1, &t);
        fq2_mul(&r, &a, &b);
        assert_true(fq2_is_reduced(&r));
        assert_true(fq2_eq(&r, &expected));
        fq2_mul(&expected, &a, &a);
        fq2_sqr(&r, &a);
        assert_true(fq2_eq(&r, &expected));
    }
}

static void mul_xi_multiplies_by_xi(void **state)
{
    fq2 a = rng_fq2(*state), xi = {{{0}}, fq_one}, r, expected;
    fq_from_u64(&xi.c0, FQ2_XI_C0);
    fq2_mul(&expected, &a, &xi);
    fq2_mul_xi(&r, &a);
    assert_true(fq2_eq(&r, &expected));
    fq2_mul_xi(&a, &a);
    assert_true(fq2_eq(&a, &expected));
}

static void arguments_may_be_the_result(void **state)
{
    const fq2 a = rng_fq2(*state), b = rng_fq2(*state);
    fq2 r, expected;
    void (*const operations[])(fq2 *, const fq2 *, const fq2 *) = {fq2_add, fq2_sub, fq2_mul};
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        operations[i](&expected, &a, &b);
        r = a;
        operations[i](&r, &r, &b);
        assert_true(fq2_eq(&r, &expected));
        r = b;
        operations[i](&r, &a, &r);
        assert_true(fq2_eq(&r, &expected));
        operations[i](&expected, &a, &a);
        r = a;
        operations[i](&r, &r, &r);
        assert_true(fq2_eq(&r, &expected));
    }
    r = a;
    fq2_sqr(&expected, &a), fq2_sqr(&r, &r);
    assert_true(fq2_eq(&r, &expected));
    r = a;
    fq2_inv_var(&expected, &a), fq2_inv_var(&r, &r);
    assert_true(fq2_eq(&r, &expected));
    r = a;
    fq2_mul_fq(&expected, &a, &b.c0), fq2_mul_fq(&r, &r, &b.c0);
    assert_true(fq2_eq(&r, &expected));
}

int main(void)
{
    skip_unless_supported();
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers_of_one_argument),
        cmocka_unit_test(known_answers_of_two_arguments),
        cmocka_unit_test_prestate(products_equal_the_schoolbook_ones, &rng),
        cmocka_unit_test_prestate(mul_xi_multiplies_by_xi, &rng),
        cmocka_unit_test_prestate(arguments_may_be_the_result, &rng),
    };
    return cmocka_run_group_tests_name("fq2", tests, NULL, NULL);
}
