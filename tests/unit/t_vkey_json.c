/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/vkey_json.h"

#include "node/format/proving_key.h"
#include "tests/unit/json_tests.inc.h"

static const char *const VKEYS[] = {GOLDEN("bn254_vkey.json"), GOLDEN("bls12_381_vkey.json")};
static const char *const KEYS[] = {GOLDEN("bn254.zkey"), GOLDEN("bls12_381.zkey")};

static pt_status read_vkey(const char *path, groth16_vkey *out, pt_err *err)
{
    crew *threads;
    assert_int_equal(crew_create(2, &threads, err), PT_OK);
    pt_status status = vkey_json_read(path, cpu_features_read(), threads, out, err);
    crew_destroy(threads);
    return status;
}

static void expect_bad_replacement(size_t which, const char *old, const char *new, const char *part)
{
    groth16_vkey vkey = {0};
    pt_err err = {0};
    json_replaced(VKEYS[which], old, new, "v.json");
    assert_error(&err, read_vkey("v.json", &vkey, &err), PT_E_FORMAT, part);
    assert_null(vkey.ic);
}

static void snarkjs_keys_are_written_as_they_were_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        groth16_vkey vkey;
        char *text;
        size_t len;
        pt_err err = {0};
        assert_int_equal(read_vkey(VKEYS[i], &vkey, &err), PT_OK);
        assert_int_equal(vkey.n_public, 1);
        assert_int_equal(vkey_json_text(&vkey, &text, &len, &err), PT_OK);
        expect_golden_text(VKEYS[i], text, len);
        free(text);
        groth16_vkey_clear(&vkey);
    }
}

static void the_key_in_a_zkey_is_the_one_that_snarkjs_exports(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        crew *threads;
        proving_key *key;
        char *text;
        size_t len;
        pt_err err = {0};
        assert_int_equal(crew_create(1, &threads, &err), PT_OK);
        assert_int_equal(
            proving_key_open(KEYS[i], (proving_key_options){.features = cpu_features_read()}, threads, &key, &err), PT_OK);
        assert_int_equal(vkey_json_text(&key->vkey, &text, &len, &err), PT_OK);
        expect_golden_text(VKEYS[i], text, len);
        free(text);
        proving_key_close(key);
        crew_destroy(threads);
    }
}

static void a_false_alphabeta_is_not_believed(void **state)
{
    (void)state;
    groth16_vkey vkey;
    char *text;
    size_t len;
    pt_err err = {0};
    json_replaced(VKEYS[0], "15003345835698544604732426672964674782673269081484323610263955937771767836538", "12",
                  "v.json");
    assert_int_equal(read_vkey("v.json", &vkey, &err), PT_OK);
    assert_int_equal(vkey_json_text(&vkey, &text, &len, &err), PT_OK);
    expect_golden_text(VKEYS[0], text, len);
    free(text);
    groth16_vkey_clear(&vkey);
}

static void the_count_of_inputs_is_that_of_ic(void **state)
{
    (void)state;
    expect_bad_replacement(0, "\"nPublic\": 1", "\"nPublic\": 2", "v.json: IC: 2 points, expected nPublic + 1");
    expect_bad_replacement(0, "\"nPublic\": 1", "\"nPublic\": -1", "v.json: IC: 2 points");
    expect_bad_replacement(0, "\"nPublic\": 1", "\"nPublic\": 4294967297", "v.json: IC: 2 points");
    expect_bad_replacement(0, "\"nPublic\": 1", "\"nPublic\": \"1\"", "v.json: IC: 2 points");
    expect_bad_replacement(0, "\"nPublic\"", "\"public\"", "v.json: nPublic is missing");
    expect_bad_replacement(0, "\"IC\": [", "\"IC\": [], \"X\": [", "v.json: IC: 0 points");
    expect_bad_replacement(0, "\"IC\": [", "\"IC\": 7, \"X\": [", "v.json: IC: 0 points");
}

static void a_bad_point_is_named(void **state)
{
    (void)state;
    expect_bad_replacement(0, "8349625828941301498688833295887855112263223379304933702818615077471373626576", "x",
                           "v.json: IC[0]: expected [x, y, z]");
    expect_bad_replacement(0, "8349625828941301498688833295887855112263223379304933702818615077471373626576", "3",
                           "v.json: IC: point 0 of 2 is not on the curve");
    expect_bad_replacement(0, "10967104295331475710422994956327300515646610034136850608540313713862759051792", "3",
                           "v.json: vk_beta_2: point 0 of 1 is not on the curve");
    expect_bad_replacement(0, "vk_gamma_2", "vk_gamma", "v.json: vk_gamma_2 is missing");
}

#define ALPHA_X "12807177970098408791745879207799630473418496904609436427115833228498750712324"
#define ALPHA_Y "4213394123787540776685341423767542016728852715069620126734616289078018944811"

static void infinity_is_refused(void **state)
{
    (void)state;
    expect_bad_replacement(0, ALPHA_X "\",\n  \"" ALPHA_Y "\",\n  \"1", "0\", \"1\", \"0",
                           "v.json: vk_alpha_1: point 0 of 1 is infinity");
}

/* (0, 2) is on BLS12-381's curve and has order 3. */
static void a_point_outside_the_subgroup_is_refused(void **state)
{
    (void)state;
    expect_bad_replacement(1, "\"vk_alpha_1\": [", "\"vk_alpha_1\": [\"0\", \"2\", \"1\"], \"X\": [",
                           "v.json: vk_alpha_1: point 0 of 1 is not in the subgroup of order r");
    expect_bad_replacement(1, "\"IC\": [", "\"IC\": [[\"0\", \"2\", \"1\"], [\"0\", \"2\", \"1\"]], \"X\": [",
                           "v.json: IC: point 0 of 2 is not in the subgroup of order r");
}

static void a_key_for_another_curve_does_not_fit(void **state)
{
    (void)state;
    expect_bad_replacement(1, "bls12381", "bn128", "expected [x, y, z] in decimal strings below q of bn254");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snarkjs_keys_are_written_as_they_were_read),
        cmocka_unit_test(the_key_in_a_zkey_is_the_one_that_snarkjs_exports),
        cmocka_unit_test(a_false_alphabeta_is_not_believed),
        cmocka_unit_test(the_count_of_inputs_is_that_of_ic),
        cmocka_unit_test(a_bad_point_is_named),
        cmocka_unit_test(infinity_is_refused),
        cmocka_unit_test(a_point_outside_the_subgroup_is_refused),
        cmocka_unit_test(a_key_for_another_curve_does_not_fit),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
