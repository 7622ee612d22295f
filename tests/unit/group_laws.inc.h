/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/group_laws.inc.h - template of a group's test program; t_g1.c and t_g2.c are its instances.
 *
 * needs   T_GROUP: g1 or g2; T_COORDINATE: fq or fq2; T_NAME: the group's name in the known answers */

#include "tests/unit/arith_tests.inc.h"

#define G(verb) PT_JOIN(T_GROUP, PT_JOIN(_, verb))
#define C(verb) PT_JOIN(T_COORDINATE, PT_JOIN(_, verb))
#define RANDOM PT_JOIN(rng_, T_GROUP)
#define RANDOM_COORDINATE PT_JOIN(rng_, T_COORDINATE)
#define GOLDEN PT_JOIN(golden_, T_GROUP)
#define GOLDEN_COORDINATE PT_JOIN(golden_, T_COORDINATE)

static const G(affine) infinity = {0};

/* The point over a random common denominator: ZZ = z^2, ZZZ = z^3. */
static G(xyzz) scaled(test_rng *rng, const G(affine) * p)
{
    G(xyzz) r;
    T_COORDINATE z = RANDOM_COORDINATE(rng), zz, zzz;
    G(from_affine)(&r, p);
    C(sqr)(&zz, &z);
    C(mul)(&zzz, &zz, &z);
    C(mul)(&r.x, &r.x, &zz);
    C(mul)(&r.y, &r.y, &zzz);
    C(mul)(&r.zz, &r.zz, &zz);
    C(mul)(&r.zzz, &r.zzz, &zzz);
    return r;
}

static void assert_is(const G(xyzz) * p, const G(affine) * expected)
{
    G(affine) affine;
    G(xyzz) wide;
    G(to_affine)(&affine, p);
    assert_true(G(affine_eq)(&affine, expected));
    G(from_affine)(&wide, expected);
    assert_true(G(eq)(p, &wide));
    assert_true(G(is_on_curve)(&affine));
}

/* p + q in every form that the two can be added in. */
static void check_sum(test_rng *rng, const G(affine) * p, const G(affine) * q, const G(affine) * expected)
{
    const G(xyzz) wide_p = scaled(rng, p), wide_q = scaled(rng, q);
    G(xyzz) r;
    G(add)(&r, &wide_p, &wide_q);
    assert_is(&r, expected);
    G(add_mixed)(&r, &wide_p, q);
    assert_is(&r, expected);
    r = wide_p;
    G(add)(&r, &r, &wide_q);
    assert_is(&r, expected);
    r = wide_q;
    G(add)(&r, &wide_p, &r);
    assert_is(&r, expected);
    r = wide_p;
    G(add_mixed)(&r, &r, q);
    assert_is(&r, expected);
}

static void known_sums_and_doubles(void **state)
{
    json_t *root = golden_open();
    const json_t *entry;
    size_t i;
    json_array_foreach(golden_get(golden_get(root, T_NAME), "add"), i, entry)
    {
        G(affine) p = GOLDEN(golden_get(entry, "p")), q = GOLDEN(golden_get(entry, "q"));
        G(affine) sum = GOLDEN(golden_get(entry, "sum"));
        check_sum(*state, &p, &q, &sum);
        check_sum(*state, &q, &p, &sum);
    }
    assert_true(i > 5);
    json_array_foreach(golden_get(golden_get(root, T_NAME), "double"), i, entry)
    {
        G(affine) p = GOLDEN(golden_get(entry, "p")), twice = GOLDEN(golden_get(entry, "twice"));
        G(xyzz) wide = scaled(*state, &p);
        G(dbl)(&wide, &wide);
        assert_is(&wide, &twice);
        check_sum(*state, &p, &p, &twice);
    }
    json_decref(root);
}

static void known_multiples(void **state)
{
    json_t *root = golden_open();
    const json_t *entry;
    size_t i;
    json_array_foreach(golden_get(golden_get(root, T_NAME), "mul"), i, entry)
    {
        fr k;
        golden_limbs(k.limb, FR_LIMBS, golden_get(entry, "k"));
        G(affine) p = GOLDEN(golden_get(entry, "p")), expected = GOLDEN(golden_get(entry, "kp"));
        G(xyzz) wide = scaled(*state, &p), r;
        G(mul_var)(&r, &wide, k.limb, FR_LIMBS);
        assert_is(&r, &expected);
        G(mul_secret)(&r, &wide, &k);
        assert_is(&r, &expected);
    }
    assert_true(i > 5);
    json_decref(root);
}

