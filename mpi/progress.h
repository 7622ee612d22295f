/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/progress.h - shows on stderr how far a run of partitions is: a live line on a terminal, else one line a stage. */
#ifndef PT_PROGRESS_H
#define PT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "kernels/shared/status.h"
#include "mpi/run_log.h"
#include "node/pipeline/stage.h"

/** What an estimate is made of. known[s]: seconds that stage s took last, negative before it has ended once. */
typedef struct {
    double known[STAGE_COUNT];
    stage current;
    double in_current;        /* seconds since the current stage began */
    double elapsed;           /* seconds since the run began */
    double proving;           /* of these, since the first partition began */
    size_t n_done;            /* partitions */
    size_t n_partitions_left; /* behind the current one */
} progress_state;

/** Seconds to go: from the rate, once a partition is done; before, what is known of a stage, else its usual share scaled by the
 *  known ones. Pure.
 *  ranks   any
 *  returns a negative number before any stage has ended */
double progress_remaining(const progress_state *state);

typedef struct progress progress;

/** Begin to show. Stages are told to progress_report; on a terminal a thread redraws the line. A log of JSON gets an event a stage.
 *  owns    *out is the caller's (progress_destroy, which erases the line); log is borrowed
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status progress_create(size_t n_partitions, const run_log *log, progress **out, pt_err *err);
/** Show nothing more; stages may still be told of, until it is destroyed.
 *  ranks   root only */
void progress_end(progress *self);
/** ranks   root only */
void progress_destroy(progress *self);

/** A stage of a partition begins; of several under way at once, the first that is not done is the one on the terminal. Stage names
 *  are those of node/pipeline/stage.h.
 *  thread  any
 *  ranks   root only */
void progress_report(progress *self, size_t index, const char *name, stage s);

/** A partition is done, as all before it are.
 *  ranks   root only */
void progress_done(progress *self, size_t index);

#endif
