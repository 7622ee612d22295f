/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <jansson.h>

#include "node/format/prepared_write.h"
#include "node/format/zkey.h"
#include "tests/unit/lint_tests.inc.h"

enum { N_VARS = 243 };

static lint_report lint_damaged(image *file)
{
    return lint_image(lint_key, file, "k.zkey");
}

static void a_key_of_a_ceremony_has_no_finding(void **state)
{
    (void)state;
    for (size_t i = 0; i < CURVES; i++) {
        const lint_report report = lint_at(lint_key, LINT_KEYS[i]);
        expect_rules(&report, "");
    }
}

static void a_file_that_is_not_there_is_an_error_and_no_finding(void **state)
{
    (void)state;
    crew *threads;
    lint_report report = {0};
    pt_err err = {0};
    assert_int_equal(crew_create(1, &threads, &err), PT_OK);
    assert_error(&err, lint_key("none.zkey", cpu_features_read(), threads, &report, &err), PT_E_NOINPUT, "none.zkey");
    assert_int_equal(report.n, 0);
    crew_destroy(threads);
}

static void wrong_sizes_are_one_finding_without_the_path(void **state)
{
    (void)state;
    image file = image_with(image_read(LINT_KEYS[0]), 5, "short", 5);
    const lint_report report = lint_damaged(&file);
    expect_rules(&report, "malformed");
    expect_finding(&report, 0, "", "section 5 (A): 5 bytes, expected 243 elements of 64");
    assert_null(strstr(report.findings[0].message, "k.zkey"));
}

static void infinity_is_found_at_each_place_of_the_header(void **state)
{
    (void)state;
    static const char *const names[] = {"alpha1", "beta1", "beta2", "gamma2", "delta1", "delta2"};
    for (size_t which = 0; which < CURVES; which++)
        for (header_point p = ALPHA1; p <= DELTA2; p++) {
            image file = image_read(LINT_KEYS[which]);
            memset(point_in_header(&file, which, p), 0,
                   g1_bytes_of(which) * (p == ALPHA1 || p == BETA1 || p == DELTA1 ? 1 : 2));
            const lint_report report = lint_damaged(&file);
            char place[40];
            snprintf(place, sizeof place, "section 2 (%s)", names[p]);
            expect_finding(&report, 0, place, "the point is infinity");
            assert_int_equal(report.findings[0].rule, LINT_POINT_AT_INFINITY);
        }
}

/* The last point of a section that is not infinity. */
static size_t last_finite(const image *file, uint32_t type, size_t point_bytes)
{
    static const uint8_t infinity[192] = {0};
    size_t i = N_VARS - 1;
    while (memcmp(file->bytes + image_section(file, type) + i * point_bytes, infinity, point_bytes) == 0)
        i--;
    return i;
}

/* ---- points out of the subgroup: from the golden vectors ---- */

/* A field element from big-endian hexadecimal. */
static void fq_of_hex(size_t which, const char *hex, uint8_t *out)
{
    uint8_t canon[48] = {0};
    const size_t len = strlen(hex);
    for (size_t i = 0; i < len; i++) {
        const char digit = hex[len - 1 - i];
        canon[i / 2] |= (uint8_t)((isdigit((unsigned char)digit) ? digit - '0' : digit - 'a' + 10) << i % 2 * 4);
    }
    lint_curve(which)->fq_to_mont(canon, out);
}

/* The first point of G2's curve in the vectors that is not in the subgroup. */
static void stranger_in_g2(size_t which, uint8_t *out)
{
    const char *path = which == 0 ? PT_TESTS_DIR "/golden/arith_bn254.json" : PT_TESTS_DIR "/golden/arith_bls12_381.json";
    json_t *root = json_load_file(path, 0, NULL), *entry;
    size_t i;
    json_array_foreach(json_object_get(json_object_get(root, "g2"), "subgroup"), i, entry)
    {
        const json_t *p = json_object_get(entry, "p");
        if (json_is_true(json_object_get(entry, "member")))
            continue;
        for (size_t c = 0; c < 4; c++)
            fq_of_hex(which, json_string_value(json_array_get(json_array_get(p, c / 2), c % 2)),
                      out + c * g1_bytes_of(which) / 2);
        json_decref(root);
        return;
    }
    fail_msg("no stranger in %s", path);
}

