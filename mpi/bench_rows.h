/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/bench_rows.h - the rows of all curves that a benchmark measured: for people, as CSV, as JSON and as a plot. */
#ifndef PT_BENCH_ROWS_H
#define PT_BENCH_ROWS_H

#include <jansson.h>
#include <stdio.h>

#include "node/bench/bench_report.h"
#include "node/curve.h"

/** Start with {0}. */
typedef struct bench_rows {
    struct measured_row *rows;
    size_t n, room;
} bench_rows;

typedef struct measured_row {
    const pt_curve *curve;
    bench_row row;
} measured_row;

/** Add those of one curve.
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status bench_rows_add(bench_rows *self, const pt_curve *curve, const bench_report *report, pt_err *err);

/** ranks   any */
void bench_rows_clear(bench_rows *self);

/** A table; where sums of points were on a device, a second one of the memory that they took there.
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status bench_rows_print(const bench_rows *self, FILE *stream, pt_err *err);

/** An array of objects, the caller's; NULL if there is no memory.
 *  ranks   any */
json_t *bench_rows_json(const bench_rows *self);

/** A line of names and a line a row, numbers with a point whatever the locale. Whether out took it is for the caller to ask, here and of
 *  the plot.
 *  ranks   any */
void bench_rows_csv(const bench_rows *self, FILE *out);

/** Memory against time of sums of points on a device, a curve for all numbers of batches of one MSM: a script for gnuplot.
 *  ranks   any */
void bench_rows_plot(const bench_rows *self, FILE *out);

#endif
