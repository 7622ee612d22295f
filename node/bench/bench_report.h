/* SPDX-License-Identifier: Apache-2.0 */
/* node/bench/bench_report.h - rows of measured figures: median and spread. */
#ifndef PT_BENCH_REPORT_H
#define PT_BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

enum { BENCH_DIGEST_BYTES = 32 };

/** What an MSM took on a device, and in how many pieces it went. */
typedef struct {
    unsigned c; /* bits of a window; 0: the row is of no such MSM */
    bool tables;
    unsigned n_windows, n_batches;
    size_t n_slices;
    uint64_t planned_bytes, taken_bytes; /* all of its buffers */
} bench_msm_room;

typedef struct {
    char name[64];
    uint64_t size; /* points, values, rows; 1 for a single operation */
    size_t n_threads;
    const char *unit; /* "ns", "ms" */
    double median, p25, p75, min;
    size_t n_samples;
    const char *checked;                /* what the result was compared with */
    uint8_t digest[BENCH_DIGEST_BYTES]; /* of the result, where two builds are compared; else 0 */
    bench_msm_room room;
} bench_row;

/** Start with {0}. */
typedef struct bench_report {
    bench_row *rows;
    size_t n, room;
} bench_report;

/** What a row is besides its figures. */
typedef struct {
    const char *name;
    uint64_t size;
    size_t n_threads;
    const char *unit, *checked;
    const uint8_t *digest; /* BENCH_DIGEST_BYTES, or NULL */
} bench_label;

/** Add a row. samples[n_samples] are sorted in place; n_samples >= 1.
 *  errors  PT_E_NOMEM */
pt_status bench_report_add(bench_report *report, const bench_label *label, double *samples, size_t n_samples, pt_err *err);
void bench_report_clear(bench_report *report);

#endif