static void a_point_out_of_the_subgroup_is_found_in_the_header_and_in_a_query(void **state)
{
    (void)state;
    for (size_t which = 0; which < CURVES; which++) {
        uint8_t stranger[192];
        stranger_in_g2(which, stranger);
        image header = image_read(LINT_KEYS[which]);
        memcpy(point_in_header(&header, which, BETA2), stranger, 2 * g1_bytes_of(which));
        const lint_report in_header = lint_damaged(&header);
        expect_rules(&in_header, "point-outside-subgroup");
        expect_finding(&in_header, 0, "section 2 (beta2)", "is not in the subgroup of order r");
        image query = image_read(LINT_KEYS[which]);
        const size_t last = last_finite(&query, 7, 2 * g1_bytes_of(which));
        memcpy(query.bytes + image_section(&query, 7) + last * 2 * g1_bytes_of(which), stranger, 2 * g1_bytes_of(which));
        const lint_report in_query = lint_damaged(&query);
        expect_rules(&in_query, "point-outside-subgroup");
        char part[80];
        snprintf(part, sizeof part, "point %zu of 243 is not in the subgroup of order r", last);
        expect_finding(&in_query, 0, "section 7 (B2)", part);
    }
}

static void a_point_off_the_curve_is_found_at_each_query(void **state)
{
    (void)state;
    static const char *const places[] = {"section 5 (A)", "section 6 (B1)", "section 7 (B2)", "section 8 (C)",
                                         "section 9 (H)"};
    for (uint32_t type = 5; type <= 9; type++) {
        image file = image_read(LINT_KEYS[1]);
        image_u32(&file, image_section(&file, type) + 7 * g1_bytes_of(1) * (type == 7 ? 2 : 1), 12345);
        const lint_report report = lint_damaged(&file);
        expect_rules(&report, "point-off-curve");
        expect_finding(&report, 0, places[type - 5], "point 7 of ");
    }
}

/* ---- the verifying key's points ---- */

static void delta_equal_to_gamma_is_found(void **state)
{
    (void)state;
    for (size_t which = 0; which < CURVES; which++) {
        image file = image_read(LINT_KEYS[which]);
        memcpy(point_in_header(&file, which, GAMMA2), point_in_header(&file, which, DELTA2), 2 * g1_bytes_of(which));
        const lint_report report = lint_damaged(&file);
        expect_rules(&report, "gamma-equals-delta gamma-not-generator");
        expect_finding(&report, 0, "section 2 (delta2)", "anyone can forge proofs");
    }
}

static void beta_and_delta_of_two_secrets_are_found(void **state)
{
    (void)state;
    for (size_t which = 0; which < CURVES; which++) {
        image file = image_read(LINT_KEYS[which]);
        uint8_t *alpha = point_in_header(&file, which, ALPHA1);
        memcpy(point_in_header(&file, which, BETA1), alpha, g1_bytes_of(which));
        memcpy(point_in_header(&file, which, DELTA1), alpha, g1_bytes_of(which));
        const lint_report report = lint_damaged(&file);
        expect_rules(&report, "g1-g2-mismatch g1-g2-mismatch record-mismatch");
        expect_finding(&report, 0, "section 2 (beta2)", "beta1 and beta2 are of two secrets");
        expect_finding(&report, 1, "section 2 (delta2)", "delta1 and delta2 are of two secrets");
    }
}

