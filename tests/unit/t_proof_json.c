/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/proof_json.h"

#include "tests/unit/json_tests.inc.h"

static const char *const PROOF = GOLDEN("bn254_proof.json");
static const char *const PUBLIC = GOLDEN("bn254_public.json");

#define Q_BN254 "21888242871839275222246405745257275088696311157297823662689037894645226208583"
#define R_BN254 "21888242871839275222246405745257275088548364400416034343698204186575808495617"
#define PI_A_X "6557382017261044214000320254620872632453347615811760085912420735873325948194"
#define PI_B_X0 "8060541464938501550040859806153735301439691690740024706508005310904688631015"

static groth16_proof read_good(const char *path)
{
    groth16_proof proof;
    pt_err err = {0};
    if (proof_json_read(path, cpu_features_read(), &proof, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return proof;
}

static void expect_bad_proof(const char *path, const char *part)
{
    groth16_proof proof = {0};
    pt_err err = {0};
    assert_error(&err, proof_json_read(path, cpu_features_read(), &proof, &err), PT_E_FORMAT, part);
    assert_null(proof.curve);
}

static void expect_bad_replacement(const char *old, const char *new, const char *part)
{
    json_replaced(PROOF, old, new, "p.json");
    expect_bad_proof("p.json", part);
}

static void expect_bad_inputs(const char *text, const char *part)
{
    uint8_t *inputs = NULL;
    size_t n = 0;
    pt_err err = {0};
    text_write(text, "i.json");
    const pt_curve *curve = pt_curve_by_name("bn254", cpu_features_read());
    assert_error(&err, public_json_read("i.json", curve, &inputs, &n, &err), PT_E_FORMAT, part);
    assert_null(inputs);
}

static void snarkjs_proofs_are_written_as_they_were_read(void **state)
{
    (void)state;
    static const char *const files[] = {GOLDEN("bn254_proof.json"), GOLDEN("bls12_381_proof.json")};
    for (size_t i = 0; i < 2; i++) {
        groth16_proof proof = read_good(files[i]);
        char *text;
        size_t len;
        pt_err err = {0};
        assert_int_equal(proof_json_text(&proof, &text, &len, &err), PT_OK);
        expect_golden_text(files[i], text, len);
        free(text);
    }
}

static void snarkjs_inputs_are_written_as_they_were_read(void **state)
{
    (void)state;
    uint8_t *inputs;
    size_t n, len;
    char *text;
    pt_err err = {0};
    const pt_curve *curve = pt_curve_by_name("bn128", cpu_features_read());
    assert_int_equal(public_json_read(PUBLIC, curve, &inputs, &n, &err), PT_OK);
    assert_int_equal(n, 1);
    assert_int_equal(public_json_text(inputs, n, &text, &len, &err), PT_OK);
    expect_golden_text(PUBLIC, text, len);
    free(text);
    free(inputs);
}

static void no_inputs_are_an_empty_list(void **state)
{
    (void)state;
    uint8_t *inputs;
    size_t n, len;
    char *text;
    pt_err err = {0};
    assert_int_equal(public_json_text(NULL, 0, &text, &len, &err), PT_OK);
    assert_string_equal(text, "[\n]"); /* snarkjs's program writes through bfj */
    text_write(text, "i.json");
    free(text);
    assert_int_equal(public_json_read("i.json", pt_curve_by_name("bn254", cpu_features_read()), &inputs, &n, &err), PT_OK);
    assert_int_equal(n, 0);
    free(inputs);
}

/* "[word,word, ... ,\"1\"]" with so many words, the caller's to free(). */
static char *list_of(const char *word, size_t n)
{
    size_t len = strlen(word);
    char *text = malloc(n * (len + 1) + 8), *at = text;
    assert_non_null(text);
    *at++ = '[';
    for (size_t i = 0; i < n; i++, at += len + 1)
        sprintf(at, "%s,", word);
    strcpy(at, "\"1\"]");
    return text;
}

static void more_lists_or_objects_than_any_proof_has_are_refused_unparsed(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        size_t n;
        const char *part;
    } cases[] = {
        {"{}", 16, "i.json: input 0: expected a decimal string"},
        {"{}", 17, "i.json: 17 objects, expected at most 16"},
        {"[]", 100, "i.json: input 0: expected a decimal string"},
        {"[]", 200, "i.json: 201 lists in 605 bytes: too many for a key or a proof"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = list_of(cases[i].word, cases[i].n);
        expect_bad_inputs(text, cases[i].part);
        free(text);
    }
}

static void infinity_has_its_own_form(void **state)
{
    (void)state;
    groth16_proof proof = {.curve = pt_curve_by_name("bls12381", cpu_features_read())};
    char *text;
    size_t len;
    pt_err err = {0};
    assert_int_equal(proof_json_text(&proof, &text, &len, &err), PT_OK);
    assert_string_equal(text,
                        "{\n \"pi_a\": [\n  \"0\",\n  \"1\",\n  \"0\"\n ],\n \"pi_b\": [\n  [\n   \"0\",\n   \"0\"\n  ],\n"
                        "  [\n   \"1\",\n   \"0\"\n  ],\n  [\n   \"0\",\n   \"0\"\n  ]\n ],\n \"pi_c\": [\n  \"0\",\n"
                        "  \"1\",\n  \"0\"\n ],\n \"protocol\": \"groth16\",\n \"curve\": \"bls12381\"\n}");
    text_write(text, "p.json");
    free(text);
    groth16_proof back = read_good("p.json");
    assert_memory_equal(back.a, proof.a, sizeof proof.a);
    assert_memory_equal(back.b, proof.b, sizeof proof.b);
}

static void a_proof_without_a_curve_is_of_bn254(void **state)
{
    (void)state;
    json_replaced(PROOF, ",\n \"curve\": \"bn128\"", "", "p.json");
    groth16_proof proof = read_good("p.json"), named = read_good(PROOF);
    assert_ptr_equal(proof.curve, named.curve);
    assert_memory_equal(proof.b, named.b, sizeof proof.b);
}

static void another_protocol_or_curve_is_refused(void **state)
{
    (void)state;
    expect_bad_replacement("groth16", "plonk", "p.json: protocol: expected \"groth16\"");
    expect_bad_replacement("\"groth16\"", "16", "p.json: protocol: expected \"groth16\"");
    expect_bad_replacement("\"protocol\"", "\"protocols\"", "p.json: protocol is missing");
    expect_bad_replacement("bn128", "secp256k1", "p.json: curve: expected \"bn128\" or \"bls12381\"");
    expect_bad_replacement("\"bn128\"", "128", "p.json: curve: expected");
}

static void only_decimal_strings_below_q_are_coordinates(void **state)
{
    (void)state;
    static const char *const bad[] = {Q_BN254, "-1", "+1", " 1", "1 ", "01", "", "0x1", "1e5", "\\u0661"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_bad_replacement(PI_A_X, bad[i], "p.json: pi_a: expected [x, y, z] in decimal strings below q of bn254");
        expect_bad_replacement(PI_B_X0, bad[i], "p.json: pi_b: expected [x, y, z] in decimal strings below q of bn254");
    }
    expect_bad_replacement("\"" PI_A_X "\"", "1", "p.json: pi_a: expected [x, y, z]");
}

static void a_point_has_three_coordinates(void **state)
{
    (void)state;
    expect_bad_replacement("\"" PI_A_X "\",", "", "p.json: pi_a: expected [x, y, z]");
    expect_bad_replacement("\"" PI_A_X "\"", "\"1\",\"1\"", "p.json: pi_a: expected [x, y, z]");
    expect_bad_replacement("\"" PI_B_X0 "\",", "", "p.json: pi_b: expected [x, y, z]");
    expect_bad_replacement("\"pi_c\"", "\"pi_d\"", "p.json: pi_c is missing");
}

static void a_point_is_affine_or_infinity(void **state)
{
    (void)state;
    expect_bad_replacement("\"1\"", "\"2\"", "p.json: pi_a: expected an affine point, z = 1, or infinity as [0, 1, 0]");
    expect_bad_replacement("\"1\"", "\"0\"", "p.json: pi_a: expected an affine point");
    json_replaced(PROOF, PI_A_X, "0", "half.json");
    json_replaced("half.json", "720892431779864342769091194538658980208514176258838417938787995618517262260", "0",
                  "p.json");
    expect_bad_proof("p.json", "p.json: pi_a: expected an affine point");
}

static void a_point_off_the_curve_is_named(void **state)
{
    (void)state;
    expect_bad_replacement(PI_A_X, "5", "p.json: pi_a: point 0 of 1 is not on the curve");
    expect_bad_replacement(PI_B_X0, "5", "p.json: pi_b: point 0 of 1 is not on the curve");
}

static void what_is_not_json_is_refused_in_one_line(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "{", "\"text\"", "7", "{\"a\":1}\n{", "\xff\xfe", "{\"pi_a\": \"\n\"}", "[1,]", "{'a': 1}", "[\"1\\u0000\"]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        text_write(bad[i], "p.json");
        expect_bad_proof("p.json", "not JSON");
    }
    text_write("[]", "p.json");
    expect_bad_proof("p.json", "p.json: not an object, expected one with \"protocol\"");
}

static void a_nul_is_not_json_wherever_it_stands(void **state)
{
    (void)state;
    static const char bad[][24] = {"[1\0]", "[\"\", 1\0,\"\n\"]l\"", "[\"1\0\"]", "{\"a\":\0 1}"};
    static const size_t n_bytes[] = {4, 13, 6, 8};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        FILE *f = fopen("p.json", "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(bad[i], 1, n_bytes[i], f), n_bytes[i]);
        assert_int_equal(fclose(f), 0);
        expect_bad_proof("p.json", "p.json: a NUL byte: not JSON");
    }
}

static void a_name_that_stands_twice_is_refused(void **state)
{
    (void)state;
    expect_bad_replacement("\"protocol\"", "\"protocol\": \"groth16\", \"protocol\"", "or a name that stands twice");
}

static void json_nested_too_deep_is_refused(void **state)
{
    (void)state;
    char *text = malloc(100001);
    assert_non_null(text);
    memset(text, '[', 3000);
    memset(text + 3000, ' ', 97000); /* so that there are not too many lists for its size */
    text[100000] = 0;
    text_write(text, "p.json");
    free(text);
    expect_bad_proof("p.json", "p.json: line 1, column");
}

static void a_file_that_is_too_large_is_refused(void **state)
{
    (void)state;
    FILE *f = fopen("p.json", "wb");
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), (8 << 20) + 1), 0);
    fclose(f);
    expect_bad_proof("p.json", "p.json: larger than 8388608 bytes");
}

