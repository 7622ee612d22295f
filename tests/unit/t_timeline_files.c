/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "mpi/timeline_files.h"

/* Of one span; 3 were lost. */
static pt_status write_sample(const char *path, pt_err *err)
{
    timeline_span span = {.start = 1, .end = 2, .cpu_seconds = 3, .partition = 0, .stage = STAGE_MSM_H, .domain = 1};
    const timeline_list list = {&span, 1};
    timeline_stats stats;
    static const char *const rows[] = {"tail"};
    assert_int_equal(timeline_stats_of(&list, 4, TIMELINE_GAP_SECONDS, &stats, err), PT_OK);
    const timeline_view view = {
        .list = &list, .stats = &stats, .n_lost = 3, .circuit = "sample", .row_names = rows, .n_row_names = 1};
    interrupt *signals;
    assert_int_equal(interrupt_create(&signals, err), PT_OK);
    timeline_files_write(path, &view, signals, err);
    interrupt_destroy(signals);
    return err->code;
}

static void assert_file_has(const char *path, const char *words)
{
    static char text[1 << 18];
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    fclose(in);
    if (strstr(text, words) == NULL)
        fail_msg("%s has no '%s'", path, words);
}

static int enter_folder(void **state)
{
    static char path[] = "/tmp/t_timeline_files.XXXXXX";
    *state = mkdtemp(path);
    return *state == NULL || chdir(path) != 0;
}

static int leave_folder(void **state)
{
    return chdir("/") != 0 || rmdir(*state) != 0; /* fails where a file was left behind */
}

static void the_ending_says_what_is_written(void **state)
{
    (void)state;
    pt_err err = {0};
    assert_int_equal(write_sample("a.json", &err), PT_OK);
    assert_file_has("a.json", "\"traceEvents\": [");
    assert_file_has("a.json", "\"lost_spans\": 3");
    assert_file_has("a.json", "\"name\": \"thread_name\", \"args\": {\"name\": \"tail\"}");
    assert_int_equal(write_sample("a.svg", &err), PT_OK);
    assert_file_has("a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"");
    assert_file_has("a.svg", " 3 spans had no room.");
    assert_file_has("a.svg", ">tail (L3 1)</text>");
    char bar[48];
    snprintf(bar, sizeof bar, "<rect class=\"s%d\" x=\"150.000\"", STAGE_MSM_H);
    assert_file_has("a.svg", bar); /* long after the origin: the axis begins with it */
    assert_int_equal(unlink("a.json"), 0);
    assert_int_equal(unlink("a.svg"), 0);
}

static void another_ending_is_an_argument_error(void **state)
{
    static const char *const paths[] = {"a", "a.png", ".svg", "a.svg.gz", ""};
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        pt_err err = {0};
        assert_int_equal(timeline_files_check(paths[i], &(input_set){0}, &err), PT_E_ARG);
        err = (pt_err){0};
        assert_int_equal(write_sample(paths[i], &err), PT_E_ARG);
    }
}

static void a_path_that_cannot_be_written_is_refused_early(void **state)
{
    (void)state;
    pt_err err = {0};
    assert_int_equal(timeline_files_check("a.svg", &(input_set){0}, &err), PT_OK);
    assert_int_equal(timeline_files_check("missing/a.svg", &(input_set){0}, &err), PT_E_CREATE);
    err = (pt_err){0};
    assert_int_equal(write_sample("missing/a.svg", &err), PT_E_CREATE);
    err = (pt_err){0};
    assert_int_equal(mkdir("a.json", 0700), 0);
    assert_int_equal(timeline_files_check("a.json", &(input_set){0}, &err), PT_E_CREATE);
    assert_int_equal(rmdir("a.json"), 0);
}

static void no_spans_give_whole_files(void **state)
{
    (void)state;
    pt_err err = {0};
    const timeline_list list = {0};
    timeline_stats stats;
    assert_int_equal(timeline_stats_of(&list, 1, TIMELINE_GAP_SECONDS, &stats, &err), PT_OK);
    const timeline_view view = {.list = &list, .stats = &stats, .circuit = "nothing"};
    interrupt *signals;
    assert_int_equal(interrupt_create(&signals, &err), PT_OK);
    assert_int_equal(timeline_files_write("n.svg", &view, signals, &err), PT_OK);
    assert_file_has("n.svg", "</svg>\n");
    assert_int_equal(timeline_files_write("n.json", &view, signals, &err), PT_OK);
    assert_file_has("n.json", "\n]}\n");
    interrupt_destroy(signals);
    assert_int_equal(unlink("n.json"), 0);
    assert_int_equal(unlink("n.svg"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ending_says_what_is_written),
        cmocka_unit_test(another_ending_is_an_argument_error),
        cmocka_unit_test(a_path_that_cannot_be_written_is_refused_early),
        cmocka_unit_test(no_spans_give_whole_files),
    };
    return cmocka_run_group_tests_name("timeline_files", tests, enter_folder, leave_folder);
}
