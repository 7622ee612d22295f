/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memfd_create */
#include "mpi/config_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* Read so many bytes as the configuration of a command. */
static pt_status read_bytes(const char *bytes, size_t n, const char *command, knobs *settings, pt_err *err)
{
    static char path[32]; /* settings borrow it */
    int fd = memfd_create("config", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    pt_status status = config_file_read(path, command, settings, err);
    close(fd);
    return status;
}

static knobs settings_of(const char *text, const char *command)
{
    knobs settings = {0};
    pt_err err = {0};
    assert_int_equal(read_bytes(text, strlen(text), command, &settings, &err), PT_OK);
    return settings;
}

static void refuses_bytes(const char *bytes, size_t n, const char *says)
{
    knobs settings = {0};
    const knobs before = settings;
    pt_err err = {0};
    assert_int_equal(read_bytes(bytes, n, "bench", &settings, &err), PT_E_FORMAT);
    assert_non_null(strstr(err.msg, says));
    assert_memory_equal(&settings, &before, sizeof before);
}

static void refuses(const char *text, const char *says)
{
    refuses_bytes(text, strlen(text), says);
}

static void keys_set_knobs_and_remember_their_lines(void **unused)
{
    (void)unused;
    knobs settings = settings_of("# a file\n\n[partita]\nthreads = 3 ; three\n  pin=off\r\n\tmemory : 2G\n", "bench");
    assert_int_equal(settings.of[KNOB_THREADS].value, 3);
    assert_int_equal(settings.of[KNOB_THREADS].line, 4);
    assert_int_equal(settings.of[KNOB_PIN].value, CHOICE_OFF);
    assert_int_equal(settings.of[KNOB_MEMORY].value, 2ull << 30);
    assert_int_equal(settings.of[KNOB_MEMORY].line, 6);
    assert_int_equal(settings.of[KNOB_WORKERS].source, SOURCE_DEFAULT);
}

static void the_section_of_the_command_wins_wherever_it_stands(void **unused)
{
    (void)unused;
    static const char *const texts[] = {"[partita]\nthreads=2\n[bench]\nthreads=3\n[prove]\nthreads=4\n",
                                        "[prove]\nthreads=4\n[bench]\nthreads=3\n[partita]\nthreads=2\n"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(settings_of(texts[i], "bench").of[KNOB_THREADS].value, 3);
        assert_int_equal(settings_of(texts[i], "prove").of[KNOB_THREADS].value, 4);
        assert_int_equal(settings_of(texts[i], "verify").of[KNOB_THREADS].value, 2);
    }
}

static void the_command_line_goes_before_the_file(void **unused)
{
    (void)unused;
    pt_err err = {0};
    knobs settings = {.of[KNOB_THREADS] = {.value = 9, .source = SOURCE_COMMAND_LINE}};
    const char text[] = "[bench]\nthreads = 3\n";
    assert_int_equal(read_bytes(text, sizeof text - 1, "bench", &settings, &err), PT_OK);
    assert_int_equal(settings.of[KNOB_THREADS].value, 9);
    assert_int_equal(settings.of[KNOB_THREADS].source, SOURCE_COMMAND_LINE);
}

static void what_a_command_lacks_is_checked_and_passed_over(void **unused)
{
    (void)unused;
    assert_int_equal(settings_of("[partita]\nworkers = 4\n", "verify").of[KNOB_WORKERS].source, SOURCE_DEFAULT);
    assert_int_equal(settings_of("[partita]\nworkers = 4\n", "config").of[KNOB_WORKERS].value, 4);
    assert_int_equal(settings_of("[bench]\nworkers = 4\n", "verify").of[KNOB_WORKERS].source, SOURCE_DEFAULT);
    refuses("[partita]\nworkers = many\n", "line 2: workers = many: expected a number from 1 to 4096, or auto");
    refuses("[verify]\nthreads = none\n", "line 2: threads = none: expected");
}

static void nothing_is_a_configuration(void **unused)
{
    (void)unused;
    static const char *const texts[] = {
        "", "\n\n", "; only\n# comments", "[partita]", "\xef\xbb\xbf[partita]\nthreads = 2", " [prove] ; empty\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        settings_of(texts[i], "prove");
}

static void what_is_unknown_is_named(void **unused)
{
    (void)unused;
    refuses("[prvoe]\n", "line 1: [prvoe]: expected [partita] or the name of a command");
    refuses("[Partita]\n", "line 1: [Partita]: expected");
    refuses("[ partita ]\n", "line 1: [ partita ]: expected");
    refuses("[]\n", "line 1: []: expected");
    refuses("threads = 2\n", "line 1: threads: expected a section before it");
    refuses("[partita]\n\nwrokers = 2\n", "line 3: wrokers: no such key");
    refuses("[partita]\nThreads = 2\n", "line 2: Threads: no such key");
    refuses("[partita]\n= 2\n", "line 2: : no such key");
    refuses("[partita]\n\x1b[31m = 2\n", "line 2: ?[31m: no such key");
    refuses("[verify]\nworkers = 2\n", "line 2: workers: no key of [verify]");
}

static void a_key_is_given_once_in_a_section(void **unused)
{
    (void)unused;
    refuses("[partita]\nthreads = 2\npin = on\nthreads = 2\n", "line 4: threads: given in line 2 already");
    refuses("[bench]\nthreads = 2\n[partita]\nthreads = 2\n[bench]\nthreads = 3",
            "line 6: threads: given in line 2 already");
}

static void a_line_is_a_heading_or_key_and_value(void **unused)
{
    (void)unused;
    refuses("[partita]\nthreads\n", "line 2: expected [SECTION] or KEY = VALUE");
    refuses("[partita]\nthreads 2\n", "line 2: expected [SECTION] or KEY = VALUE");
    refuses("[partita\nthreads = 2\n", "line 1: expected [SECTION] or KEY = VALUE");
    refuses("[partita] threads = 2\n", "line 1: expected nothing behind [SECTION]");
    refuses("[partita]\nthreads =\n", "line 2: threads = : expected a number");
    refuses("[partita]\nthreads = 1\n  2\n", "line 3: expected [SECTION] or KEY = VALUE");
    refuses("[partita]\nthreads\nthreads = x\n", "line 2: expected [SECTION] or KEY = VALUE"); /* the first fault */
    refuses("[partita]\nthreads = x\nthreads\n", "line 2: threads = x: expected");
    refuses_bytes("[partita]\nthreads = 2\0\n", 23, "line 2: expected text, got a byte 0");
}

static void a_long_line_is_refused_not_cut(void **unused)
{
    (void)unused;
    char text[400] = "[partita]\nthreads = 2 ;";
    const size_t before = strlen("[partita]\n");
    memset(text + strlen(text), '-', 300);
    text[before + 198] = '\0';
    assert_int_equal(settings_of(text, "prove").of[KNOB_THREADS].value, 2);
    memcpy(text + before + 198, "-", 2);
    refuses(text, "line 2: expected at most 198 bytes");
    memset(text + before, ' ', 199);
    memcpy(text + before + 199, "threads = 2", 12); /* a reader of pieces would see it */
    refuses(text, "line 2: expected at most 198 bytes");
}

static void what_is_no_file_of_its_size_is_refused(void **unused)
{
    (void)unused;
    static char text[(64 << 10) + 2];
    knobs settings = {0};
    pt_err err = {0};
    memset(text, '\n', sizeof text - 1);
    refuses(text, "larger than 65536 bytes");
    text[sizeof text - 2] = '\0';
    settings_of(text, "prove");
    assert_int_equal(config_file_read("/nothing/here", "prove", &settings, &err), PT_E_NOINPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_set_knobs_and_remember_their_lines),
        cmocka_unit_test(the_section_of_the_command_wins_wherever_it_stands),
        cmocka_unit_test(the_command_line_goes_before_the_file),
        cmocka_unit_test(what_a_command_lacks_is_checked_and_passed_over),
        cmocka_unit_test(nothing_is_a_configuration),
        cmocka_unit_test(what_is_unknown_is_named),
        cmocka_unit_test(a_key_is_given_once_in_a_section),
        cmocka_unit_test(a_line_is_a_heading_or_key_and_value),
        cmocka_unit_test(a_long_line_is_refused_not_cut),
        cmocka_unit_test(what_is_no_file_of_its_size_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
