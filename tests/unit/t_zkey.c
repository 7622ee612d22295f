/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/zkey.h"

#include "tests/unit/format_tests.inc.h"

static const char *const BN254 = GOLDEN("bn254.zkey");
static const char *const BLS12_381 = GOLDEN("bls12_381.zkey");

/* Offsets in BN254's header, and the size of a coefficient. */
enum { N8_Q = 0, PRIME_Q = 4, N8_R = 36, PRIME_R = 40, N_VARS = 72, N_PUBLIC = 76, DOMAIN_SIZE = 80, ALPHA1 = 84 };
enum { BETA2 = ALPHA1 + 128, RECORD = 44, N_COEFFICIENTS = 956 };

static proving_key *open_good(const char *path, size_t n_threads)
{
    crew *threads;
    proving_key *key = NULL;
    pt_err err = {0};
    assert_int_equal(crew_create(n_threads, &threads, &err), PT_OK);
    if (zkey_open(path, (proving_key_options){.features = cpu_features_read()}, threads, &key, &err) != PT_OK)
        fail_msg("%s", err.msg);
    crew_destroy(threads);
    return key;
}

static void expect_refused(image *file, const char *part)
{
    image_write(file, "k.zkey");
    free(file->bytes);
    for (size_t n_threads = 1; n_threads < 4; n_threads++) {
        crew *threads;
        proving_key *key = NULL;
        pt_err err = {0};
        assert_int_equal(crew_create(n_threads, &threads, &err), PT_OK);
        assert_error(&err, zkey_open("k.zkey", (proving_key_options){.features = cpu_features_read()}, threads, &key, &err),
                     PT_E_FORMAT, part);
        assert_null(key);
        crew_destroy(threads);
    }
}

static void snarkjs_keys_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        proving_key *key = open_good(i == 0 ? BN254 : BLS12_381, 1 + i);
        assert_string_equal(key->curve->name, i == 0 ? "bn254" : "bls12_381");
        assert_int_equal(key->n_vars, 243);
        assert_int_equal(key->n_public, 1);
        assert_int_equal(key->domain_size, 256);
        assert_int_equal(key->log_domain, 8);
        assert_int_equal(key->n_coefficients, N_COEFFICIENTS);
        assert_int_equal(key->circuit.n_rows, 256);
        assert_int_equal(key->circuit.n_values, 270);
        assert_int_equal(key->circuit.a.row_start[256] + key->circuit.b.row_start[256], N_COEFFICIENTS);
        assert_false(key->insecure);
        proving_key_close(key);
    }
    proving_key_close(NULL);
}

static void sections_may_stand_in_any_order(void **state)
{
    (void)state;
    image file = image_read(BN254), reversed = image_reversed(&file);
    image_write(&reversed, "k.zkey");
    proving_key *plain = open_good(BN254, 1), *key = open_good("k.zkey", 2);
    assert_memory_equal(key->h, plain->h, 256 * 64);
    assert_memory_equal(key->c, plain->c, 241 * 64);
    assert_memory_equal(key->circuit.a.entries, plain->circuit.a.entries, 8 * plain->circuit.a.row_start[256]);
    proving_key_close(plain);
    proving_key_close(key);
    free(file.bytes);
    free(reversed.bytes);
}

static void our_mark_says_that_a_key_is_insecure(void **state)
{
    (void)state;
    image file = image_read(BN254);
    image_add_section(&file, ZKEY_SECTION_INSECURE, "", 0);
    image_write(&file, "k.zkey");
    proving_key *key = open_good("k.zkey", 1);
    assert_true(key->insecure);
    proving_key_close(key);
    free(file.bytes);
}

static void another_protocol_is_refused(void **state)
{
    (void)state;
    image file = image_read(BN254);
    image_u32(&file, image_section(&file, 1), 2);
    expect_refused(&file, "k.zkey: section 1: protocol 2, expected 1 (Groth16)");
}

static void both_primes_must_be_of_one_curve(void **state)
{
    (void)state;
    image other_r = image_read(BN254);
    other_r.bytes[image_section(&other_r, 2) + PRIME_R] ^= 2;
    expect_refused(&other_r, "k.zkey: section 2: the prime r is neither");
    image other_q = image_read(BN254);
    other_q.bytes[image_section(&other_q, 2) + PRIME_Q] ^= 2;
    expect_refused(&other_q, "k.zkey: section 2: the prime r is that of bn254, but the prime q is not");
}

