/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/root_run.h - a run of `partita prove` on rank 0: what its parts share, made, taken a turn further and cleared. */
#ifndef PT_ROOT_RUN_H
#define PT_ROOT_RUN_H

#include "mpi/cluster/back_off.h"
#include "mpi/cluster/coordinator.h"
#include "mpi/cluster/engine_proving.h"
#include "mpi/cluster/journal.h"
#include "mpi/cluster/public_judge.h"
#include "mpi/cluster/worker.h"
#include "mpi/interrupt.h"
#include "mpi/progress.h"
#include "mpi/prove_args.h"
#include "mpi/root_view.h"

enum { OWN_ROOT, OWN_WORKER, OWN_ENDS }; /* of the loop between coordinator and worker of this process */

/** How a partition has ended. */
typedef struct root_outcome {
    pt_err err;
    bool ended;
    double seconds;
} root_outcome;

struct root_stream;

typedef struct root_run {
    const cli *options;
    const prove_args *args;
    run_log *log;
    request request;
    const char *new_dir; /* --out's, if it was not there */
    char *journal_path;  /* NULL: none is kept */
    char host[64];
    interrupt *interrupt;
    progress *progress;
    root_view *view; /* of several ranks, in place of progress; NULL: none is shown */
    run_timeline *timeline;
    span_gather *spans; /* of the other ranks; NULL: nobody asks */
    engine_proving *proving;
    transport *own[OWN_ENDS], *seen; /* seen: what the coordinator sees */
    public_judge *publics;
    uint64_t n_moved; /* of the transport to the others */
    ship_root *ship;  /* NULL: ranks read what they prove */
    coordinator *coordinator;
    worker *worker;
    journal *journal;
    uint8_t *key_hashes, *identities;
    root_outcome *outcomes;
    struct root_stream *stream; /* of a request that comes line by line; NULL: it is known */
    uint32_t n_shown;           /* partitions that have ended, as have all before them */
    double started;
    bool began; /* partitions are given out */
} root_run;

/** Room for what becomes of the request's partitions.
 *  ranks   root only, here and below
 *  errors  PT_E_NOMEM */
pt_status root_run_make_states(root_run *run, pt_err *err);

/** The engine of this process, its worker, and the coordinator of all: after the request, its states and its journal.
 *  errors  of engine_proving_create and run_timeline_create; PT_E_NOMEM */
pt_status root_run_make(root_run *run, pt_err *err);
void root_run_clear(root_run *run);

/** Frames to whom they are for, then whatever is due.
 *  returns true if something was done */
bool root_run_turn(root_run *run);

/** Sleep behind a turn in which something was done, or nothing: until this process has proven a partition, or results are to be committed,
 *  or as `idle` says. */
void root_run_rest(root_run *run, back_off *idle, bool did);

/** When all is proven: wait until the other ranks have told what they did when. Where nothing is recorded nobody is asked. */
void root_run_gather_spans(root_run *run);

/** Then write the timelines and work out the figures.
 *  errors  of run_timeline_finish */
pt_status root_run_end_timeline(root_run *run, pt_err *err);

/** A key of the request, once it is open. */
const proving_key *root_run_key(const root_run *run, uint32_t key);
/** Say what is wrong with a key that is open. */
void root_run_warn_of_key(const root_run *run, uint32_t key);

#endif
