/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/sweep_report.h - `partita bench msm --sweep`: its options, and its rows for people, as JSON and as CSV. */
#ifndef PT_SWEEP_REPORT_H
#define PT_SWEEP_REPORT_H

#include <argp.h>
#include <jansson.h>
#include <stdio.h>

#include "mpi/memory_map.h"
#include "node/bench/sweep.h"
#include "node/curve.h"

enum { SWEEP_OPT_SWEEP = 0x600, SWEEP_OPT_TUNE };

typedef struct sweep_args {
    bool given; /* --sweep or --tune */
    sweep asked;
} sweep_args;

/** In a parser: one of the options above.
 *  ranks   root only */
error_t sweep_args_parse(sweep_args *args, int key, const char *arg, const struct argp_state *state);

/** Do these options go with those of memory and with the kind of scalars (a mask, 0: not given)? device: of --device, NULL or "cpu" for none.
 *  ranks   root only
 *  errors  PT_E_ARG */
pt_status sweep_args_check(const sweep_args *args, const memory_args *memory, const char *device, const char *plot,
                           unsigned scalars, pt_err *err);

/** The rows of one curve. */
typedef struct {
    const pt_curve *curve;
    sweep found; /* owns: sweep_clear */
} sweep_part;

/** Of each curve that was swept. */
typedef struct {
    sweep_part parts[2];
    size_t n;
    bool tuned;
} sweep_report;

/** ranks   any */
void sweep_report_clear(sweep_report *self);

/** sweep's report: a line on standard error.
 *  ranks   root only */
void sweep_report_say(const sweep_row *row, size_t pass, double ms);

/** A table for each MSM.
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status sweep_report_print(const sweep_report *self, FILE *stream, pt_err *err);

/** An array of objects, the caller's; NULL if there is no memory.
 *  ranks   any */
json_t *sweep_report_json(const sweep_report *self);

/** A line of names and a line a row. Whether out took it is for the caller to ask.
 *  ranks   any */
void sweep_report_csv(const sweep_report *self, FILE *out);

#endif
