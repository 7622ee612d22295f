/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/timeline_view.h - a timeline with the names that belong to it: what is written as a trace or drawn. */
#ifndef PT_TIMELINE_VIEW_H
#define PT_TIMELINE_VIEW_H

#include "node/pipeline/timeline_stats.h"

/** A rank of a job whose timelines are in one. */
typedef struct timeline_rank {
    const char *host;
    size_t n_threads, n_lost; /* spans that had no room */
    double clock_error;       /* seconds that its times may be off; 0 of rank 0, whose clock is everybody's */
    bool is_there;            /* else its timeline did not come */
} timeline_rank;

/** All borrowed. */
typedef struct timeline_view {
    const timeline_list *list;
    const timeline_stats *stats;        /* of this list */
    size_t n_lost;                      /* spans that had no room */
    const char *circuit;                /* the title: the key's name */
    const char *const *partition_names; /* where there is none: "partition 17" */
    size_t n_partition_names;
    const char *const *row_names; /* where there is none: "driver 3"; the same for every rank */
    size_t n_row_names;
    const timeline_rank *ranks; /* by number; none: there is one rank */
    size_t n_ranks;
} timeline_view;

enum { TIMELINE_NAME_CHARS = 40 };

/** The name of a partition or row. owns: the view's, or scratch[TIMELINE_NAME_CHARS] */
const char *timeline_partition_name(const timeline_view *view, uint32_t partition, char *scratch);
const char *timeline_row_name(const timeline_view *view, uint32_t row, char *scratch);

#endif