static void alpha_and_beta_must_not_be_the_generator(void **state)
{
    (void)state;
    for (size_t which = 0; which < CURVES; which++) {
        const pt_curve *curve = lint_curve(which);
        image file = image_read(LINT_KEYS[which]);
        memcpy(point_in_header(&file, which, ALPHA1), curve->g1_generator, g1_bytes_of(which));
        memcpy(point_in_header(&file, which, BETA1), curve->g1_generator, g1_bytes_of(which));
        memcpy(point_in_header(&file, which, BETA2), curve->g2_generator, 2 * g1_bytes_of(which));
        const lint_report report = lint_damaged(&file);
        expect_rules(&report, "alpha-beta-generator alpha-beta-generator");
        expect_finding(&report, 0, "section 2 (alpha1)", "alpha is 1");
        expect_finding(&report, 1, "section 2 (beta2)", "beta is 1");
    }
}

static void our_mark_is_found(void **state)
{
    (void)state;
    image file = image_with(image_read(LINT_KEYS[0]), ZKEY_SECTION_INSECURE, "", 0);
    const lint_report report = lint_damaged(&file);
    expect_rules(&report, "test-key");
}

/* ---- signals ---- */

static void a_public_signal_whose_point_is_infinity_is_bound_to_nothing(void **state)
{
    (void)state;
    for (size_t which = 0; which < CURVES; which++) {
        image file = image_read(LINT_KEYS[which]);
        memset(file.bytes + image_section(&file, 3) + g1_bytes_of(which), 0, g1_bytes_of(which));
        const lint_report report = lint_damaged(&file);
        expect_rules(&report, "unbound-public");
        expect_finding(&report, 0, "section 3 (IC)", "1 of 1: 1");
    }
}

static void private_signals_without_a_point_are_counted(void **state)
{
    (void)state;
    for (size_t which = 0; which < CURVES; which++) {
        const size_t g1 = g1_bytes_of(which), first = 100, n = 10;
        image file = image_read(LINT_KEYS[which]);
        memset(file.bytes + image_section(&file, 5) + first * g1, 0, n * g1);
        memset(file.bytes + image_section(&file, 6) + first * g1, 0, n * g1);
        memset(file.bytes + image_section(&file, 7) + first * 2 * g1, 0, n * 2 * g1);
        memset(file.bytes + image_section(&file, 8) + (first - 2) * g1, 0, (n - 1) * g1); /* the last is in C */
        const lint_report report = lint_damaged(&file);
        expect_rules(&report, "unused-signal");
        expect_finding(&report, 0, "section 8 (C)", "9 of 241: 100, 101, 102, 103, 104, 105, 106, 107 and others");
    }
}

static void a_signal_of_b_alone_is_used(void **state)
{
    (void)state;
    image file = image_read(LINT_KEYS[0]);
    const size_t i = last_finite(&file, 6, 64);
    memset(file.bytes + image_section(&file, 5) + i * 64, 0, 64);
    memset(file.bytes + image_section(&file, 8) + (i - 2) * 64, 0, 64);
    const lint_report report = lint_damaged(&file);
    expect_rules(&report, "");
}

static void infinity_in_b1_alone_is_found(void **state)
{
    (void)state;
    image file = image_read(LINT_KEYS[0]);
    memset(file.bytes + image_section(&file, 6) + last_finite(&file, 6, 64) * 64, 0, 64);
    const lint_report report = lint_damaged(&file);
    expect_rules(&report, "g1-g2-mismatch");
    expect_finding(&report, 0, "section 7 (B2)", "infinity in one of B1 and B2 alone, signals 1 of 243: ");
}

/* A key with beta = 1 and IC_1 = A_1: then e(IC_1, gamma) = e(A_1, beta), as if signal 1 were not in C. In the golden key it is in
 * the added row alone otherwise: an output. */
