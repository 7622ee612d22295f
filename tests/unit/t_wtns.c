/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/wtns.h"

#include "tests/unit/format_tests.inc.h"

static const char *const GOLDENS[] = {GOLDEN("bn254.wtns"), GOLDEN("bls12_381.wtns")};
enum { N_GOLDEN = 243, HEADER_N = 4 + 32 };

static void expect_refused(image *file, const char *part)
{
    wtns out = {0};
    pt_err err = {0};
    image_write(file, "w.wtns");
    free(file->bytes);
    assert_error(&err, wtns_read("w.wtns", cpu_features_read(), UINT32_MAX, &out, &err), PT_E_FORMAT, part);
    assert_null(out.memory);
}

static void snarkjs_witnesses_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        wtns w;
        pt_err err = {0};
        image file = image_read(GOLDENS[i]);
        assert_int_equal(wtns_read(GOLDENS[i], cpu_features_read(), UINT32_MAX, &w, &err), PT_OK);
        assert_int_equal(w.n, N_GOLDEN);
        assert_string_equal(w.curve->name, i == 0 ? "bn254" : "bls12_381");
        assert_int_equal((uintptr_t)w.values % 64, 0);
        assert_memory_equal(w.values, file.bytes + image_section(&file, 2), N_GOLDEN * 32);
        wtns_clear(&w);
        assert_null(w.values);
        wtns_clear(&w);
        free(file.bytes);
    }
}

static void sections_may_stand_in_any_order(void **state)
{
    (void)state;
    wtns w;
    pt_err err = {0};
    image file = image_read(GOLDENS[0]), reversed = image_reversed(&file);
    image_write(&reversed, "w.wtns");
    assert_int_equal(wtns_read("w.wtns", cpu_features_read(), UINT32_MAX, &w, &err), PT_OK);
    assert_memory_equal(w.values, file.bytes + image_section(&file, 2), N_GOLDEN * 32);
    wtns_clear(&w);
    free(file.bytes);
    free(reversed.bytes);
}

static void memory_that_is_given_has_the_values_in_their_place(void **state)
{
    (void)state;
    const size_t room = wtns_room_bytes(N_GOLDEN);
    uint8_t *memory = aligned_alloc(64, room);
    image file = image_read(GOLDENS[0]), reversed = image_reversed(&file);
    const uint8_t *values = file.bytes + image_section(&file, 2);
    image_write(&reversed, "w.wtns");
    for (size_t i = 0; i < 2; i++) {
        wtns w;
        pt_err err = {0};
        memset(memory, 0xee, room);
        assert_int_equal(wtns_read_into((input_source){.path = i == 0 ? GOLDENS[0] : "w.wtns"}, cpu_features_read(),
                                        N_GOLDEN, memory, &w, &err),
                         PT_OK);
        assert_ptr_equal(w.values, memory + WTNS_VALUES_AT);
        assert_memory_equal(w.values, values, N_GOLDEN * 32);
        assert_null(w.memory);
    }
    free(memory);
    free(file.bytes);
    free(reversed.bytes);
}

static void a_value_not_below_r_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        image file = image_read(GOLDENS[i]);
        memcpy(file.bytes + image_section(&file, 2) + 17 * 32, file.bytes + image_section(&file, 1) + 4, 32);
        expect_refused(&file, "w.wtns: section 2: value 17 is not below r of b");
    }
}

static void value_0_must_be_1(void **state)
{
    (void)state;
    for (size_t byte = 0; byte < 32; byte += 31) {
        image file = image_read(GOLDENS[0]);
        file.bytes[image_section(&file, 2) + byte] ^= 2;
        expect_refused(&file, "w.wtns: section 2: value 0 is not 1");
    }
}

static void the_count_must_be_that_of_the_section(void **state)
{
    (void)state;
    static const uint32_t counts[] = {N_GOLDEN - 1, N_GOLDEN + 1, UINT32_MAX, 1u << 27};
    for (size_t i = 0; i < 4; i++) {
        image file = image_read(GOLDENS[0]);
        image_u32(&file, image_section(&file, 1) + HEADER_N, counts[i]);
        expect_refused(&file, "w.wtns: section 2 (values): 7776 bytes, expected ");
    }
}

static void no_values_are_no_witness(void **state)
{
    (void)state;
    image file = image_read(GOLDENS[0]);
    image_u32(&file, image_section(&file, 1) + HEADER_N, 0);
    expect_refused(&file, "w.wtns: section 1: no values");
}

static void a_prime_of_no_known_curve_is_refused(void **state)
{
    (void)state;
    image file = image_read(GOLDENS[0]);
    file.bytes[image_section(&file, 1) + 5] ^= 1;
    expect_refused(&file, "w.wtns: section 1: the prime r is neither BN254's nor BLS12-381's");
}

static void a_prime_of_any_size_is_read_within_its_section(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 8, 31, 33, 1u << 31, UINT32_MAX};
    for (size_t i = 0; i < 6; i++) {
        image file = image_read(GOLDENS[0]);
        image_u32(&file, image_section(&file, 1), sizes[i]);
        expect_refused(&file, "w.wtns: section 1: ");
    }
}

static void version_1_is_refused(void **state)
{
    (void)state;
    image file = image_read(GOLDENS[0]);
    image_u32(&file, 4, 1);
    expect_refused(&file, "w.wtns: offset 4: version 1, expected 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snarkjs_witnesses_are_read),
        cmocka_unit_test(sections_may_stand_in_any_order),
        cmocka_unit_test(memory_that_is_given_has_the_values_in_their_place),
        cmocka_unit_test(a_value_not_below_r_is_named),
        cmocka_unit_test(value_0_must_be_1),
        cmocka_unit_test(the_count_must_be_that_of_the_section),
        cmocka_unit_test(no_values_are_no_witness),
        cmocka_unit_test(a_prime_of_no_known_curve_is_refused),
        cmocka_unit_test(a_prime_of_any_size_is_read_within_its_section),
        cmocka_unit_test(version_1_is_refused),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
