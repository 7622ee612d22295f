/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/run_timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void make_partitions(request *list, const char *key)
{
    static char one[] = "one.wtns", two[] = "two.wtns";
    static char *const witnesses[] = {one, two};
    pt_err err = {0};
    assert_int_equal(request_of_witnesses(key, witnesses, 2, ".", list, &err), PT_OK);
}

static int enter_folder(void **state)
{
    static char path[] = "/tmp/t_run_timeline.XXXXXX";
    *state = mkdtemp(path);
    return *state == NULL || chdir(path) != 0;
}

static int leave_folder(void **state)
{
    return chdir("/") != 0 || rmdir(*state) != 0; /* fails where a file was left behind */
}

static void touch(const char *path)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fclose(out);
}

static void files_of_the_run_are_refused(void **state)
{
    static const char *const refused[][2] = {
        {"key.json", "a.svg"}, {"one.json", "a.svg"},      {"./a.svg", "a.svg"},          {"a.svg", "two.proof.json"},
        {"a.png", "a.svg"},    {"missing/a.svg", "a.svg"}, {"a.svg", "./one.public.json"}};
    static const pt_status codes[] = {PT_E_ARG, PT_E_ARG, PT_E_ARG, PT_E_ARG, PT_E_ARG, PT_E_CREATE, PT_E_ARG};
    (void)state;
    request partitions;
    make_partitions(&partitions, "key.json");
    touch("key.json");
    free(partitions.partitions[0].witness);
    partitions.partitions[0].witness = strdup("one.json");
    touch("one.json");
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        const run_timeline_plan plan = {&partitions, refused[i], 2};
        run_timeline *self = NULL;
        pt_err err = {0};
        assert_int_equal(run_timeline_create(&plan, &self, &err), codes[i]);
        assert_null(self);
    }
    assert_int_equal(unlink("key.json") | unlink("one.json"), 0);
    request_clear(&partitions);
}

static void a_run_becomes_its_files_and_figures(void **state)
{
    static const char *const files[] = {"a.svg", "b.json"};
    (void)state;
    request partitions;
    run_timeline *self;
    interrupt *signals;
    pt_err err = {0};
    make_partitions(&partitions, "folder/key.zkey");
    const run_timeline_plan plan = {&partitions, files, 2};
    assert_int_equal(interrupt_create(&signals, &err), PT_OK);
    assert_int_equal(run_timeline_create(&plan, &self, &err), PT_OK);
    timeline_span span = run_timeline_begin(self, STAGE_WRITE, 1, NULL);
    double busy = timeline_cpu_now() + 0.01;
    while (timeline_cpu_now() < busy)
        ;
    run_timeline_end(self, &span, NULL);
    assert_int_equal(run_timeline_finish(self, 3, NULL, signals, &err), PT_OK);
    const timeline_stats *stats = run_timeline_stats(self);
    assert_int_equal(stats->partitions.n, 1);
    assert_int_equal(stats->n_threads, 3);
    assert_true(stats->stages[STAGE_WRITE].cpu_seconds >= 0.01);
    assert_true(stats->stages[STAGE_WRITE].cpu_seconds <= stats->stages[STAGE_WRITE].spans.sum + 0.001);
    assert_int_equal(run_timeline_n_lost(self), 0);
    run_timeline_destroy(self);
    char text[4096];
    FILE *in = fopen("b.json", "r");
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    fclose(in);
    assert_non_null(strstr(text, "\"circuit\": \"key.zkey\""));
    assert_non_null(strstr(text, "\"partition_name\": \"two\""));
    assert_non_null(strstr(text, "\"args\": {\"name\": \"main\"}"));
    assert_int_equal(unlink("a.svg") | unlink("b.json"), 0);
    interrupt_destroy(signals);
    request_clear(&partitions);
}

static const char *a_host(const void *ctx, uint32_t rank)
{
    (void)ctx;
    return rank == 0 ? "here" : "there";
}