static void inputs_are_a_list_of_decimal_strings_below_r(void **state)
{
    (void)state;
    expect_bad_inputs("{}", "i.json: expected a list of decimal strings");
    expect_bad_inputs("[\"1\", 2]", "i.json: input 1: expected a decimal string below r of bn254");
    expect_bad_inputs("[\"" R_BN254 "\"]", "i.json: input 0: expected a decimal string below r of bn254");
    expect_bad_inputs("[\"-1\"]", "i.json: input 0");
    expect_bad_inputs("[[\"1\"]]", "i.json: input 0");
    expect_bad_inputs("[null]", "i.json: input 0");
}

static void a_file_that_is_not_there_is_no_input(void **state)
{
    (void)state;
    groth16_proof proof;
    pt_err err = {0};
    assert_error(&err, proof_json_read("absent", cpu_features_read(), &proof, &err), PT_E_NOINPUT, "absent: No such file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snarkjs_proofs_are_written_as_they_were_read),
        cmocka_unit_test(snarkjs_inputs_are_written_as_they_were_read),
        cmocka_unit_test(no_inputs_are_an_empty_list),
        cmocka_unit_test(more_lists_or_objects_than_any_proof_has_are_refused_unparsed),
        cmocka_unit_test(infinity_has_its_own_form),
        cmocka_unit_test(a_proof_without_a_curve_is_of_bn254),
        cmocka_unit_test(another_protocol_or_curve_is_refused),
        cmocka_unit_test(only_decimal_strings_below_q_are_coordinates),
        cmocka_unit_test(a_point_has_three_coordinates),
        cmocka_unit_test(a_point_is_affine_or_infinity),
        cmocka_unit_test(a_point_off_the_curve_is_named),
        cmocka_unit_test(what_is_not_json_is_refused_in_one_line),
        cmocka_unit_test(a_nul_is_not_json_wherever_it_stands),
        cmocka_unit_test(a_name_that_stands_twice_is_refused),
        cmocka_unit_test(json_nested_too_deep_is_refused),
        cmocka_unit_test(a_file_that_is_too_large_is_refused),
        cmocka_unit_test(inputs_are_a_list_of_decimal_strings_below_r),
        cmocka_unit_test(a_file_that_is_not_there_is_no_input),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
