/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/scale_report.h - what ranks did beside independent provers: for people, as CSV, as JSON and as a plot. */
#ifndef PT_SCALE_REPORT_H
#define PT_SCALE_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "mpi/scale_device.h"

/** Of several turns. */
typedef struct scale_figure {
    double median, min, max;
} scale_figure;

typedef struct scale_row {
    bool strong; /* as many partitions in all whatever the ranks; else as many a rank */
    size_t n_ranks, n_partitions;
    scale_figure rate, independent_rate; /* proofs a second: of the cluster, and of as many provers together */
    scale_figure of_independent;         /* one by the other, turn by turn */
    /* The part of the processor time that is not proving (rank_clock.h); of provers it is all of that but frames between ranks. NaN: not known. */
    scale_figure communication, independent_communication;
    scale_figure more_cpu; /* the part of all processor time, start-up with it, that the provers did not need */
    scale_figure start_seconds, independent_start_seconds;
    double p50_seconds, p99_seconds; /* of a partition in the cluster */
} scale_row;

/** shape: rows[n], n >= 1, those of one kind side by side, fewest ranks first; all borrowed */
typedef struct scale_report {
    const char *machine, *circuit, *launcher, *date;
    const scale_devices *devices;                           /* that ranks proved on; n 0: the processor */
    size_t n_processors, cores_per_rank, n_turns, n_proofs; /* n_proofs: that were made and verified in all */
    const scale_row *rows;
    size_t n;
} scale_report;

/** Machine, commit and circuit, a table, and what it means.
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status scale_report_print(const scale_report *report, FILE *stream, pt_err *err);

/** The head as lines that begin with #, a line of names and a line a row. Seconds and fractions of 1, with a point whatever the locale. Whether
 *  out took it is for the caller to ask, here and of the plot.
 *  ranks   any */
void scale_report_csv(const scale_report *report, FILE *out);

/** The whole as an object, the caller's; NULL if there is no memory.
 *  ranks   any */
json_t *scale_report_json(const scale_report *report);

/** A gnuplot script that needs no other file.
 *  ranks   any */
void scale_report_plot(const scale_report *report, FILE *out);

#endif
