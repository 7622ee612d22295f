/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/load_report.h - what loads of different width show together: for people, as CSV, as JSON and as a plot. */
#ifndef PT_LOAD_REPORT_H
#define PT_LOAD_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "node/bench/load.h"

enum { LOAD_ROWS_MAX = 15 };

/** rows[0] is what the others are compared with: one proof at a time. shape: rows[n], 1 <= n <= LOAD_ROWS_MAX; borrowed */
typedef struct {
    const char *circuit;
    const char *checked; /* what verified every proof once more */
    const load_row *rows;
    size_t n;
} load_report;

/** Three tables: the loads; the mean time of each stage a partition; its processor time, and how many times that of rows[0] it is. Then how
 *  many proofs were verified.
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status load_report_print(const load_report *report, FILE *stream, pt_err *err);

/** A line of names and a line a load. Seconds, bytes and fractions of 1, with a point whatever the locale. Whether out took it is for
 *  the caller to ask, here and of the plot.
 *  ranks   any */
void load_report_csv(const load_report *report, FILE *out);

/** The same as an array of objects, the caller's; NULL if there is no memory.
 *  ranks   any */
json_t *load_report_json(const load_report *report);

/** A gnuplot script that needs no other file: `gnuplot load.gp > load.svg`.
 *  ranks   any */
void load_report_plot(const load_report *report, FILE *out);

#endif
