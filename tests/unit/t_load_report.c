/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/load_report.h"
#include "node/pipeline/timeline_style.h"
#include "tests/unit/report_tests.inc.h"

/* 20 proofs of 2 partitions, at a time 1 and 5. */
static load_row make_row(size_t n_at_once, double seconds, double factor)
{
    load_row row = {.n_proofs = 20,
                    .n_at_once = n_at_once,
                    .n_partitions = 2,
                    .seconds = seconds,
                    .proofs = {20, 40 * factor, 2 * factor, 1.5 * factor, 2.5 * factor, 3 * factor, 3 * factor},
                    .stats = {.partitions = {40, 40 * factor, factor, factor, factor, factor, factor},
                              .in_flight = (double)n_at_once,
                              .utilisation = 0.75,
                              .idle = {12, 66.5, 11},
                              .n_threads = 8},
                    .peak_bytes = 123456789,
                    .peak_is_own = true,
                    .arena_bytes = 50500000,
                    .n_mapped = 2};
    row.stats.stages[STAGE_SYNTHESIS] =
        (stage_stats){.spans = {.n = 40, .sum = 10 * factor, .mean = 0.25 * factor}, .cpu_seconds = 20};
    row.stats.stages[STAGE_MSM_H] =
        (stage_stats){.spans = {.n = 40, .sum = 30 * factor, .mean = 0.75 * factor}, .cpu_seconds = 40 * factor};
    return row;
}

static load_report make_report(load_row *rows)
{
    rows[0] = make_row(1, 40, 1);
    rows[1] = make_row(5, 10, 1.25);
    rows[1].n_failed = 3;
    return (load_report){"it's.zkey", "by hand", rows, 2};
}

static void add_device(load_row *rows)
{
    rows[0].device_seconds = 8;
    rows[1].device_seconds = 9;
}

static void the_tables_compare_with_the_first_load(void **state)
{
    (void)state;
    load_row rows[2];
    load_report report = make_report(rows);
    printed page;
    pt_err err = {0};
    FILE *out = printed_open(&page);
    assert_int_equal(load_report_print(&report, out, &err), PT_OK);
    const char *text = printed_close(&page);
    assert_string_equal(
        text, "load          s/proof  proofs/h  mean proof s   p50 s   p95 s   p99 s  partition s  inflation  in "
              "flight    busy  gaps  gaps s  peak MB  arenas MB  mapped  failed\n"
              "c=20 j=1 p=2    2.000    1800.0        2.0000  1.5000  2.5000  3.0000        1.000      1.000        "
              "1.0  75.0 %    12  66.500    123.5       50.5       2       0\n"
              "c=20 j=5 p=2    0.500    7200.0        2.5000  1.8750  3.1250  3.7500        1.250      1.250        "
              "5.0  75.0 %    12  66.500    123.5       50.5       2       3\n"
              "\n"
              "mean ms       j=1     j=5\n"
              "synthesis  250.00  312.50\n"
              "msm h      750.00  937.50\n"
              "\n"
              "CPU ms (times the first)              j=1              j=5\n"
              "synthesis                  500.00 (1.000)   500.00 (1.000)\n"
              "msm h                     1000.00 (1.000)  1250.00 (1.250)\n"
              "\n"
              "it's.zkey: 77 of 80 proofs are right (by hand)\n");
}

static void a_device_has_a_table(void **state)
{
    (void)state;
    load_row rows[2];
    load_report report = make_report(rows);
    add_device(rows);
    printed page;
    pt_err err = {0};
    FILE *out = printed_open(&page);
    assert_int_equal(load_report_print(&report, out, &err), PT_OK);
    const char *text = printed_close(&page);
    assert_non_null(strstr(text, "\n\ndevice        ms a partition  inflation    busy\n"
                                 "c=20 j=1 p=2          200.00      1.000  20.0 %\n"
                                 "c=20 j=5 p=2          225.00      1.125  90.0 %\n"
                                 "\nmean ms"));
}

static void the_csv_has_a_cell_for_each_name(void **state)
{
    (void)state;
    load_row rows[2];
    load_report report = make_report(rows);
    add_device(rows);
    printed page;
    FILE *out = printed_open(&page);
    load_report_csv(&report, out);
    const char *text = printed_close(&page);
    assert_string_equal(
        text, "proofs,at_once,partitions,failed,peak_bytes,peak_is_own,arena_bytes,mapped,seconds,seconds_a_proof,mean_"
              "proof_seconds,p50_proof_seconds,p95_proof_seconds,p99_proof_seconds,"
              "mean_partition_seconds,inflation,in_flight,utilisation,gaps,gap_seconds,device_seconds,device_busy,"
              "synthesis_seconds,synthesis_cpu_seconds,synthesis_cpu_inflation,msm_h_seconds,msm_h_cpu_seconds,msm_h_cpu_"
              "inflation\n"
              "20,1,2,0,123456789,1,50500000,2,40.000000,2.000000,2.000000,1.500000,2.500000,3.000000,1.000000,1.000000,1."
              "000000,0.750000,12."
              "000000,66.500000,0.200000,0.200000,"
              "0.250000,0.500000,1.000000,0.750000,1.000000,1.000000\n"
              "20,5,2,3,123456789,1,50500000,2,10.000000,0.500000,2.500000,1.875000,3.125000,3.750000,1.250000,1.250000,5."
              "000000,0.750000,12."
              "000000,66.500000,0.225000,0.900000,"
              "0.312500,0.500000,1.000000,0.937500,1.250000,1.250000\n");
}

