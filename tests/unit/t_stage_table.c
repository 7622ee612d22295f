/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/stage_table.h"
#include "tests/unit/report_tests.inc.h"

/* Twelve gaps as in the seed's figures, and stages with and without spans. */
static timeline_stats sample(void)
{
    timeline_stats stats = {.partitions = {.n = 20, .sum = 50, .mean = 2.5, .p50 = 2.4, .p99 = 3.9, .longest = 4},
                            .window = {0.5, 10.5},
                            .partitions_per_second = 2,
                            .in_flight = 5,
                            .stage_seconds = 40,
                            .cpu_seconds = 75,
                            .utilisation = 0.9375,
                            .idle = {12, 66.5, 11},
                            .n_threads = 8,
                            .shortest_gap = 1e-3};
    stats.stages[STAGE_MSM_H] = (stage_stats){.spans = {20, 30, 1.5, 1.25, 2, 2.125, 2.25},
                                              .share = 0.75,
                                              .cpu_seconds = 60,
                                              .bytes = 1u << 20,
                                              .gaps = {3, 0.25, 0.125}};
    stats.stages[STAGE_SYNTHESIS] =
        (stage_stats){.spans = {20, 10, 0.5, 0.5, 0.625, 0.75, 1}, .share = 0.25, .cpu_seconds = 15};
    return stats;
}

static const char *print(size_t n_lost, printed *page)
{
    timeline_stats stats = sample();
    pt_err err = {0};
    assert_int_equal(stage_table_print(&stats, n_lost, printed_open(page), &err), PT_OK);
    return printed_close(page);
}

static void the_table_has_a_row_for_each_stage_that_occurs(void **state)
{
    (void)state;
    printed page;
    const char *text = print(0, &page);
    assert_string_equal(text, "stage       n  mean ms  p50 ms  p99 ms   sum s   share   CPU s  gaps  gaps s\n"
                              "synthesis  20    500.0   500.0   750.0  10.000  25.0 %  15.000     0   0.000\n"
                              "msm h      20   1500.0  1250.0  2125.0  30.000  75.0 %  60.000     3   0.250\n"
                              "partition  20   2500.0  2400.0  3900.0  50.000\n"
                              "20 partitions in 10.000 s: 2.000 a second, 5.0 in flight, 8 threads 93.8 % busy\n"
                              "no stage ran in 12 gaps totaling 66.500 s (of 1.0 ms or more), the longest 11.000 s\n");
}

static void lost_spans_are_told(void **state)
{
    (void)state;
    printed page;
    assert_non_null(strstr(print(17, &page), "\n17 spans had no room in the timeline"));
}

static void the_json_has_the_same_figures(void **state)
{
    (void)state;
    timeline_stats stats = sample();
    json_t *out = stage_table_json(&stats, 17);
    assert_non_null(out);
    const json_t *stages = json_object_get(out, "stages"), *h = json_object_get(stages, "msm h");
    assert_int_equal(json_object_size(stages), 2);
    expect_number(h, "n", 20);
    expect_number(h, "sum_seconds", 30);
    expect_number(h, "mean_seconds", 1.5);
    expect_number(h, "p50_seconds", 1.25);
    expect_number(h, "p99_seconds", 2.125);
    expect_number(h, "longest_seconds", 2.25);
    expect_number(h, "share", 0.75);
    expect_number(h, "cpu_seconds", 60);
    expect_number(h, "bytes", 1 << 20);
    expect_number(json_object_get(h, "gaps"), "n", 3);
    expect_number(json_object_get(h, "gaps"), "seconds", 0.25);
    expect_number(json_object_get(h, "gaps"), "longest_seconds", 0.125);
    expect_number(json_object_get(out, "partitions"), "p99_seconds", 3.9);
    expect_number(json_object_get(out, "idle"), "n", 12);
    expect_number(json_object_get(out, "idle"), "seconds", 66.5);
    expect_number(out, "seconds", 10);
    expect_number(out, "partitions_per_second", 2);
    expect_number(out, "in_flight", 5);
    expect_number(out, "threads", 8);
    expect_number(out, "cpu_seconds", 75);
    expect_number(out, "utilisation", 0.9375);
    expect_number(out, "shortest_gap_seconds", 1e-3);
    expect_number(out, "lost_spans", 17);
    json_decref(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_has_a_row_for_each_stage_that_occurs),
        cmocka_unit_test(lost_spans_are_told),
        cmocka_unit_test(the_json_has_the_same_figures),
    };
    return cmocka_run_group_tests_name("stage_table", tests, NULL, NULL);
}
