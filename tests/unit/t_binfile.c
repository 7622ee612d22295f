/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/binfile.h"

#include "tests/unit/format_tests.inc.h"

static const binfile_kind KIND = {.magic = "test", .version = 3};

/* Section 1: {u32 7, u64 8, 2 bytes}; section 5: empty; section 2: 6 bytes. */
static image sample(void)
{
    image file = {.bytes = calloc(1, 1 << 20), .n = 12};
    static const uint8_t first[14] = {7, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0xaa, 0xbb};
    memcpy(file.bytes, "test", 4);
    image_u32(&file, 4, 3);
    image_add_section(&file, 1, first, sizeof first);
    image_add_section(&file, 5, "", 0);
    image_add_section(&file, 2, "abcdef", 6);
    return file;
}

static void expect_refused(image *file, const char *part)
{
    binfile *out = NULL;
    pt_err err = {0};
    image_write(file, "f");
    free(file->bytes);
    assert_error(&err, binfile_open("f", KIND, &out, &err), PT_E_FORMAT, part);
    assert_null(out);
}

static binfile *open_sample(void)
{
    binfile *out = NULL;
    pt_err err = {0};
    image file = sample();
    image_write(&file, "f");
    free(file.bytes);
    assert_int_equal(binfile_open("f", KIND, &out, &err), PT_OK);
    return out;
}

static void sections_are_found_in_any_order(void **state)
{
    (void)state;
    for (int copied = 0; copied < 2; copied++) {
        binfile *out = NULL;
        pt_err err = {0};
        image file = sample(), reversed = image_reversed(&file);
        image_write(&reversed, "f");
        assert_int_equal(binfile_open("f", (binfile_kind){.magic = "test", .version = 3, .copied = copied}, &out, &err),
                         PT_OK);
        assert_int_equal(binfile_find(out, 1)->n_bytes, 14);
        assert_int_equal(binfile_find(out, 5)->n_bytes, 0);
        assert_memory_equal(out->input.bytes + binfile_find(out, 2)->offset, "abcdef", 6);
        assert_null(binfile_find(out, 3));
        binfile_close(out);
        free(file.bytes);
        free(reversed.bytes);
    }
}

static void a_cursor_reads_field_by_field(void **state)
{
    (void)state;
    binfile *file = open_sample();
    binfile_cursor cursor;
    pt_err err = {0};
    uint32_t a;
    uint64_t b;
    const uint8_t *c;
    assert_int_equal(binfile_seek(file, 1, &cursor, &err), PT_OK);
    assert_int_equal(binfile_u32(&cursor, "a", &a, &err), PT_OK);
    assert_int_equal(binfile_u64(&cursor, "b", &b, &err), PT_OK);
    assert_int_equal(binfile_bytes_left(&cursor), 2);
    assert_error(&err, binfile_finish(&cursor, &err), PT_E_FORMAT, "f: section 1: offset 36: 2 bytes too many");
    err = (pt_err){0};
    assert_int_equal(binfile_bytes(&cursor, "c", 2, &c, &err), PT_OK);
    assert_int_equal(binfile_finish(&cursor, &err), PT_OK);
    assert_int_equal(a, 7);
    assert_int_equal(b, 8);
    assert_int_equal(c[1], 0xbb);
    binfile_close(file);
}

static void a_cursor_stops_at_the_end_of_its_section(void **state)
{
    (void)state;
    binfile *file = open_sample();
    binfile_cursor cursor;
    uint32_t word = 0;
    uint64_t long_word = 0;
    const uint8_t *bytes = NULL;
    pt_err err = {0};
    assert_int_equal(binfile_seek(file, 5, &cursor, &err), PT_OK);
    assert_error(&err, binfile_u32(&cursor, "a word", &word, &err), PT_E_FORMAT,
                 "f: section 5: offset 50: a word has 4 bytes, but the section has 0 left");
    err = (pt_err){0};
    assert_int_equal(binfile_seek(file, 2, &cursor, &err), PT_OK);
    assert_error(&err, binfile_u64(&cursor, "a word", &long_word, &err), PT_E_FORMAT, "the section has 6 left");
    err = (pt_err){0};
    assert_error(&err, binfile_bytes(&cursor, "all", SIZE_MAX, &bytes, &err), PT_E_FORMAT, "the section has 6 left");
    assert_null(bytes);
    binfile_close(file);
}