static void the_curve_is_the_known_one(void **state)
{
    json_t *root = golden_open();
    const json_t *group = golden_get(root, T_NAME), *entry;
    size_t i;
    T_COORDINATE b = GOLDEN_COORDINATE(golden_get(group, "b"));
    G(affine) generator = GOLDEN(golden_get(group, "generator"));
    assert_true(C(eq)(&b, &G(b)));
    assert_true(G(affine_eq)(&generator, &G(generator)));
    json_array_foreach(golden_get(group, "off_curve"), i, entry)
    {
        G(affine) p = GOLDEN(entry);
        assert_false(G(is_on_curve)(&p));
    }
    assert_true(i > 0);
    json_decref(root);
    (void)state;
}

static void an_unreduced_coordinate_is_off_the_curve(void **state)
{
    G(affine) p = RANDOM(*state);
    uint64_t *limb = (uint64_t *)&p, carry = 0; /* the first coordinate, first part: the same value plus p */
    for (int i = 0; i < FQ_LIMBS; i++) {
        pt_u128 sum = (pt_u128)limb[i] + fq_modulus.limb[i] + carry;
        limb[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    assert_false(G(is_on_curve)(&p));
}

static void infinity_is_neutral_and_on_the_curve(void **state)
{
    const G(affine) p = RANDOM(*state);
    assert_true(G(affine_is_infinity)(&infinity));
    assert_true(G(is_on_curve)(&infinity));
    check_sum(*state, &p, &infinity, &p);
    check_sum(*state, &infinity, &p, &p);
    check_sum(*state, &infinity, &infinity, &infinity);
}

static void equal_and_opposite_points_are_added_right(void **state)
{
    const G(affine) p = RANDOM(*state);
    G(affine) minus, twice;
    G(xyzz) wide = scaled(*state, &p);
    G(affine_neg)(&minus, &p);
    check_sum(*state, &p, &minus, &infinity);
    G(neg)(&wide, &wide);
    assert_is(&wide, &minus);
    G(neg)(&wide, &wide);
    G(dbl)(&wide, &wide);
    G(to_affine)(&twice, &wide);
    check_sum(*state, &p, &p, &twice);
    check_sum(*state, &twice, &minus, &p);
}

static void addition_is_associative(void **state)
{
    const G(affine) p = RANDOM(*state), q = RANDOM(*state), s = RANDOM(*state);
    const G(xyzz) a = scaled(*state, &p), b = scaled(*state, &q), c = scaled(*state, &s);
    G(xyzz) left, right;
    G(add)(&left, &a, &b);
    G(add)(&left, &left, &c);
    G(add)(&right, &b, &c);
    G(add)(&right, &a, &right);
    assert_true(G(eq)(&left, &right));
    assert_false(G(eq)(&left, &a));
}

static void the_order_times_a_point_is_infinity(void **state)
{
    const G(affine) p = RANDOM(*state);
    G(xyzz) wide = scaled(*state, &p), r;
    G(mul_var)(&r, &wide, fr_modulus.limb, FR_LIMBS);
    assert_true(G(is_infinity)(&r));
    assert_is(&r, &infinity);
}

static void a_batch_becomes_affine_with_its_infinities(void **state)
{
    enum { N = 9 };
    G(affine) expected[N], out[N];
    G(xyzz) points[N];
    T_COORDINATE scratch[N];
    for (size_t i = 0; i < N; i++) {
        expected[i] = i % 4 == 0 ? infinity : RANDOM(*state);
        points[i] = scaled(*state, &expected[i]);
    }
    G(batch_to_affine)(out, points, N, scratch);
    for (size_t i = 0; i < N; i++)
        assert_true(G(affine_eq)(&out[i], &expected[i]));
    G(batch_to_affine)(out, points, 1, scratch);
    assert_true(G(affine_is_infinity)(&out[0]));
    G(batch_to_affine)(out, points, 0, scratch);
}

static void files_need_no_alignment(void **state)
{
    const G(affine) p = RANDOM(*state);
    G(affine) r;
    uint8_t bytes[sizeof p + 1];
    memcpy(bytes + 1, &p, sizeof p);
    G(affine_load)(&r, bytes + 1);
    assert_true(G(affine_eq)(&r, &p));
}

int main(void)
{
    skip_unless_supported();
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(known_sums_and_doubles, &rng),
        cmocka_unit_test_prestate(known_multiples, &rng),
        cmocka_unit_test(the_curve_is_the_known_one),
        cmocka_unit_test_prestate(an_unreduced_coordinate_is_off_the_curve, &rng),
        cmocka_unit_test_prestate(infinity_is_neutral_and_on_the_curve, &rng),
        cmocka_unit_test_prestate(equal_and_opposite_points_are_added_right, &rng),
        cmocka_unit_test_prestate(addition_is_associative, &rng),
        cmocka_unit_test_prestate(the_order_times_a_point_is_infinity, &rng),
        cmocka_unit_test_prestate(a_batch_becomes_affine_with_its_infinities, &rng),
        cmocka_unit_test_prestate(files_need_no_alignment, &rng),
    };
    return cmocka_run_group_tests_name(T_NAME, tests, NULL, NULL);
}
