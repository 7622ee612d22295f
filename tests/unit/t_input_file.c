/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/input_file.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include "node/topo/pin.h"
#include "tests/unit/format_tests.inc.h"

static const input_limits ANY = {.max_bytes = 1 << 22};

typedef pt_status (*opener)(const char *, input_limits, input_file *, pt_err *);
static const opener OPENERS[] = {input_file_map, input_file_read};

static void expect_refused(const char *path, input_limits limits, pt_status code, const char *part)
{
    for (size_t i = 0; i < 2; i++) {
        input_file file = {0};
        pt_err err = {0};
        assert_error(&err, OPENERS[i](path, limits, &file, &err), code, part);
        assert_null(file.bytes);
    }
}

static void both_ways_give_the_same_bytes(void **state)
{
    (void)state;
    text_write("abcdefgh", "f");
    for (size_t i = 0; i < 2; i++) {
        input_file file;
        pt_err err = {0};
        assert_int_equal(OPENERS[i]("f", ANY, &file, &err), PT_OK);
        assert_int_equal(file.n_bytes, 8);
        assert_memory_equal(file.bytes, "abcdefgh", 8);
        assert_int_equal(file.capacity_bytes > 0, i == 1);
        input_file_close(&file);
        input_file_close(&file);
    }
}

static void a_file_read_to_a_place_has_the_same_bytes(void **state)
{
    (void)state;
    topology machine;
    pt_err err = {0};
    assert_int_equal(topology_read(&machine, &err), PT_OK);
    const memory_place place = {&machine, &machine.domains[0].node, 1, true};
    const input_limits limits = {.magic = "abcd", .max_bytes = 1 << 22, .place = &place};
    static const size_t sizes[] = {4, 4096, (2 << 20) + 77};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        input_file placed, mapped;
        text_write("abcd", "f");
        assert_int_equal(truncate("f", (off_t)sizes[i]), 0);
        assert_int_equal(input_file_map("f", limits, &placed, &err), PT_OK);
        assert_int_equal(input_file_map("f", ANY, &mapped, &err), PT_OK);
        assert_int_equal(placed.n_bytes, sizes[i]);
        assert_memory_equal(placed.bytes, mapped.bytes, sizes[i]);
        input_file_close(&placed);
        input_file_close(&mapped);
    }
    input_file file = {0};
    text_write("abxd", "f");
    assert_error(&err, input_file_map("f", limits, &file, &err), PT_E_FORMAT, "begins with \"abxd\"");
    err = (pt_err){0};
    text_write("", "f");
    assert_error(&err, input_file_map("f", limits, &file, &err), PT_E_FORMAT, "0 bytes");
    topology_clear(&machine);
}

static void what_is_not_there_is_no_input(void **state)
{
    (void)state;
    expect_refused("absent", ANY, PT_E_NOINPUT, "absent: No such file or directory");
}

static void a_directory_is_no_input(void **state)
{
    (void)state;
    expect_refused(".", ANY, PT_E_NOINPUT, ".: Is a directory");
}

static pt_status open_locked(void)
{
    input_file file;
    pt_err err = {0};
    return input_file_map("locked", ANY, &file, &err);
}

static void without_permission_there_is_no_input(void **state)
{
    (void)state;
    text_write("secret", "locked");
    assert_int_equal(chmod("locked", 0), 0);
    assert_int_equal(status_as_nobody(open_locked), PT_E_NOINPUT);
}

static void an_empty_file_is_too_short_for_a_magic(void **state)
{
    (void)state;
    text_write("", "empty");
    expect_refused("empty", (input_limits){.magic = "wtns", .max_bytes = 100}, PT_E_FORMAT,
                   "empty: 0 bytes, expected a wtns file");
}

static void a_file_above_the_limit_is_refused(void **state)
{
    (void)state;
    text_write("12345", "five");
    input_file file = {0};
    pt_err err = {0};
    assert_error(&err, input_file_read("five", (input_limits){.max_bytes = 4}, &file, &err), PT_E_FORMAT,
                 "five: larger than 4 bytes");
}

static void a_file_of_another_kind_is_named_so_whatever_its_size(void **state)
{
    (void)state;
    text_write("zkey of any length", "other");
    input_file file = {0};
    pt_err err = {0};
    assert_error(&err, input_file_read("other", (input_limits){.magic = "wtns", .max_bytes = 4}, &file, &err), PT_E_FORMAT,
                 "begins with \"zkey\"");
}

