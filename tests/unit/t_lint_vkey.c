/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/vkey_json.h"
#include "tests/unit/json_tests.inc.h"
#include "tests/unit/lint_tests.inc.h"

static const char *const VKEYS[CURVES] = {GOLDEN("bn254_vkey.json"), GOLDEN("bls12_381_vkey.json")};

static groth16_vkey golden_vkey(size_t which)
{
    groth16_vkey vkey;
    pt_err err = {0};
    assert_int_equal(vkey_json_read(VKEYS[which], cpu_features_read(), NULL, &vkey, &err), PT_OK);
    return vkey;
}

/* Writes and clears the key. */
static lint_report lint_changed(groth16_vkey *vkey)
{
    char *text;
    size_t len;
    pt_err err = {0};
    assert_int_equal(vkey_json_text(vkey, &text, &len, &err), PT_OK);
    text_write(text, "v.json");
    free(text);
    groth16_vkey_clear(vkey);
    return lint_at(lint_vkey, "v.json");
}

static void a_key_of_a_ceremony_has_no_finding(void **state)
{
    (void)state;
    for (size_t i = 0; i < CURVES; i++) {
        const lint_report report = lint_at(lint_vkey, VKEYS[i]);
        expect_rules(&report, "");
    }
}

static void delta_equal_to_gamma_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < CURVES; i++) {
        groth16_vkey vkey = golden_vkey(i);
        memcpy(vkey.delta2, vkey.gamma2, sizeof vkey.delta2);
        const lint_report report = lint_changed(&vkey);
        expect_rules(&report, "gamma-equals-delta no-contribution");
        expect_finding(&report, 0, "vk_delta_2", "anyone can forge proofs");
        expect_finding(&report, 1, "vk_delta_2", "nobody contributed");
    }
}

static void a_key_that_no_ceremony_made_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < CURVES; i++) {
        groth16_vkey vkey = golden_vkey(i);
        memcpy(vkey.gamma2, vkey.beta2, sizeof vkey.gamma2);
        const lint_report report = lint_changed(&vkey);
        expect_rules(&report, "gamma-not-generator");
        expect_finding(&report, 0, "vk_gamma_2", "a single party");
    }
}

static void generators_for_alpha_and_beta_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < CURVES; i++) {
        groth16_vkey vkey = golden_vkey(i);
        memcpy(vkey.alpha1, vkey.curve->g1_generator, g1_bytes_of(i));
        memcpy(vkey.beta2, vkey.curve->g2_generator, 2 * g1_bytes_of(i));
        const lint_report report = lint_changed(&vkey);
        expect_rules(&report, "alpha-beta-generator alpha-beta-generator");
        expect_finding(&report, 0, "vk_alpha_1", "alpha is 1");
        expect_finding(&report, 1, "vk_beta_2", "beta is 1");
    }
}

static void infinity_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < CURVES; i++) {
        groth16_vkey vkey = golden_vkey(i);
        memset(vkey.alpha1, 0, sizeof vkey.alpha1);
        memset(vkey.delta2, 0, sizeof vkey.delta2);
        memset(vkey.ic + g1_bytes_of(i), 0, g1_bytes_of(i));
        const lint_report report = lint_changed(&vkey);
        expect_rules(&report, "point-at-infinity point-at-infinity unbound-public");
        expect_finding(&report, 0, "vk_alpha_1", "the point is infinity");
        expect_finding(&report, 1, "vk_delta_2", "the point is infinity");
        expect_finding(&report, 2, "IC", "1 of 1: 1");
    }
}

/* (0, 2) is on BLS12-381's curve and has order 3. */
static void a_point_out_of_the_subgroup_is_found(void **state)
{
    (void)state;
    json_replaced(VKEYS[1], "\"vk_alpha_1\": [", "\"vk_alpha_1\": [\"0\", \"2\", \"1\"], \"X\": [", "v.json");
    const lint_report report = lint_at(lint_vkey, "v.json");
    expect_rules(&report, "point-outside-subgroup");
    expect_finding(&report, 0, "vk_alpha_1", "the point is not in the subgroup of order r");
}

static void a_point_off_the_curve_is_found(void **state)
{
    (void)state;
    json_replaced(VKEYS[0], "8349625828941301498688833295887855112263223379304933702818615077471373626576", "3", "v.json");
    const lint_report report = lint_at(lint_vkey, "v.json");
    expect_rules(&report, "point-off-curve");
    expect_finding(&report, 0, "IC", "point 0 of 2 is not on the curve");
}

static void wrong_sizes_are_one_finding(void **state)
{
    (void)state;
    json_replaced(VKEYS[0], "\"nPublic\": 1", "\"nPublic\": 2", "v.json");
    const lint_report report = lint_at(lint_vkey, "v.json");
    expect_rules(&report, "malformed");
    expect_finding(&report, 0, "", "IC: 2 points, expected nPublic + 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_of_a_ceremony_has_no_finding),
        cmocka_unit_test(delta_equal_to_gamma_is_found),
        cmocka_unit_test(a_key_that_no_ceremony_made_is_found),
        cmocka_unit_test(generators_for_alpha_and_beta_are_found),
        cmocka_unit_test(infinity_is_found),
        cmocka_unit_test(a_point_out_of_the_subgroup_is_found),
        cmocka_unit_test(a_point_off_the_curve_is_found),
        cmocka_unit_test(wrong_sizes_are_one_finding),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
