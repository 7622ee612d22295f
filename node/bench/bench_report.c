/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/bench_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/pipeline/quantile.h"

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
    quantile_sort(samples, n_samples);
    bench_row row = {.size = label->size,
                     .n_threads = label->n_threads,
                     .unit = label->unit,
                     .median = quantile_of(samples, n_samples, 0.5),
                     .p25 = quantile_of(samples, n_samples, 0.25),
                     .p75 = quantile_of(samples, n_samples, 0.75),
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
