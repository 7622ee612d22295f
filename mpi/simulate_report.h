/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/simulate_report.h - what a simulated cluster did at each number of nodes: for people, as CSV, as JSON and as a plot. */
#ifndef PT_SIMULATE_REPORT_H
#define PT_SIMULATE_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "mpi/cluster/simulator.h"

typedef struct {
    simulator_setup setup;
    simulator_result result;
} simulate_row;

/** shape: rows[n], n >= 1; borrowed */
typedef struct {
    const simulate_row *rows;
    size_t n;
} simulate_report;

/** ranks   root only
 *  errors  PT_E_NOMEM */
pt_status simulate_report_print(const simulate_report *report, FILE *stream, pt_err *err);

/** A line of names and a line a number of nodes. Seconds and fractions of 1, with a point whatever the locale. Whether out took it is for the
 *  caller to ask, here and of the plot.
 *  ranks   any */
void simulate_report_csv(const simulate_report *report, FILE *out);

/** The same as an array of objects, the caller's; NULL if there is no memory.
 *  ranks   any */
json_t *simulate_report_json(const simulate_report *report);

/** A gnuplot script that needs no other file.
 *  ranks   any */
void simulate_report_plot(const simulate_report *report, FILE *out);

#endif
