/* SPDX-License-Identifier: Apache-2.0 */
/* node/bench/soak.h - an engine that is kept full for a long time, and what it holds meanwhile. */
#ifndef PT_SOAK_H
#define PT_SOAK_H

#include "node/bench/resident.h"
#include "node/topo/process_figures.h"

/** How things are at one time. */
typedef struct soak_sample {
    double seconds; /* since the first partition was done */
    double clock;   /* seconds of the system's clock, 1970: to find the time in the record of another program */
    size_t n_done;  /* partitions with a valid proof until then */
    process_figures process;
    arena_figures arenas;
} soak_sample;

typedef struct soak_job {
    const resident *resident;
    double seconds;          /* to go on for; and until it has settled and n_at_once more partitions were done */
    size_t n_at_once;        /* partitions handed in at any time: more than are in flight */
    const atomic_bool *stop; /* ends it before; may be NULL */
    double interval;         /* seconds between two reports */
    void (*report)(void *ctx, const soak_sample *now); /* may be NULL */
    void *ctx;
} soak_job;

typedef struct soak_result {
    bool has_settled;             /* false: it was stopped before */
    soak_sample settled;          /* after a tenth of the time, n_at_once partitions at the least */
    soak_sample last;             /* the engine still full */
    size_t n_done;                /* with those that were in flight then */
    size_t n_failed;              /* partitions without a valid proof */
    pt_err fault;                 /* of the first of them */
    double first_rate, last_rate; /* partitions a second in the first and in the last tenth of the time */
} soak_result;

/** Keep an engine full, and verify every proof once more as it comes. The engine has been stopped afterwards.
 *  errors  PT_E_NOMEM; what fails or grows is in the result (soak_judge) */
pt_status soak_run(const soak_job *job, soak_result *out, pt_err *err);

/** Is everything as it should be?
 *  errors  the code of the first partition that failed; PT_E_INTERNAL what has grown since it settled: memory of its own, threads, files, or
 *          arenas that were mapped or unmapped; PT_E_NOMEM it was stopped before it settled; PT_E_NOINPUT the system tells no figures */
pt_status soak_judge(const soak_result *result, pt_err *err);

#endif
