/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/bench_rows.h"
#include "tests/unit/report_tests.inc.h"

/* An MSM of 2^10 points on a device in so many batches, and the share of a kernel. */
static bench_row row_of(const char *name, unsigned n_batches, double median)
{
    bench_row row = {
        .size = 1024, .unit = "ms", .median = median, .p25 = 1, .p75 = 9, .min = 0.5, .n_samples = 5, .checked = "by hand"};
    snprintf(row.name, sizeof row.name, "%s", name);
    if (n_batches > 0)
        row.room = (bench_msm_room){.c = 8,
                                    .n_windows = 32,
                                    .n_batches = n_batches,
                                    .n_slices = 1,
                                    .planned_bytes = ((uint64_t)3 << 20) / n_batches,
                                    .taken_bytes = ((uint64_t)3 << 20) / n_batches};
    return row;
}

static bench_rows rows_of(bench_row *rows, size_t n)
{
    const pt_curve *curve = pt_curve_by_name("bn254", (cpu_features){0});
    const bench_report report = {.rows = rows, .n = n};
    bench_rows out = {0};
    pt_err err = {0};
    assert_int_equal(bench_rows_add(&out, curve, &report, &err), PT_OK);
    return out;
}

static bench_rows batches(void)
{
    bench_row rows[] = {row_of("msm_g1_full_batches_1", 1, 2), row_of("msm_g1_full_batches_1.msm_bits", 1, 0.25),
                        row_of("msm_g2_full_batches_1", 1, 6), row_of("msm_g1_full_batches_3", 3, 4)};
    return rows_of(rows, sizeof rows / sizeof *rows);
}

static void memory_has_a_table_where_there_was_a_device(void **state)
{
    (void)state;
    bench_rows on_device = batches();
    bench_row alone = row_of("ntt_forward", 0, 2);
    bench_rows processor = rows_of(&alone, 1);
    printed page;
    pt_err err = {0};
    bench_rows_print(&on_device, printed_open(&page), &err);
    const char *text = printed_close(&page);
    assert_non_null(strstr(text, "compared with\nbn254  msm_g1_full_batches_1 "));
    const char *second = strstr(text, "\n\ncurve  name ");
    assert_non_null(second);
    assert_non_null(strstr(second,
                           "bn254  msm_g1_full_batches_3  2^10            8       32        3       1        1048576      "
                           "1048576  1.0       4  ms\n"));
    assert_null(strstr(second, "msm_bits"));
    bench_rows_print(&processor, printed_open(&page), &err);
    assert_null(strstr(printed_close(&page), "bytes planned"));
    assert_int_equal(err.code, PT_OK);
    bench_rows_clear(&processor);
    bench_rows_clear(&on_device);
}

static void json_and_csv_have_every_row(void **state)
{
    (void)state;
    bench_rows rows = batches();
    printed page;
    json_t *array = bench_rows_json(&rows);
    assert_int_equal(json_array_size(array), 4);
    const json_t *last = json_array_get(array, 3), *room = json_object_get(last, "device_memory");
    expect_number(last, "median", 4);
    expect_number(room, "batches", 3);
    expect_number(room, "planned_bytes", 1 << 20);
    expect_number(room, "taken_bytes", 1 << 20);
    bench_rows_csv(&rows, printed_open(&page));
    const char *text = printed_close(&page);
    const char *line = strstr(text, "bn254,portable,msm_g1_full_batches_3,");
    assert_non_null(line);
    assert_string_equal(line, "bn254,portable,msm_g1_full_batches_3,1024,0,ms,4.000000,1.000000,9.000000,0.500000,5,by "
                              "hand,8,32,3,1,0,1048576,1048576\n");
    json_decref(array);
    bench_rows_clear(&rows);
}

static void a_curve_joins_the_batches_of_one_msm(void **state)
{
    (void)state;
    bench_rows rows = batches();
    printed page;
    bench_rows_plot(&rows, printed_open(&page));
    const char *text = printed_close(&page);
    assert_non_null(strstr(text, "$curve0 << END\n3.000000 2.000000 1\n1.000000 4.000000 3\nEND\n"));
    assert_non_null(strstr(text, "$curve2 << END\n3.000000 6.000000 1\nEND\n"));
    assert_null(strstr(text, "$curve1"));
    assert_null(strstr(text, "$curve3"));
    assert_non_null(strstr(text, "title 'bn254 msm_g1_full, 2^10'"));
    bench_rows_clear(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_has_a_table_where_there_was_a_device),
        cmocka_unit_test(json_and_csv_have_every_row),
        cmocka_unit_test(a_curve_joins_the_batches_of_one_msm),
    };
    return cmocka_run_group_tests_name("bench_rows", tests, NULL, NULL);
}