static void impossible_counts_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        uint32_t value;
        const char *part;
    } cases[] = {
        {N_VARS, 1, "k.zkey: section 2: 1 public of 1 signals"},
        {N_VARS, 0, "k.zkey: section 2: 1 public of 0 signals"},
        {N_PUBLIC, UINT32_MAX, "k.zkey: section 2: 4294967295 public of 243 signals"},
        {N_PUBLIC, 2, "k.zkey: section 3 (IC): 128 bytes, expected 3 elements of 64"},
        {N_VARS, 244, "k.zkey: section 5 (A): 15552 bytes, expected 244 elements of 64"},
        {N_VARS, UINT32_MAX, "k.zkey: section 5 (A): 15552 bytes, expected 4294967295 elements of 64"},
        {DOMAIN_SIZE, 0, "k.zkey: section 2: domain size 0 is not a power of two"},
        {DOMAIN_SIZE, 255, "k.zkey: section 2: domain size 255 is not a power of two"},
        {DOMAIN_SIZE, 512, "k.zkey: section 9 (H): 16384 bytes, expected 512 elements of 64"},
        {DOMAIN_SIZE, 1u << 28, "k.zkey: section 2: domain 2^28, but 2^27 is the largest"},
        {N8_Q, 48, "k.zkey: section 2: "},
        {N8_R, UINT32_MAX, "k.zkey: section 2: offset 80: the prime r has 4294967295 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        image file = image_read(BN254);
        image_u32(&file, image_section(&file, 2) + cases[i].offset, cases[i].value);
        expect_refused(&file, cases[i].part);
    }
}

static void a_coefficient_out_of_range_is_named(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        uint32_t value;
        const char *part;
    } cases[] = {{0, 2, "k.zkey: section 4: coefficient 17: matrix 2, expected 0 or 1"},
                 {4, 256, "k.zkey: section 4: coefficient 17: constraint 256, but the domain has 256"},
                 {8, 243, "k.zkey: section 4: coefficient 17: signal 243, but the circuit has 243"},
                 {40, UINT32_MAX, "k.zkey: section 4: coefficient 17: its value is not below r of bn254"}};
    for (size_t i = 0; i < 4; i++) {
        image file = image_read(BN254);
        size_t records = image_section(&file, 4) + 4;
        image_u32(&file, records + 17 * RECORD + cases[i].offset, cases[i].value);
        image_u32(&file, records + 18 * RECORD, 7); /* a later one does not matter */
        expect_refused(&file, cases[i].part);
    }
}

static void a_value_is_found_before_a_later_index(void **state)
{
    (void)state;
    image file = image_read(BN254);
    size_t records = image_section(&file, 4) + 4;
    image_u32(&file, records + 5 * RECORD + 40, UINT32_MAX);
    image_u32(&file, records + 6 * RECORD, 7);
    expect_refused(&file, "section 4: coefficient 5: its value");
}

static void the_number_of_coefficients_is_that_of_the_section(void **state)
{
    (void)state;
    static const struct {
        uint32_t value;
        const char *part;
    } cases[] = {{N_COEFFICIENTS + 1, "the array of coefficients has 42108 bytes, but the section has 42064 left"},
                 {N_COEFFICIENTS - 1, "k.zkey: section 4: offset 42876: 44 bytes too many"},
                 {UINT32_MAX, "the array of coefficients has 188978560980 bytes"}};
    for (size_t i = 0; i < 3; i++) {
        image file = image_read(BN254);
        image_u32(&file, image_section(&file, 4), cases[i].value);
        expect_refused(&file, cases[i].part);
    }
}

/* A key's file with other coefficients: n of them, from rows and signals given. */
static image with_coefficients(const uint32_t (*records)[3], uint32_t n)
{
    image file = image_read(BN254), out = {.bytes = malloc(1 << 20), .n = 12};
    memcpy(out.bytes, file.bytes, 12);
    image_u32(&out, 8, 0);
    for (uint32_t type = 1; type <= 9; type++) {
        size_t at = image_section(&file, type);
        if (type != 4) {
            image_add_section(&out, type, file.bytes + at, image_get_u64(&file, at - 8));
            continue;
        }
        uint8_t section[4 + 4 * RECORD] = {0};
        memcpy(section, &n, 4);
        for (uint32_t i = 0; i < n; i++) {
            memcpy(section + 4 + i * RECORD, records[i], 12);
            section[4 + i * RECORD + 12] = 1;
        }
        image_add_section(&out, type, section, 4 + n * RECORD);
    }
    free(file.bytes);
    return out;
}

