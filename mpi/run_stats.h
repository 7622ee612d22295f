/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/run_stats.h - what --stats shows: the time of each stage and the peak memory. */
#ifndef PT_RUN_STATS_H
#define PT_RUN_STATS_H

#include <jansson.h>
#include <stdio.h>

#include "node/curve.h"
#include "node/pipeline/timeline_stats.h"

typedef struct {
    const stage_times *times; /* of all partitions together */
    double seconds;           /* the whole run */
    size_t n_threads;
    const pt_curve *curve;
    const timeline_stats *timeline; /* of a run that recorded one: shown instead of times; else NULL */
    size_t n_lost;                  /* its spans that had no room */
} run_stats;

/** A table for people.
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status run_stats_print(const run_stats *stats, FILE *stream, pt_err *err);

/** The same as a JSON object, the caller's; NULL if there is no memory. Seconds and bytes.
 *  ranks   any */
json_t *run_stats_json(const run_stats *stats);

#endif