static void a_public_signal_of_the_added_row_alone_is_unused(void **state)
{
    (void)state;
    for (size_t which = 0; which < CURVES; which++) {
        const size_t g1 = g1_bytes_of(which);
        image file = image_read(LINT_KEYS[which]);
        memcpy(point_in_header(&file, which, BETA1), lint_curve(which)->g1_generator, g1);
        memcpy(point_in_header(&file, which, BETA2), lint_curve(which)->g2_generator, 2 * g1);
        memcpy(file.bytes + image_section(&file, 3) + g1, file.bytes + image_section(&file, 5) + g1, g1);
        const lint_report report = lint_damaged(&file);
        expect_rules(&report, "alpha-beta-generator unused-public");
        expect_finding(&report, 1, "section 3 (IC)", "public signals 1 of 1: 1");
    }
}

static void a_domain_twice_as_large_as_needed_is_noted(void **state)
{
    (void)state;
    image file = image_read(LINT_KEYS[0]);
    uint8_t section[4 + 2 * 44] = {2};
    section[4 + 12] = section[4 + 44 + 12] = 1; /* 1 and signal 0, row 0: A and B */
    section[4 + 44] = 1;
    file = image_with(file, 4, section, sizeof section);
    const lint_report report = lint_damaged(&file);
    expect_rules(&report, "domain-too-large");
    expect_finding(&report, 0, "", "a domain of 2^8 for 1 rows");
}

/* ---- prepared keys ---- */

static void prepare(const char *path)
{
    crew *threads;
    proving_key *key;
    pt_err err = {0};
    const proving_key_options options = {.features = cpu_features_read(), .check = KEY_CHECK_FULL};
    FILE *stream = fopen("k.ptkey", "wb");
    assert_int_equal(crew_create(1, &threads, &err), PT_OK);
    assert_int_equal(zkey_open(path, options, threads, &key, &err), PT_OK);
    assert_int_equal(prepared_write(key, threads, NULL, stream, "k.ptkey", &err), PT_OK);
    assert_int_equal(fclose(stream), 0);
    proving_key_close(key);
    crew_destroy(threads);
}

static void a_prepared_key_names_where_its_record_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < CURVES; i++) {
        prepare(LINT_KEYS[i]);
        const lint_report report = lint_at(lint_key, "k.ptkey");
        expect_rules(&report, "record-in-source");
        expect_finding(&report, 0, "", i == 0 ? "preimage_bn254.zkey" : "preimage_bls12_381.zkey");
    }
}

static void a_damaged_prepared_key_is_malformed(void **state)
{
    (void)state;
    prepare(LINT_KEYS[0]);
    image file = image_read("k.ptkey");
    file.bytes[file.n - 4096 * 4] ^= 1;
    const lint_report report = lint_image(lint_key, &file, "k.ptkey");
    expect_rules(&report, "malformed");
    expect_finding(&report, 0, "", "checksum differs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_of_a_ceremony_has_no_finding),
        cmocka_unit_test(a_file_that_is_not_there_is_an_error_and_no_finding),
        cmocka_unit_test(wrong_sizes_are_one_finding_without_the_path),
        cmocka_unit_test(infinity_is_found_at_each_place_of_the_header),
        cmocka_unit_test(a_point_out_of_the_subgroup_is_found_in_the_header_and_in_a_query),
        cmocka_unit_test(a_point_off_the_curve_is_found_at_each_query),
        cmocka_unit_test(delta_equal_to_gamma_is_found),
        cmocka_unit_test(beta_and_delta_of_two_secrets_are_found),
        cmocka_unit_test(alpha_and_beta_must_not_be_the_generator),
        cmocka_unit_test(our_mark_is_found),
        cmocka_unit_test(a_public_signal_whose_point_is_infinity_is_bound_to_nothing),
        cmocka_unit_test(private_signals_without_a_point_are_counted),
        cmocka_unit_test(a_signal_of_b_alone_is_used),
        cmocka_unit_test(infinity_in_b1_alone_is_found),
        cmocka_unit_test(a_public_signal_of_the_added_row_alone_is_unused),
        cmocka_unit_test(a_domain_twice_as_large_as_needed_is_noted),
        cmocka_unit_test(a_prepared_key_names_where_its_record_is),
        cmocka_unit_test(a_damaged_prepared_key_is_malformed),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
