/* SPDX-License-Identifier: Apache-2.0 */
#include "node/arith/pairing.h"

#include "tests/unit/arith_tests.inc.h"

enum { MAX_PAIRS = 40 };

static void known_products_are_found(void **state)
{
    json_t *root = golden_open();
    const json_t *set;
    size_t i, j;
    json_array_foreach(golden_get(root, "pairing"), i, set)
    {
        g1_affine p[8];
        g2_affine q[8];
        const json_t *pairs = golden_get(set, "pairs");
        size_t n = json_array_size(pairs);
        assert_in_range(n, 1, 8);
        for (j = 0; j < n; j++) {
            p[j] = golden_g1(golden_get(json_array_get(pairs, j), "g1"));
            q[j] = golden_g2(golden_get(json_array_get(pairs, j), "g2"));
        }
        fq12 expected = golden_fq12(golden_get(set, "value")), value;
        pairing_product(p, q, n, &value);
        assert_true(fq12_eq(&value, &expected));
        assert_int_equal(pairing_product_is_one(p, q, n), fq12_is_one(&expected));
    }
    assert_true(i >= 7);
    json_decref(root);
    (void)state;
}

static void fq12_pow(fq12 *r, const fq12 *a, const fr *e)
{
    fq12 base = *a;
    *r = fq12_one;
    for (size_t i = 64 * FR_LIMBS; i-- > 0;) {
        fq12_sqr(r, r);
        if (e->limb[i / 64] >> (i % 64) & 1)
            fq12_mul(r, r, &base);
    }
}

static void the_pairing_is_bilinear(void **state)
{
    test_rng *rng = *state;
    fr a = rng_fr(rng), b = rng_fr(rng);
    g1_affine ap = g1_affine_of(&a);
    g2_affine bq = g2_affine_of(&b);
    fr_to_canon(&a, &a);
    fr_to_canon(&b, &b);
    fq12 e, e_ab;
    pairing_product(&g1_generator, &g2_generator, 1, &e);
    fq12_pow(&e, &e, &a);
    fq12_pow(&e, &e, &b);
    pairing_product(&ap, &bq, 1, &e_ab);
    assert_true(fq12_eq(&e, &e_ab));
}

static void generators_pair_to_an_element_of_order_r(void **state)
{
    fq12 e, e_r;
    pairing_product(&g1_generator, &g2_generator, 1, &e);
    fq12_pow(&e_r, &e, &fr_modulus);
    assert_false(fq12_is_one(&e));
    assert_true(fq12_is_one(&e_r));
    (void)state;
}

static void no_pairs_give_one(void **state)
{
    assert_true(pairing_product_is_one(NULL, NULL, 0));
    (void)state;
}

/* More pairs than share one loop, infinities among them: pairs 2i and 2i + 1 cancel. */
static void many_pairs_and_infinities_multiply(void **state)
{
    test_rng *rng = *state;
    g1_affine p[MAX_PAIRS];
    g2_affine q[MAX_PAIRS];
    for (size_t i = 0; i < MAX_PAIRS; i += 2) {
        p[i] = rng_g1(rng);
        q[i] = rng_g2(rng);
        g1_affine_neg(&p[i + 1], &p[i]);
        q[i + 1] = q[i];
    }
    p[4] = p[5] = (g1_affine){fq_zero, fq_zero};
    q[8] = q[9] = (g2_affine){fq2_zero, fq2_zero};
    assert_true(pairing_product_is_one(p, q, MAX_PAIRS));
    assert_false(pairing_product_is_one(p, q, MAX_PAIRS - 1));
    fq12 all, last, rest;
    pairing_product(p, q, 33, &all);
    pairing_product(p, q, 32, &rest);
    pairing_product(p + 32, q + 32, 1, &last);
    fq12_mul(&rest, &rest, &last);
    assert_true(fq12_eq(&all, &rest));
}

/* Products before the exponentiation may be made in any parts. */
static void parts_of_a_product_multiply(void **state)
{
    enum { N_PAIRS = PAIRS_A_LOOP + 2 };
    test_rng *rng = *state;
    g1_affine p[N_PAIRS];
    g2_affine q[N_PAIRS];
    fq12 product, part;
    for (size_t i = 0; i < N_PAIRS; i += 2) {
        p[i] = rng_g1(rng);
        q[i] = q[i + 1] = rng_g2(rng);
        g1_affine_neg(&p[i + 1], &p[i]);
    }
    pairing_miller(p, q, 5, &product);
    assert_false(pairing_miller_is_one(&product));
    pairing_miller(p + 5, q + 5, N_PAIRS - 5, &part);
    fq12_mul(&product, &product, &part);
    assert_true(pairing_miller_is_one(&product));
}

int main(void)
{
    skip_unless_supported();
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_products_are_found),
        cmocka_unit_test_prestate(the_pairing_is_bilinear, &rng),
        cmocka_unit_test(generators_pair_to_an_element_of_order_r),
        cmocka_unit_test(no_pairs_give_one),
        cmocka_unit_test_prestate(parts_of_a_product_multiply, &rng),
        cmocka_unit_test_prestate(many_pairs_and_infinities_multiply, &rng),
    };
    return cmocka_run_group_tests_name("pairing", tests, NULL, NULL);
}