static void an_array_has_exactly_its_elements(void **state)
{
    (void)state;
    binfile *file = open_sample();
    const uint8_t *bytes = NULL;
    pt_err err = {0};
    assert_int_equal(binfile_array(file, 2, "points", 3, 2, &bytes, &err), PT_OK);
    assert_memory_equal(bytes, "abcdef", 6);
    assert_error(&err, binfile_array(file, 2, "points", 4, 2, &bytes, &err), PT_E_FORMAT,
                 "f: section 2 (points): 6 bytes, expected 4 elements of 2");
    err = (pt_err){0};
    assert_error(&err, binfile_array(file, 2, "points", SIZE_MAX / 2 + 4, 2, &bytes, &err), PT_E_FORMAT,
                 "6 bytes, expected");
    err = (pt_err){0};
    assert_error(&err, binfile_array(file, 9, "points", 0, 2, &bytes, &err), PT_E_FORMAT, "section 9 (points) is missing");
    binfile_close(file);
}

static void a_missing_section_is_named(void **state)
{
    (void)state;
    binfile *file = open_sample();
    binfile_cursor cursor;
    pt_err err = {0};
    assert_error(&err, binfile_seek(file, 77, &cursor, &err), PT_E_FORMAT, "f: section 77 is missing");
    binfile_close(file);
}

static void another_magic_is_refused(void **state)
{
    (void)state;
    image file = sample();
    file.bytes[3] = '\n';
    expect_refused(&file, "f: offset 0: begins with \"tes.\", expected \"test\"");
}

static void another_version_is_refused(void **state)
{
    (void)state;
    image file = sample();
    image_u32(&file, 4, 4);
    expect_refused(&file, "f: offset 4: version 4, expected 3");
}

static void files_cut_anywhere_are_refused(void **state)
{
    (void)state;
    image whole = sample();
    for (size_t n = 0; n < whole.n; n++) {
        image cut = sample();
        cut.n = n;
        expect_refused(&cut, "f: ");
    }
    free(whole.bytes);
}

static void a_length_beyond_the_file_is_refused(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {15 + 12 + 12 + 6, (uint64_t)1 << 63, UINT64_MAX, UINT64_MAX - 11, UINT64_MAX - 23};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        image file = sample();
        image_u64(&file, 16, lengths[i]);
        expect_refused(&file, "f: section 1: offset 12: length ");
    }
}

static void a_section_that_stands_twice_is_refused(void **state)
{
    (void)state;
    image file = sample();
    image_add_section(&file, 2, "abcdef", 6);
    expect_refused(&file, "f: section 2: offset 68: it stands in the file twice");
}

static void bytes_behind_the_last_section_are_refused(void **state)
{
    (void)state;
    image file = sample();
    image_append(&file, "x", 1);
    expect_refused(&file, "f: offset 68: 1 bytes behind the last of 3 sections");
}

static void more_sections_than_any_file_has_are_refused(void **state)
{
    (void)state;
    image file = sample();
    image_u32(&file, 8, UINT32_MAX);
    expect_refused(&file, "f: offset 8: 4294967295 sections, expected at most 64");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_are_found_in_any_order),
        cmocka_unit_test(a_cursor_reads_field_by_field),
        cmocka_unit_test(a_cursor_stops_at_the_end_of_its_section),
        cmocka_unit_test(an_array_has_exactly_its_elements),
        cmocka_unit_test(a_missing_section_is_named),
        cmocka_unit_test(another_magic_is_refused),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(files_cut_anywhere_are_refused),
        cmocka_unit_test(a_length_beyond_the_file_is_refused),
        cmocka_unit_test(a_section_that_stands_twice_is_refused),
        cmocka_unit_test(bytes_behind_the_last_section_are_refused),
        cmocka_unit_test(more_sections_than_any_file_has_are_refused),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
