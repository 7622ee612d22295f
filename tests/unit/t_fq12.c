/* SPDX-License-Identifier: Apache-2.0 */
#include "node/arith/fq12.h"

#include "tests/unit/arith_tests.inc.h"

static void known_answers_in_fq6(void **state)
{
    json_t *root = golden_open();
    const json_t *entry;
    size_t i;
    json_array_foreach(golden_get(golden_get(root, "fq6"), "unary"), i, entry)
    {
        fq6 a = golden_fq6(golden_get(entry, "a")), r, expected = golden_fq6(golden_get(entry, "sqr"));
        fq6_sqr(&r, &a);
        assert_true(fq6_eq(&r, &expected));
        fq6_neg(&r, &a);
        expected = golden_fq6(golden_get(entry, "neg"));
        assert_true(fq6_eq(&r, &expected));
        const json_t *inverse = golden_get(entry, "inv");
        expected = json_is_null(inverse) ? fq6_zero : golden_fq6(inverse);
        fq6_inv_var(&r, &a);
        assert_true(fq6_eq(&r, &expected));
    }
    json_array_foreach(golden_get(golden_get(root, "fq6"), "binary"), i, entry)
    {
        fq6 a = golden_fq6(golden_get(entry, "a")), b = golden_fq6(golden_get(entry, "b")), r;
        fq6 expected = golden_fq6(golden_get(entry, "mul"));
        fq6_mul(&r, &a, &b);
        assert_true(fq6_eq(&r, &expected));
        expected = golden_fq6(golden_get(entry, "sub"));
        fq6_sub(&r, &a, &b);
        assert_true(fq6_eq(&r, &expected));
    }
    assert_true(i > 2);
    json_decref(root);
    (void)state;
}

static void known_answers_of_one_argument(void **state)
{
    json_t *root = golden_open();
    const json_t *entry;
    size_t i;
    json_array_foreach(golden_get(golden_get(root, "fq12"), "unary"), i, entry)
    {
        fq12 a = golden_fq12(golden_get(entry, "a")), r, expected = golden_fq12(golden_get(entry, "sqr"));
        fq12_sqr(&r, &a);
        assert_true(fq12_eq(&r, &expected));
        for (int k = 1; k <= 3; k++) {
            fq12_frobenius(&r, &a, k);
            expected = golden_fq12(json_array_get(golden_get(entry, "frobenius"), (size_t)k - 1));
            assert_true(fq12_eq(&r, &expected));
        }
        const json_t *inverse = golden_get(entry, "inv");
        if (json_is_null(inverse))
            continue;
        expected = golden_fq12(inverse);
        fq12_inv_var(&r, &a);
        assert_true(fq12_eq(&r, &expected));
    }
    assert_true(i > 2);
    json_decref(root);
    (void)state;
}

static void known_products(void **state)
{
    json_t *root = golden_open();
    const json_t *entry;
    size_t i;
    json_array_foreach(golden_get(golden_get(root, "fq12"), "binary"), i, entry)
    {
        fq12 a = golden_fq12(golden_get(entry, "a")), b = golden_fq12(golden_get(entry, "b")), r;
        fq12 expected = golden_fq12(golden_get(entry, "mul"));
        fq12_mul(&r, &a, &b);
        assert_true(fq12_eq(&r, &expected));
    }
    assert_true(i > 2);
    json_decref(root);
    (void)state;
}

/* a^((q^6 - 1)(q^2 + 1)) is in the cyclotomic subgroup, whatever a is. */
static fq12 rng_cyclotomic(test_rng *rng)
{
    fq12 a = rng_fq12(rng), t;
    fq12_inv_var(&t, &a);
    fq12_conj(&a, &a);
    fq12_mul(&a, &a, &t);
    fq12_frobenius(&t, &a, 2);
    fq12_mul(&a, &a, &t);
    return a;
}

static void cyclotomic_squares_are_squares(void **state)
{
    fq12 a = rng_cyclotomic(*state), t, square;
    fq12_sqr(&square, &a);
    fq12_sqr_cyclotomic(&t, &a);
    assert_true(fq12_eq(&t, &square));
    fq12_conj(&t, &a);
    fq12_mul(&t, &t, &a);
    assert_true(fq12_is_one(&t));
    fq12_sqr_cyclotomic(&a, &a);
    assert_true(fq12_eq(&a, &square));
}

