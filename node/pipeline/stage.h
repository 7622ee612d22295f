/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/stage.h - the stages of a proof: what progress is reported by and time is counted in. */
#ifndef PT_STAGE_H
#define PT_STAGE_H

#include <stdatomic.h>
#include <stdbool.h>

typedef enum {
    STAGE_KEY,       /* open, check and index the key */
    STAGE_WITNESS,   /* read and check the witness */
    STAGE_SYNTHESIS, /* a = A w, b = B w, c = a o b */
    STAGE_QUOTIENT,  /* six transforms, h = a b - c */
    STAGE_MSM_H,     /* H in G1 */
    STAGE_MSM_G1,    /* A, B1, L in G1 */
    STAGE_MSM_G2,    /* B2 in G2 */
    STAGE_ASSEMBLE,  /* blinding */
    STAGE_VERIFY,    /* the pairing check before anything is written */
    STAGE_WRITE,
    STAGE_COUNT
} stage;

/** A stage's name for a table: "synthesis". */
const char *stage_name(stage s);

typedef struct {
    double seconds[STAGE_COUNT];
} stage_times;

/** What a job tells its caller and is told by it: all optional. report is called from the job's own thread. */
typedef struct {
    void (*report)(void *ctx, stage s); /* a stage begins */
    void *ctx;
    const atomic_bool *cancel; /* set by anyone: the job ends between two stages, PT_E_NOMEM "cancelled" */
    stage_times *times;        /* seconds are added */
} job_watch;

/** Seconds of a clock that never goes back. */
double clock_seconds(void);

/** Begin a stage: report it, return its start. */
double stage_begin(const job_watch *watch, stage s);
void stage_end(const job_watch *watch, stage s, double start);

#endif