static void a_circuit_without_a_constraint_is_refused(void **state)
{
    (void)state;
    image none = with_coefficients(NULL, 0);
    expect_refused(&none, "k.zkey: section 4: the circuit has no constraint");
    static const uint32_t public_rows[][3] = {{0, 0, 0}, {0, 1, 1}};
    image only_public = with_coefficients(public_rows, 2);
    expect_refused(&only_public, "k.zkey: section 4: the circuit has no constraint");
}

static void one_linear_constraint_is_enough(void **state)
{
    (void)state;
    static const uint32_t records[][3] = {{0, 1, 0}, {0, 2, 1}};
    image file = with_coefficients(records, 2);
    image_write(&file, "k.zkey");
    free(file.bytes);
    proving_key *key = open_good("k.zkey", 1);
    assert_int_equal(key->circuit.b.row_start[256], 0);
    proving_key_close(key);
}

static void a_point_off_the_curve_is_named(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        size_t offset;
        const char *part;
    } cases[] = {{2, ALPHA1, "k.zkey: section 2 (alpha1): point 0 of 1 is not on the curve"},
                 {2, BETA2, "k.zkey: section 2 (beta2): point 0 of 1 is not on the curve"},
                 {3, 64, "k.zkey: section 3 (IC): point 1 of 2 is not on the curve"},
                 {5, 7 * 64, "k.zkey: section 5 (A): point 7 of 243 is not on the curve"},
                 {6, 7 * 64, "k.zkey: section 6 (B1): point 7 of 243 is not on the curve"},
                 {7, 7 * 128, "k.zkey: section 7 (B2): point 7 of 243 is not on the curve"},
                 {8, 240 * 64, "k.zkey: section 8 (C): point 240 of 241 is not on the curve"},
                 {9, 255 * 64, "k.zkey: section 9 (H): point 255 of 256 is not on the curve"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        image file = image_read(BN254);
        image_u32(&file, image_section(&file, cases[i].type) + cases[i].offset, 12345);
        image_u32(&file, image_section(&file, 9) + 255 * 64 + 4, 12345);
        expect_refused(&file, cases[i].part);
    }
}

static void a_coordinate_not_below_q_is_off_the_curve(void **state)
{
    (void)state;
    image file = image_read(BN254);
    memset(file.bytes + image_section(&file, 5) + 3 * 64, 0xff, 32);
    expect_refused(&file, "k.zkey: section 5 (A): point 3 of 243 is not on the curve");
}

static void the_verifying_key_has_no_infinity(void **state)
{
    (void)state;
    static const struct {
        size_t offset, n_bytes;
        const char *name;
    } cases[] = {{ALPHA1, 64, "alpha1"},       {ALPHA1 + 64, 64, "beta1"},  {BETA2, 128, "beta2"},
                 {BETA2 + 128, 128, "gamma2"}, {BETA2 + 256, 64, "delta1"}, {BETA2 + 320, 128, "delta2"}};
    for (size_t i = 0; i < 6; i++) {
        char part[64];
        image file = image_read(BN254);
        memset(file.bytes + image_section(&file, 2) + cases[i].offset, 0, cases[i].n_bytes);
        snprintf(part, sizeof part, "k.zkey: section 2 (%s): point 0 of 1 is infinity", cases[i].name);
        expect_refused(&file, part);
    }
}

static void infinity_elsewhere_is_a_point(void **state)
{
    (void)state;
    image file = image_read(BN254);
    for (uint32_t type = 5; type <= 9; type++)
        memset(file.bytes + image_section(&file, type), 0, 128);
    memset(file.bytes + image_section(&file, 3), 0, 64);
    image_write(&file, "k.zkey");
    free(file.bytes);
    proving_key_close(open_good("k.zkey", 2));
}

/* (0, 2) is on BLS12-381's curve and has order 3. */
static void point_of_order_3(uint8_t point[96])
{
    uint8_t two[48] = {2};
    memset(point, 0, 48);
    pt_curve_by_name("bls12_381", cpu_features_read())->fq_to_mont(two, point + 48);
}

static pt_status open_with(const char *path, key_check check, pt_err *err)
{
    crew *threads;
    proving_key *key = NULL;
    const proving_key_options options = {.features = cpu_features_read(), .check = check};
    assert_int_equal(crew_create(2, &threads, err), PT_OK);
    pt_status status = proving_key_open(path, options, threads, &key, err);
    proving_key_close(key);
    crew_destroy(threads);
    return status;
}