static void a_file_of_just_the_limit_is_read(void **state)
{
    (void)state;
    enum { LIMIT = 200 * 1000 }; /* above the first capacity, and no multiple of the alignment */
    FILE *f = fopen("limit", "wb");
    for (int i = 0; i < LIMIT; i++)
        fputc(i % 251, f);
    fclose(f);
    input_file file;
    pt_err err = {0};
    assert_int_equal(input_file_read("limit", (input_limits){.max_bytes = LIMIT}, &file, &err), PT_OK);
    assert_int_equal(file.n_bytes, LIMIT);
    assert_int_equal(file.bytes[LIMIT - 1], (LIMIT - 1) % 251);
    input_file_close(&file);
    assert_error(&err, input_file_read("limit", (input_limits){.max_bytes = LIMIT - 1}, &file, &err), PT_E_FORMAT,
                 "larger than");
}

static void an_endless_stream_ends_at_its_magic(void **state)
{
    (void)state;
    expect_refused("/dev/zero", (input_limits){.magic = "wtns", .max_bytes = SIZE_MAX}, PT_E_FORMAT,
                   "begins with \"....\", expected \"wtns\"");
}

static void an_endless_stream_ends_at_the_limit(void **state)
{
    (void)state;
    expect_refused("/dev/zero", ANY, PT_E_FORMAT, "/dev/zero: larger than 4194304 bytes");
}

enum { PIPED_BYTES = 300 * 1000 };

static void *feed(void *path)
{
    FILE *f = fopen(path, "wb");
    for (int i = 0; f != NULL && i < PIPED_BYTES; i++)
        fputc(i % 251, f);
    if (f != NULL)
        fclose(f);
    return NULL;
}

static void a_fifo_is_read_to_its_end(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("pipe", 0600), 0);
    for (size_t i = 0; i < 2; i++) {
        pthread_t writer;
        input_file file;
        pt_err err = {0};
        assert_int_equal(pthread_create(&writer, NULL, feed, (void *)(uintptr_t) "pipe"), 0);
        assert_int_equal(OPENERS[i]("pipe", ANY, &file, &err), PT_OK);
        pthread_join(writer, NULL);
        assert_int_equal(file.n_bytes, PIPED_BYTES);
        assert_int_equal((uintptr_t)file.bytes % 64, 0);
        for (int b = 0; b < PIPED_BYTES; b++)
            if (file.bytes[b] != b % 251)
                fail_msg("byte %d is %d", b, file.bytes[b]);
        input_file_close(&file);
    }
}

static void released_pages_come_back(void **state)
{
    (void)state;
    char *text = malloc(65537);
    memset(text, 'x', 65536);
    text[65536] = 0;
    text_write(text, "f");
    for (size_t i = 0; i < 2; i++) {
        input_file file;
        pt_err err = {0};
        assert_int_equal(OPENERS[i]("f", ANY, &file, &err), PT_OK);
        assert_memory_equal(file.bytes, text, 65536);
        input_file_release(&file, file.bytes + 1, 65535);
        input_file_release(&file, file.bytes + 1, 3);
        assert_memory_equal(file.bytes, text, 65536);
        input_file_close(&file);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_give_the_same_bytes),
        cmocka_unit_test(a_file_read_to_a_place_has_the_same_bytes),
        cmocka_unit_test(what_is_not_there_is_no_input),
        cmocka_unit_test(a_directory_is_no_input),
        cmocka_unit_test(without_permission_there_is_no_input),
        cmocka_unit_test(an_empty_file_is_too_short_for_a_magic),
        cmocka_unit_test(a_file_above_the_limit_is_refused),
        cmocka_unit_test(a_file_of_another_kind_is_named_so_whatever_its_size),
        cmocka_unit_test(a_file_of_just_the_limit_is_read),
        cmocka_unit_test(an_endless_stream_ends_at_its_magic),
        cmocka_unit_test(an_endless_stream_ends_at_the_limit),
        cmocka_unit_test(a_fifo_is_read_to_its_end),
        cmocka_unit_test(released_pages_come_back),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