static void the_json_has_the_same_figures(void **state)
{
    (void)state;
    load_row rows[2];
    load_report report = make_report(rows);
    add_device(rows);
    json_t *out = load_report_json(&report);
    assert_int_equal(json_array_size(out), 2);
    const json_t *second = json_array_get(out, 1);
    expect_number(second, "proofs", 20);
    expect_number(second, "at_once", 5);
    expect_number(second, "partitions", 2);
    expect_number(second, "failed", 3);
    expect_number(second, "peak_memory_bytes", 123456789);
    expect_number(second, "arena_bytes", 50500000);
    expect_number(second, "arenas_mapped", 2);
    assert_true(json_is_true(json_object_get(second, "peak_is_own")));
    expect_number(second, "seconds", 10);
    expect_number(second, "seconds_a_proof", 0.5);
    expect_number(second, "mean_proof_seconds", 2.5);
    expect_number(second, "p50_proof_seconds", 1.875);
    expect_number(second, "p95_proof_seconds", 3.125);
    expect_number(second, "p99_proof_seconds", 3.75);
    expect_number(second, "inflation", 1.25);
    expect_number(second, "device_seconds", 0.225);
    expect_number(second, "device_busy", 0.9);
    expect_number(json_object_get(second, "cpu_inflation"), "synthesis", 1);
    expect_number(json_object_get(second, "cpu_inflation"), "msm h", 1.25);
    expect_number(json_object_get(json_object_get(second, "timeline"), "idle"), "n", 12);
    json_decref(out);
}

static void the_plot_has_its_figures_in_it(void **state)
{
    (void)state;
    load_row rows[2];
    load_report report = make_report(rows);
    printed page;
    FILE *out = printed_open(&page);
    load_report_plot(&report, out);
    const char *text = printed_close(&page);
    assert_non_null(strstr(text, "\n\"20:1\" 2.000000 1.000000 75.000000 0.500000 1.000000\n"
                                 "\"20:5\" 0.500000 1.250000 75.000000 0.500000 1.250000\nEND\n"));
    assert_non_null(strstr(text, "title 'it''s.zkey'\n"));
    char layers[256];
    snprintf(layers, sizeof layers,
             "plot $loads using 5:xtic(1) linecolor rgb '%s' title 'synthesis', \\\n"
             "     $loads using 6:xtic(1) linecolor rgb '%s' title 'msm h'\nunset multiplot\n",
             timeline_style_colour(STAGE_SYNTHESIS), timeline_style_colour(STAGE_MSM_H));
    assert_non_null(strstr(text, layers));
}

static void a_peak_of_all_loads_is_marked(void **state)
{
    (void)state;
    load_row rows[2];
    load_report report = make_report(rows);
    printed page;
    pt_err err = {0};
    rows[1].peak_is_own = false;
    FILE *out = printed_open(&page);
    assert_int_equal(load_report_print(&report, out, &err), PT_OK);
    const char *text = printed_close(&page);
    assert_non_null(strstr(text, "123.5*       50.5"));
    assert_non_null(strstr(text, "\n* the peak until then"));
}

/* Nothing was proven: no figure is a division by zero. */
static void a_load_without_proofs_has_zeroes(void **state)
{
    (void)state;
    load_row rows[2] = {{.n_at_once = 1}, {.n_at_once = 2}};
    load_report report = {"none", "by nobody", rows, 2};
    printed page;
    pt_err err = {0};
    FILE *out = printed_open(&page);
    assert_int_equal(load_report_print(&report, out, &err), PT_OK);
    load_report_csv(&report, out);
    load_report_plot(&report, out);
    const char *text = printed_close(&page);
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf\n"));
    json_t *json = load_report_json(&report);
    assert_int_equal(json_array_size(json), 2);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tables_compare_with_the_first_load), cmocka_unit_test(a_device_has_a_table),
        cmocka_unit_test(the_csv_has_a_cell_for_each_name),       cmocka_unit_test(the_json_has_the_same_figures),
        cmocka_unit_test(the_plot_has_its_figures_in_it),         cmocka_unit_test(a_peak_of_all_loads_is_marked),
        cmocka_unit_test(a_load_without_proofs_has_zeroes),
    };
    return cmocka_run_group_tests_name("load_report", tests, NULL, NULL);
}
