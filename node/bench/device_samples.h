/* SPDX-License-Identifier: Apache-2.0 */
/* node/bench/device_samples.h - what runs on a device take: the whole, as proofs have it, and the share of each kernel by its events, in a run
 * beside it whose queue keeps times. */
#ifndef PT_DEVICE_SAMPLES_H
#define PT_DEVICE_SAMPLES_H

#include "gpu/queue.h"
#include "node/bench/bench_report.h"

enum { DEVICE_COMMANDS_MAX = 32 };

/** Samples of the commands of one name. */
typedef struct {
    char name[32];
    double *ms;
} device_share;

typedef struct device_samples {
    size_t n_repeats, n_shares;
    double *total_ms;
    device_share shares[DEVICE_COMMANDS_MAX];
} device_samples;

/** owns    *out is the caller's (device_samples_clear)
 *  errors  PT_E_NOMEM */
pt_status device_samples_init(size_t n_repeats, device_samples *out, pt_err *err);
void device_samples_clear(device_samples *self);

/** Sample i of n_repeats: a run of the work took total_ms; another one is the timed queue's commands since gpu_queue_forget_times, which have
 *  ended: those of each name are a share. */
void device_samples_take(device_samples *self, size_t i, double total_ms, const gpu_queue *timed);

/** A row `name` for the whole and a row `name.KERNEL` for each share, in milliseconds a run.
 *  shape   every sample was taken
 *  errors  PT_E_NOMEM */
pt_status device_samples_report(device_samples *self, const char *name, uint64_t size, const char *checked,
                                bench_report *report, pt_err *err);

#endif
