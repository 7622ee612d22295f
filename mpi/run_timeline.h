/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/run_timeline.h - the timeline of one run of prove: its recorder, the files that it becomes, and its figures. */
#ifndef PT_RUN_TIMELINE_H
#define PT_RUN_TIMELINE_H

#include "mpi/cluster/request.h"
#include "mpi/cluster/span_gather.h"
#include "mpi/interrupt.h"
#include "node/pipeline/crew.h"
#include "node/pipeline/timeline_stats.h"

enum { TIMELINE_FILES_MAX = 4 };

typedef struct run_timeline run_timeline;

typedef struct {
    const request *request;
    const char *const *files; /* of --timeline; none for the figures alone */
    size_t n_files;           /* at most TIMELINE_FILES_MAX */
} run_timeline_plan;

/** Refuse what could not be written later, and begin the timeline, with room for every stage of every partition.
 *  owns    *out is the caller's (run_timeline_destroy); what plan points to is borrowed until then
 *  ranks   root only
 *  errors  PT_E_ARG an ending that is not a timeline's, an input or output of the run, one file twice; PT_E_CREATE; PT_E_NOMEM */
pt_status run_timeline_create(const run_timeline_plan *plan, run_timeline **out, pt_err *err);
void run_timeline_destroy(run_timeline *self);

/** One of a rank that has no request and writes no files; the root asks for its spans.
 *  owns    *out is the caller's (run_timeline_destroy)
 *  ranks   worker only
 *  errors  PT_E_NOMEM */
pt_status run_timeline_create_of_rank(run_timeline **out, pt_err *err);

/** For the engine. returns NULL if self is NULL: nothing is recorded. ranks: any */
timeline *run_timeline_recorder(run_timeline *self);

/** What the calling thread runs itself, on TIMELINE_MAIN_ROW, with a crew (or NULL); number: the partition.
 *  ranks   any */
timeline_span run_timeline_begin(run_timeline *self, stage s, uint32_t number, const crew *threads);
void run_timeline_end(run_timeline *self, timeline_span *span, const crew *threads);

/** What the other ranks have told, for run_timeline_finish. */
typedef struct {
    const span_gather *spans;
    uint32_t n_ranks;
    const char *(*host)(const void *ctx, uint32_t rank);
    const void *ctx;
} run_timeline_job;

/** The run is over: work out its figures and write its files. Nothing if self is NULL.
 *  shape   n_threads of this rank; job: NULL without other ranks
 *  ranks   root only
 *  errors  PT_E_CREATE, PT_E_IO, PT_E_NOMEM */
pt_status run_timeline_finish(run_timeline *self, size_t n_threads, const run_timeline_job *job, interrupt *signals,
                              pt_err *err);

/** After run_timeline_finish; borrowed. NULL if self is NULL. ranks: any */
const timeline_stats *run_timeline_stats(const run_timeline *self);
/** Spans that had no room, of all ranks. ranks: any */
size_t run_timeline_n_lost(const run_timeline *self);

#endif