/* A rank whose clock is 5,000 s ahead has worked from second 1.5 of the run to 1.75; another one from before it began; a third is missing. */
static void ranks_are_seen_by_the_root_s_clock(void **state)
{
    static const char *const files[] = {"job.json"};
    (void)state;
    request partitions;
    run_timeline *self;
    interrupt *signals;
    span_gather *spans;
    pt_err err = {0};
    make_partitions(&partitions, "key.zkey");
    const run_timeline_plan plan = {&partitions, files, 1};
    assert_int_equal(interrupt_create(&signals, &err), PT_OK);
    assert_int_equal(run_timeline_create(&plan, &self, &err), PT_OK);
    assert_int_equal(span_gather_create(4, &spans, &err), PT_OK);
    const double origin = timeline_origin(run_timeline_recorder(self));
    for (uint32_t rank = 1; rank < 3; rank++) {
        const double begun = rank == 1 ? 1.5 : -0.0001, ahead = 5000 * rank;
        const timeline_span span = {
            .start = ahead + origin + begun, .end = ahead + origin + begun + 0.25, .stage = STAGE_MSM_H, .partition = 1};
        uint32_t first;
        span_gather_next(spans, rank, origin + 2, 3, &first);
        span_gather_take(
            spans, rank,
            &(wire_frame){.type = WIRE_PONG, .of.pong = {.asked = origin + 1 - 0.001, .now = ahead + origin + 1}},
            origin + 1 + 0.001);
        span_gather_take(spans, rank,
                         &(wire_frame){.type = WIRE_SPANS,
                                       .of.spans = {.n = 1,
                                                    .n_in_all = 1,
                                                    .n_threads = 8,
                                                    .n_lost = 2,
                                                    .device = {.name = "", .pci = ""},
                                                    .spans = &span}},
                         origin + 2);
    }
    const run_timeline_job job = {.spans = spans, .n_ranks = 4, .host = a_host};
    assert_int_equal(run_timeline_finish(self, 3, &job, signals, &err), PT_OK);
    assert_int_equal(run_timeline_stats(self)->n_threads, 3 + 8 + 8);
    assert_int_equal(run_timeline_n_lost(self), 4);
    char text[4096];
    FILE *in = fopen("job.json", "r");
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    fclose(in);
    double ts, duration;
    const char *at = strstr(text, "{\"ph\": \"X\", \"pid\": 1,");
    assert_non_null(at);
    assert_int_equal(sscanf(strstr(at, "\"ts\""), "\"ts\": %lf, \"dur\": %lf", &ts, &duration), 2);
    assert_true(ts > 1.5e6 - 2 && ts < 1.5e6 + 2 && duration > 249999 && duration < 250001);
    at = strstr(text, "{\"ph\": \"X\", \"pid\": 2,");
    assert_non_null(at);
    assert_non_null(strstr(at, "\"ts\": 0.000, \"dur\": 250000.000"));
    assert_non_null(
        strstr(text, "{\"rank\": 1, \"host\": \"there\", \"threads\": 8, \"lost_spans\": 2, \"clock_error_us\": 1007.5"));
    assert_non_null(strstr(text, "{\"rank\": 3, \"host\": \"there\", \"recorded\": false}"));
    assert_int_equal(unlink("job.json"), 0);
    span_gather_destroy(spans);
    run_timeline_destroy(self);
    interrupt_destroy(signals);
    request_clear(&partitions);
}

static void room_is_for_every_stage_of_every_partition(void **state)
{
    (void)state;
    request partitions;
    run_timeline *self;
    pt_err err = {0};
    make_partitions(&partitions, "key.zkey");
    const run_timeline_plan plan = {&partitions, NULL, 0};
    assert_int_equal(run_timeline_create(&plan, &self, &err), PT_OK);
    for (size_t i = 0; i < 2 * (STAGE_COUNT - 1) + 2; i++) {
        assert_int_equal(run_timeline_n_lost(self), 0);
        timeline_span span = run_timeline_begin(self, STAGE_WRITE, 0, NULL);
        run_timeline_end(self, &span, NULL);
    }
    assert_int_equal(run_timeline_n_lost(self), 1);
    run_timeline_destroy(self);
    request_clear(&partitions);
}

static void without_a_timeline_nothing_happens(void **state)
{
    (void)state;
    pt_err err = {0};
    timeline_span span = run_timeline_begin(NULL, STAGE_KEY, 0, NULL);
    run_timeline_end(NULL, &span, NULL);
    assert_null(run_timeline_recorder(NULL));
    assert_int_equal(run_timeline_finish(NULL, 1, NULL, NULL, &err), PT_OK);
    assert_null(run_timeline_stats(NULL));
    assert_int_equal(run_timeline_n_lost(NULL), 0);
    run_timeline_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_the_run_are_refused),       cmocka_unit_test(a_run_becomes_its_files_and_figures),
        cmocka_unit_test(ranks_are_seen_by_the_root_s_clock), cmocka_unit_test(room_is_for_every_stage_of_every_partition),
        cmocka_unit_test(without_a_timeline_nothing_happens),
    };
    return cmocka_run_group_tests_name("run_timeline", tests, enter_folder, leave_folder);
}
