/* SPDX-License-Identifier: Apache-2.0 */
/* node/bench/sweep.h - accumulators of an MSM on a device, each measured twice in one process, and which of them differ. */
#ifndef PT_SWEEP_H
#define PT_SWEEP_H

#include "gpu/build_log.h"
#include "gpu/gpu_msm_plan.h"

enum { SWEEP_MAX = 80, SWEEP_PASSES = 2, SWEEP_KERNELS_MAX = 24 };

/** Mean time of one kernel, or of the other commands, by their events. */
typedef struct {
    char name[24];
    double ms;
} sweep_share;

/** One accumulator in one MSM. */
typedef struct {
    gpu_msm_group group;
    uint64_t n;          /* points */
    const char *scalars; /* "full", "bits", "small" */
    bool tables;
    msm_accumulator accumulator;
    char skipped[160]; /* why it could not be measured; "": what follows is there */
    bool no_tables;    /* for want of room for them, that is */
    bool tells_registers;
    build_log_figures figures; /* of the accumulator's kernel, if the driver tells */
    uint64_t local_bytes;      /* of its work-groups */
    uint64_t planned_bytes;    /* of the device in all, and so many were taken */
    unsigned c;
    const char *checked;                     /* what every sum was compared with */
    size_t n_samples;                        /* over both passes */
    double pass_ms[SWEEP_PASSES], ms, sd_ms; /* all commands of an MSM: means, and the standard deviation of a sample */
    sweep_share shares[SWEEP_KERNELS_MAX];
    size_t n_shares;
    bool is_best;  /* of its MSM */
    bool differs;  /* its mean from the best one's by at least 4 standard deviations, the larger of the two */
    double slower; /* by this part of the best one's mean */
} sweep_row;

/** Start with {0} and what is asked. */
typedef struct sweep {
    msm_accumulator asked[SWEEP_MAX]; /* complete */
    size_t n_asked;
    bool tune; /* keep what is best */
    /** Told after each row's pass, counted from 0, with its mean: on the caller's thread. NULL: nobody is. */
    void (*report)(const sweep_row *row, size_t pass, double ms);
    sweep_row *rows; /* found; owns: sweep_clear */
    size_t n, room;
} sweep;

/** Ask for every combination of knobs. */
void sweep_ask_all(sweep *self);

/** errors  PT_E_NOMEM */
pt_status sweep_add(sweep *self, const sweep_row *row, pt_err *err);
void sweep_clear(sweep *self);

/** Of samples[n], n >= 1. */
double sweep_mean(const double *samples, size_t n);

/** A row's figures.
 *  shape   samples: SWEEP_PASSES times n_repeats, the first pass first, n_repeats >= 1 */
void sweep_row_sum_up(sweep_row *row, const double *samples, size_t n_repeats);

/** Which of rows[n], accumulators of one MSM, is best, and which differ from it.
 *  returns the best, or of several that do not differ from it tasks in the default's groups; NULL: none was measured */
const sweep_row *sweep_judge(sweep_row *rows, size_t n);

#endif
