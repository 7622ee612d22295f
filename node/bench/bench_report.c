/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/bench_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_samples(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

double bench_quantile(const double *sorted, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t below = (size_t)at;
    if (below + 1 >= n)
        return sorted[n - 1];
    return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

static pt_status make_room(bench_report *report, pt_err *err)
{
    if (report->n < report->room)
        return PT_OK;
    size_t room = report->room == 0 ? 16 : 2 * report->room;
    bench_row *rows = realloc(report->rows, room * sizeof *rows);
    if (rows == NULL)
        return pt_fail(err, PT_E_NOMEM, "benchmark: no memory for %zu rows", room);
    report->rows = rows;
    report->room = room;
    return PT_OK;
}

pt_status bench_report_add(bench_report *report, const bench_label *label, double *samples, size_t n_samples, pt_err *err)
{
    if (make_room(report, err) != PT_OK)
        return err->code;
    qsort(samples, n_samples, sizeof *samples, compare_samples);
    bench_row row = {.size = label->size,
                     .n_threads = label->n_threads,
                     .unit = label->unit,
                     .median = bench_quantile(samples, n_samples, 0.5),
                     .p25 = bench_quantile(samples, n_samples, 0.25),
                     .p75 = bench_quantile(samples, n_samples, 0.75),
                     .min = samples[0],
                     .n_samples = n_samples,
                     .checked = label->checked};
    snprintf(row.name, sizeof row.name, "%s", label->name);
    if (label->digest != NULL)
        memcpy(row.digest, label->digest, sizeof row.digest);
    report->rows[report->n++] = row;
    return PT_OK;
}

void bench_report_clear(bench_report *report)
{
    free(report->rows);
    *report = (bench_report){0};
}