static void compressed_squares_are_squares(void **state)
{
    fq12 a[DECOMPRESS_MAX], squares[DECOMPRESS_MAX];
    for (size_t i = 0; i < DECOMPRESS_MAX; i++) {
        a[i] = rng_cyclotomic(*state);
        fq12_sqr(&squares[i], &a[i]);
        fq12_sqr(&squares[i], &squares[i]);
        a[i].c0.c0 = a[i].c1.c1 = fq2_zero; /* they are not read */
        fq12_sqr_compressed(&a[i], &a[i]);
        fq12_sqr_compressed(&a[i], &a[i]);
    }
    assert_true(fq12_decompress_var(a, DECOMPRESS_MAX));
    for (size_t i = 0; i < DECOMPRESS_MAX; i++)
        assert_true(fq12_eq(&a[i], &squares[i]));
}

static void one_is_not_decompressed(void **state)
{
    fq12 a[2] = {rng_cyclotomic(*state), fq12_one};
    assert_false(fq12_decompress_var(a, 2));
    assert_false(fq12_decompress_var(a + 1, 1));
    assert_true(fq12_decompress_var(a, 1));
}

static void a_line_is_a_sparse_element(void **state)
{
    fq12 a = rng_fq12(*state), full = {0}, r, expected;
    const fq12_line line = {rng_fq2(*state), rng_fq2(*state), rng_fq2(*state)};
#if CURVE_TWIST_D
    full.c0.c0 = line.y, full.c1.c0 = line.x, full.c1.c1 = line.t;
#else
    full.c0.c0 = line.t, full.c0.c1 = line.x, full.c1.c1 = line.y;
#endif
    fq12_mul(&expected, &a, &full);
    fq12_mul_line(&r, &a, &line);
    assert_true(fq12_eq(&r, &expected));
    fq12_mul_line(&a, &a, &line);
    assert_true(fq12_eq(&a, &expected));
}

static void it_is_a_ring_with_inverses(void **state)
{
    fq12 a = rng_fq12(*state), b = rng_fq12(*state), c = rng_fq12(*state), left, right;
    fq12_mul(&left, &a, &b);
    fq12_mul(&right, &b, &a);
    assert_true(fq12_eq(&left, &right));
    fq12_mul(&left, &left, &c);
    fq12_mul(&right, &b, &c);
    fq12_mul(&right, &a, &right);
    assert_true(fq12_eq(&left, &right));
    fq12_mul(&left, &a, &a);
    fq12_sqr(&right, &a);
    assert_true(fq12_eq(&left, &right));
    fq12_inv_var(&left, &a);
    fq12_mul(&left, &left, &a);
    assert_true(fq12_is_one(&left));
}

static void arguments_may_be_the_result(void **state)
{
    const fq12 a = rng_fq12(*state), b = rng_fq12(*state);
    fq12 r = a, expected;
    fq12_mul(&expected, &a, &b), fq12_mul(&r, &r, &b);
    assert_true(fq12_eq(&r, &expected));
    r = b;
    fq12_mul(&r, &a, &r);
    assert_true(fq12_eq(&r, &expected));
    r = a;
    fq12_sqr(&expected, &a), fq12_sqr(&r, &r);
    assert_true(fq12_eq(&r, &expected));
    r = a;
    fq12_inv_var(&expected, &a), fq12_inv_var(&r, &r);
    assert_true(fq12_eq(&r, &expected));
    r = a;
    fq12_frobenius(&expected, &a, 3), fq12_frobenius(&r, &r, 3);
    assert_true(fq12_eq(&r, &expected));
    fq6 s = a.c0, t;
    fq6_sqr(&t, &a.c0), fq6_sqr(&s, &s);
    assert_true(fq6_eq(&s, &t));
    s = a.c0;
    fq6_mul_fq2(&t, &a.c0, &b.c0.c1), fq6_mul_fq2(&s, &s, &b.c0.c1);
    assert_true(fq6_eq(&s, &t));
}

int main(void)
{
    skip_unless_supported();
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers_in_fq6),
        cmocka_unit_test(known_answers_of_one_argument),
        cmocka_unit_test(known_products),
        cmocka_unit_test_prestate(cyclotomic_squares_are_squares, &rng),
        cmocka_unit_test_prestate(compressed_squares_are_squares, &rng),
        cmocka_unit_test_prestate(one_is_not_decompressed, &rng),
        cmocka_unit_test_prestate(a_line_is_a_sparse_element, &rng),
        cmocka_unit_test_prestate(it_is_a_ring_with_inverses, &rng),
        cmocka_unit_test_prestate(arguments_may_be_the_result, &rng),
    };
    return cmocka_run_group_tests_name("fq12", tests, NULL, NULL);
}
