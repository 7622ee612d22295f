/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/lint_tests.inc.h"

/* Of the golden record: a contribution with a name of 9 bytes, then a beacon. */
enum { HASH = 64, TYPE_AND_LENGTH = 8, NAME = 9, BEACON = 36 };

static size_t contribution_bytes(size_t which)
{
    return 5 * g1_bytes_of(which) + 64 + TYPE_AND_LENGTH;
}

static uint8_t *record_of(const image *file)
{
    return file->bytes + image_section(file, 10);
}

/* The key with the first n_bytes of its record, which then says that it holds n contributions. */
static image with_record(size_t which, uint32_t n, size_t n_bytes)
{
    uint8_t record[2048];
    image file = image_read(LINT_KEYS[which]);
    memcpy(record, record_of(&file), n_bytes);
    memcpy(record + HASH, &n, sizeof n);
    return image_with(file, 10, record, n_bytes);
}

static lint_report lint_damaged(image *file)
{
    return lint_image(lint_key, file, "k.zkey");
}

/* As snarkjs's set-up leaves a key before the first contribution. */
static void a_key_without_a_contribution_is_found(void **state)
{
    (void)state;
    for (size_t which = 0; which < CURVES; which++) {
        image file = with_record(which, 0, HASH + 4);
        memcpy(point_in_header(&file, which, DELTA1), lint_curve(which)->g1_generator, g1_bytes_of(which));
        memcpy(point_in_header(&file, which, DELTA2), lint_curve(which)->g2_generator, 2 * g1_bytes_of(which));
        const lint_report report = lint_damaged(&file);
        expect_rules(&report, "gamma-equals-delta no-contribution");
        expect_finding(&report, 1, "section 2 (delta2)", "nobody contributed");
    }
}

static void an_empty_record_is_no_contribution_whatever_delta(void **state)
{
    (void)state;
    image file = with_record(0, 0, HASH + 4);
    const lint_report report = lint_damaged(&file);
    expect_rules(&report, "no-contribution");
    expect_finding(&report, 0, "section 10", "nobody contributed");
}

static void a_last_contribution_that_is_no_beacon_is_found(void **state)
{
    (void)state;
    for (size_t which = 0; which < CURVES; which++) {
        image file = image_read(LINT_KEYS[which]);
        memset(record_of(&file) + HASH + 4 + 2 * contribution_bytes(which) + NAME - TYPE_AND_LENGTH, 0, 4);
        const lint_report report = lint_damaged(&file);
        expect_rules(&report, "no-beacon");
        expect_finding(&report, 0, "section 10", "the last of 2 contributions is not a beacon");
    }
}

static void a_record_that_ends_in_another_delta_is_found(void **state)
{
    (void)state;
    for (size_t which = 0; which < CURVES; which++) {
        image file = with_record(which, 1, HASH + 4 + contribution_bytes(which) + NAME);
        const lint_report report = lint_damaged(&file);
        expect_rules(&report, "record-mismatch no-beacon");
        expect_finding(&report, 0, "section 10", "the last of 1 contributions leaves another delta");
    }
}

static void a_contribution_that_changed_nothing_is_found(void **state)
{
    (void)state;
    for (size_t which = 0; which < CURVES; which++) {
        image file = image_read(LINT_KEYS[which]);
        uint8_t *first = record_of(&file) + HASH + 4;
        memcpy(first, first + contribution_bytes(which) + NAME, g1_bytes_of(which));
        const lint_report report = lint_damaged(&file);
        expect_rules(&report, "idle-contribution");
        expect_finding(&report, 0, "section 10", "contributions 1 of 2: 2");
    }
}

static void a_missing_record_is_found(void **state)
{
    (void)state;
    image file = image_with(image_read(LINT_KEYS[0]), 10, NULL, 0);
    const lint_report report = lint_damaged(&file);
    expect_rules(&report, "no-record");
}

static void a_record_of_the_wrong_size_is_malformed(void **state)
{
    (void)state;
    const size_t whole = HASH + 4 + 2 * contribution_bytes(0) + NAME + BEACON;
    static const struct {
        uint32_t n;
        size_t missing;
        const char *part;
    } cases[] = {{2, 1, "a contribution's parameters has 36 bytes, but the section has 35 left"},
                 {2, BEACON + 8, "a contribution's type has 4 bytes, but the section has 0 left"},
                 {3, 0, "a contribution's delta has 64 bytes, but the section has 0 left"},
                 {UINT32_MAX, 0, "a contribution's delta has 64 bytes"},
                 {1, 0, "bytes too many"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        image file = with_record(0, cases[i].n, whole - cases[i].missing);
        const lint_report report = lint_damaged(&file);
        expect_rules(&report, "malformed");
        expect_finding(&report, 0, "", "section 10: ");
        expect_finding(&report, 0, "", cases[i].part);
    }
}

static void an_unknown_type_of_contribution_is_malformed(void **state)
{
    (void)state;
    image file = image_read(LINT_KEYS[0]);
    record_of(&file)[HASH + 4 + contribution_bytes(0) - TYPE_AND_LENGTH] = 7;
    const lint_report report = lint_damaged(&file);
    expect_rules(&report, "malformed");
    expect_finding(&report, 0, "", "section 10: contribution 1: type 7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_without_a_contribution_is_found),
        cmocka_unit_test(an_empty_record_is_no_contribution_whatever_delta),
        cmocka_unit_test(a_last_contribution_that_is_no_beacon_is_found),
        cmocka_unit_test(a_record_that_ends_in_another_delta_is_found),
        cmocka_unit_test(a_contribution_that_changed_nothing_is_found),
        cmocka_unit_test(a_missing_record_is_found),
        cmocka_unit_test(a_record_of_the_wrong_size_is_malformed),
        cmocka_unit_test(an_unknown_type_of_contribution_is_malformed),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
