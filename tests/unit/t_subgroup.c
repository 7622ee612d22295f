/* SPDX-License-Identifier: Apache-2.0 */
#include "node/arith/subgroup.h"

#include "tests/unit/arith_tests.inc.h"

static bool g1_has_order_r(const g1_affine *p)
{
    g1_xyzz multiple;
    g1_from_affine(&multiple, p);
    g1_mul_var(&multiple, &multiple, fr_modulus.limb, FR_LIMBS);
    return g1_is_infinity(&multiple);
}

static bool g2_has_order_r(const g2_affine *q)
{
    g2_xyzz multiple;
    g2_from_affine(&multiple, q);
    g2_mul_var(&multiple, &multiple, fr_modulus.limb, FR_LIMBS);
    return g2_is_infinity(&multiple);
}

/* Members, points of the whole curve, points of each small order of the cofactor, and sums of these with members. */
static void known_points_are_judged_right(void **state)
{
    json_t *root = golden_open();
    const json_t *entry;
    size_t i;
    json_array_foreach(golden_get(golden_get(root, "g1"), "subgroup"), i, entry)
    {
        g1_affine p = golden_g1(golden_get(entry, "p"));
        bool member = json_is_true(golden_get(entry, "member"));
        assert_true(g1_is_on_curve(&p));
        assert_int_equal(g1_has_order_r(&p), member);
        assert_int_equal(g1_in_subgroup(&p), member);
    }
    json_array_foreach(golden_get(golden_get(root, "g2"), "subgroup"), i, entry)
    {
        g2_affine q = golden_g2(golden_get(entry, "p"));
        bool member = json_is_true(golden_get(entry, "member"));
        assert_true(g2_is_on_curve(&q));
        assert_int_equal(g2_has_order_r(&q), member);
        assert_int_equal(g2_in_subgroup(&q), member);
    }
    json_decref(root);
    (void)state;
}

static void random_multiples_of_the_generators_are_members(void **state)
{
    for (int i = 0; i < 8; i++) {
        g1_affine p = rng_g1(*state);
        g2_affine q = rng_g2(*state);
        assert_true(g1_in_subgroup(&p));
        assert_true(g2_in_subgroup(&q));
    }
}

static void infinity_is_a_member(void **state)
{
    const g1_affine p = {fq_zero, fq_zero};
    const g2_affine q = {fq2_zero, fq2_zero};
    assert_true(g1_in_subgroup(&p));
    assert_true(g2_in_subgroup(&q));
    (void)state;
}

int main(void)
{
    skip_unless_supported();
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_points_are_judged_right),
        cmocka_unit_test_prestate(random_multiples_of_the_generators_are_members, &rng),
        cmocka_unit_test(infinity_is_a_member),
    };
    return cmocka_run_group_tests_name("subgroup", tests, NULL, NULL);
}
