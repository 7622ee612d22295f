/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/timeline_stats.h - what the spans of a timeline say together. Pure: the same spans give the same figures. */
#ifndef PT_TIMELINE_STATS_H
#define PT_TIMELINE_STATS_H

#include "node/pipeline/timeline.h"

#define TIMELINE_ANY_STAGE STAGE_COUNT
#define TIMELINE_GAP_SECONDS 1e-3 /* shorter gaps are the way from one stage to the next */

typedef struct {
    double from, to;
} timeline_window;

/** A walk over the gaps in a window: the times in which no span of a stage (or of any) runs. */
typedef struct {
    const timeline_list *list;
    unsigned stage; /* or TIMELINE_ANY_STAGE */
    timeline_window within;
    double shortest; /* shorter gaps are passed over */
    size_t next;     /* span to look at */
    double busy_to;  /* end of what ran so far */
} timeline_gaps;

timeline_gaps timeline_gaps_in(const timeline_list *list, unsigned which, timeline_window within, double shortest);
/** The next gap, in order of time; false if there is none. */
bool timeline_next_gap(timeline_gaps *walk, timeline_window *out);

/** Gaps of one kind together. units: seconds */
typedef struct {
    size_t n;
    double sum, longest;
} gap_stats;

/** Durations of one kind. units: seconds */
typedef struct {
    size_t n;
    double sum, mean, p50, p95, p99, longest;
} duration_stats;

typedef struct {
    duration_stats spans;
    double share; /* of the sum of all stages */
    double cpu_seconds;
    uint64_t bytes;
    gap_stats gaps; /* between its first start and its last end */
} stage_stats;

typedef struct {
    stage_stats stages[STAGE_COUNT];
    duration_stats partitions; /* each from the start of its first span to the end of its last */
    timeline_window
        window; /* from the first partition's start to the last one's end; of all spans, if none is of a partition */
    double partitions_per_second; /* over the window */
    double in_flight;             /* partitions begun and not ended, on the average of the window */
    double stage_seconds;         /* sum of all stages */
    double cpu_seconds;           /* of all stages; the two below are of partitions alone */
    double utilisation;           /* cpu time over threads times the window */
    gap_stats idle;               /* in the window no stage ran at all */
    size_t n_threads;
    double shortest_gap;
} timeline_stats;

/** The figures of a list; all zero of an empty one.
 *  shape   n_threads >= 1; gaps from shortest_gap on are counted, e.g. TIMELINE_GAP_SECONDS
 *  errors  PT_E_NOMEM */
pt_status timeline_stats_of(const timeline_list *list, size_t n_threads, double shortest_gap, timeline_stats *out,
                            pt_err *err);

/** How long proofs of several partitions took, each from the start of its first partition to the end of its last: partitions 0 to
 *  n_partitions - 1 are the first proof.
 *  shape   n_partitions >= 1
 *  errors  PT_E_NOMEM */
pt_status timeline_proofs_of(const timeline_list *list, uint32_t n_partitions, duration_stats *out, pt_err *err);

#endif