static void the_check_says_what_a_point_is_asked(void **state)
{
    (void)state;
    static const char *const names[] = {"5 (A)", "6 (B1)", "8 (C)", "9 (H)"};
    for (size_t i = 0; i < 4; i++) {
        char part[80];
        pt_err full = {0}, quick = {0}, none = {0};
        image file = image_read(BLS12_381);
        uint8_t *point = file.bytes + image_section(&file, (uint32_t)(names[i][0] - '0')) + 7 * 96;
        point_of_order_3(point);
        image_write(&file, "k.zkey");
        snprintf(part, sizeof part, "k.zkey: section %s: point 7 of", names[i]);
        assert_error(&full, open_with("k.zkey", KEY_CHECK_FULL, &full), PT_E_FORMAT, part);
        assert_error(&full, full.code, PT_E_FORMAT, "is not in the subgroup of order r");
        assert_int_equal(open_with("k.zkey", KEY_CHECK_QUICK, &quick), PT_OK);
        point[0] = 1;
        image_write(&file, "k.zkey");
        assert_error(&quick, open_with("k.zkey", KEY_CHECK_QUICK, &quick), PT_E_FORMAT, "is not on the curve");
        assert_int_equal(open_with("k.zkey", KEY_CHECK_NONE, &none), PT_OK);
        free(file.bytes);
    }
}

static void every_check_asks_all_of_the_verifying_key(void **state)
{
    (void)state;
    image file = image_read(BLS12_381);
    point_of_order_3(file.bytes + image_section(&file, 3));
    image_write(&file, "k.zkey");
    free(file.bytes);
    for (int check = 0; check < 3; check++) {
        pt_err err = {0};
        assert_error(&err, open_with("k.zkey", (key_check)check, &err), PT_E_FORMAT,
                     "section 3 (IC): point 0 of 2 is not in");
    }
}

static void good_keys_pass_the_full_check(void **state)
{
    (void)state;
    pt_err err = {0};
    assert_int_equal(open_with(BN254, KEY_CHECK_FULL, &err), PT_OK);
    assert_int_equal(open_with(BLS12_381, KEY_CHECK_FULL, &err), PT_OK);
}

static void a_verifying_key_outside_the_subgroup_is_refused(void **state)
{
    (void)state;
    image file = image_read(BLS12_381);
    uint8_t point[96];
    point_of_order_3(point);
    memcpy(file.bytes + image_section(&file, 3), point, sizeof point);
    image copy = {malloc(1 << 20), file.n};
    memcpy(copy.bytes, file.bytes, file.n);
    expect_refused(&file, "k.zkey: section 3 (IC): point 0 of 2 is not in the subgroup of order r");
    memcpy(copy.bytes + image_section(&copy, 2) + 4 + 48 + 4 + 32 + 12, point, sizeof point);
    expect_refused(&copy, "k.zkey: section 2 (alpha1): point 0 of 1 is not in the subgroup of order r");
}

static void a_missing_section_is_named(void **state)
{
    (void)state;
    for (uint32_t type = 1; type <= 9; type++) {
        char part[40];
        image file = image_read(BN254);
        image_u32(&file, image_section(&file, type) - 12, 99);
        snprintf(part, sizeof part, "k.zkey: section %u", type);
        expect_refused(&file, part);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snarkjs_keys_are_read),
        cmocka_unit_test(sections_may_stand_in_any_order),
        cmocka_unit_test(our_mark_says_that_a_key_is_insecure),
        cmocka_unit_test(another_protocol_is_refused),
        cmocka_unit_test(both_primes_must_be_of_one_curve),
        cmocka_unit_test(impossible_counts_are_refused),
        cmocka_unit_test(a_coefficient_out_of_range_is_named),
        cmocka_unit_test(a_value_is_found_before_a_later_index),
        cmocka_unit_test(the_number_of_coefficients_is_that_of_the_section),
        cmocka_unit_test(a_circuit_without_a_constraint_is_refused),
        cmocka_unit_test(one_linear_constraint_is_enough),
        cmocka_unit_test(a_point_off_the_curve_is_named),
        cmocka_unit_test(a_coordinate_not_below_q_is_off_the_curve),
        cmocka_unit_test(the_verifying_key_has_no_infinity),
        cmocka_unit_test(infinity_elsewhere_is_a_point),
        cmocka_unit_test(the_check_says_what_a_point_is_asked),
        cmocka_unit_test(every_check_asks_all_of_the_verifying_key),
        cmocka_unit_test(good_keys_pass_the_full_check),
        cmocka_unit_test(a_verifying_key_outside_the_subgroup_is_refused),
        cmocka_unit_test(a_missing_section_is_named),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
