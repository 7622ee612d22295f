/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/run_log.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- time ---- */

static void expect_time(time_t seconds, long ns, const char *expected)
{
    char out[LOG_TIME_ROOM];
    run_log_time(&(struct timespec){seconds, ns}, out);
    assert_string_equal(out, expected);
}

static void times_are_those_of_the_calendar(void **state)
{
    (void)state;
    expect_time(0, 0, "1970-01-01T00:00:00.000Z");
    expect_time(951782399, 999999999, "2000-02-28T23:59:59.999Z");
    expect_time(951782400, 1000000, "2000-02-29T00:00:00.001Z");
    expect_time(4107542400, 0, "2100-03-01T00:00:00.000Z");
    for (time_t at = 0; at < (time_t)86400 * 366 * 150; at += 86400 * 3 + 12345) {
        struct tm parts;
        char expected[80];
        gmtime_r(&at, &parts);
        snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02d.500Z", parts.tm_year + 1900, parts.tm_mon + 1,
                 parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
        expect_time(at, 500000000, expected);
    }
}

/* ---- lines ---- */

typedef struct {
    int before;
    char path[32], text[32768];
} caught;

/* What goes to standard error from now on. */
static void catch_lines(caught *self)
{
    strcpy(self->path, "/tmp/t_run_log_XXXXXX");
    const int file = mkstemp(self->path);
    assert_true(file >= 0);
    self->before = dup(STDERR_FILENO);
    dup2(file, STDERR_FILENO);
    close(file);
}

static const char *caught_lines(caught *self)
{
    dup2(self->before, STDERR_FILENO);
    close(self->before);
    FILE *file = fopen(self->path, "r");
    assert_non_null(file);
    const size_t n = fread(self->text, 1, sizeof self->text - 1, file);
    self->text[n] = '\0';
    fclose(file);
    unlink(self->path);
    return self->text;
}

static json_t *caught_event(caught *self)
{
    json_error_t error;
    const char *text = caught_lines(self), *end = strchr(text, '\n');
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (value == NULL)
        fail_msg("%s: %s", error.text, text);
    assert_true(end != NULL && end[1] == '\0'); /* one line */
    return value;
}

static const char *text_of(const json_t *value, const char *key)
{
    const char *text = json_string_value(json_object_get(value, key));
    assert_non_null(text);
    return text;
}

static run_log log_of(log_form form, bool quiet)
{
    return (run_log){.form = form, .quiet = quiet, .rank = 0, .host = "the \"root\""};
}

static void an_event_has_what_it_is_of_and_no_more(void **state)
{
    (void)state;
    caught all;
    run_log log = log_of(LOG_JSON, false);
    catch_lines(&all);
    run_log_event(&log, &(run_event){.name = "note"});
    json_t *value = caught_event(&all);
    assert_int_equal(json_object_size(value), 5);
    assert_string_equal(text_of(value, "level"), "info");
    assert_string_equal(text_of(value, "event"), "note");
    assert_string_equal(text_of(value, "host"), "the \"root\"");
    assert_int_equal(json_integer_value(json_object_get(value, "rank")), 0);
    assert_int_equal(strlen(text_of(value, "time")), LOG_TIME_ROOM - 1);
    json_decref(value);
}

static void every_member_comes_through(void **state)
{
    (void)state;
    caught all;
    run_log log = log_of(LOG_JSON, false);
    atomic_store(&log.request, 0x0123456789abcdef);
    catch_lines(&all);
    run_log_event(&log, &(run_event){.level = LOG_ERROR,
                                     .name = "failed",
                                     .host = "node\n7",
                                     .rank = 7,
                                     .id = "",
                                     .partition = 4294967295,
                                     .attempt = 3,
                                     .stage = "msm \\ h",
                                     .seconds = 1.25,
                                     .text = "not \xff UTF-8",
                                     .more = "\"status\": 76, \"list\": [1]"});
    json_t *value = caught_event(&all);
    assert_int_equal(json_object_size(value), 14);
    assert_string_equal(text_of(value, "level"), "error");
    assert_string_equal(text_of(value, "host"), "node\n7");
    assert_int_equal(json_integer_value(json_object_get(value, "rank")), 7);
    assert_string_equal(text_of(value, "request"), "0123456789abcdef");
    assert_int_equal(json_integer_value(json_object_get(value, "partition")), 4294967295);
    assert_string_equal(text_of(value, "id"), "");
    assert_int_equal(json_integer_value(json_object_get(value, "attempt")), 3);
    assert_string_equal(text_of(value, "stage"), "msm \\ h");
    assert_true(json_real_value(json_object_get(value, "seconds")) == 1.25);
    assert_string_equal(text_of(value, "text"), "not ? UTF-8");
    assert_int_equal(json_integer_value(json_object_get(value, "status")), 76);
    json_decref(value);
}

/* Every character takes six bytes: nothing is longer. */
static void the_longest_line_is_whole(void **state)
{
    (void)state;
    static char longest[5000];
    caught all;
    run_log log = log_of(LOG_JSON, false);
    memset(longest, '\x01', sizeof longest - 1);
    catch_lines(&all);
    run_log_event(&log, &(run_event){.name = "note", .host = longest, .id = longest, .stage = longest, .text = longest});
    json_t *value = caught_event(&all);
    assert_int_equal(strlen(text_of(value, "text")), 1023);
    assert_int_equal(strlen(text_of(value, "stage")), 511);
    json_decref(value);
}

static void quiet_leaves_warnings_and_what_was_asked_for(void **state)
{
    (void)state;
    caught all;
    const run_log log = log_of(LOG_JSON, true);
    catch_lines(&all);
    run_log_event(&log, &(run_event){.name = "joined"});
    assert_string_equal(caught_lines(&all), "");
    catch_lines(&all);
    run_log_event(&log, &(run_event){.name = "stats", .is_asked_for = true});
    json_decref(caught_event(&all));
    catch_lines(&all);
    run_log_say(&log, LOG_WARNING, "warning", "%d %s", 7, "things");
    json_t *value = caught_event(&all);
    assert_string_equal(text_of(value, "text"), "7 things");
    json_decref(value);
}

static void people_are_told_lines_and_no_events(void **state)
{
    (void)state;
    caught all;
    const run_log log = log_of(LOG_TEXT, false);
    catch_lines(&all);
    run_log_event(&log, &(run_event){.level = LOG_ERROR, .name = "joined", .text = "no"});
    run_log_say(&log, LOG_INFO, "note", "first");
    run_log_say(NULL, LOG_INFO, "note", "second");
    run_log_tell(&log, &(run_event){.name = "lost", .text = "was not heard"}, "rank 7 on node was not heard");
    assert_string_equal(caught_lines(&all), "partita: first\npartita: second\npartita: rank 7 on node was not heard\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_those_of_the_calendar),
        cmocka_unit_test(an_event_has_what_it_is_of_and_no_more),
        cmocka_unit_test(every_member_comes_through),
        cmocka_unit_test(the_longest_line_is_whole),
        cmocka_unit_test(quiet_leaves_warnings_and_what_was_asked_for),
        cmocka_unit_test(people_are_told_lines_and_no_events),
    };
    return cmocka_run_group_tests_name("run_log", tests, NULL, NULL);
}
