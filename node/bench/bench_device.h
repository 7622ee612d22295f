/* SPDX-License-Identifier: Apache-2.0 */
/* node/bench/bench_device.h - the benchmarks of a device, for a job that names one. Per curve. */
#ifndef PT_BENCH_DEVICE_H
#define PT_BENCH_DEVICE_H

#include "node/arith/curve_build.h"
#include "node/arith/g1.h"
#include "node/arith/g2.h"
#include "node/bench/bench.h"

/** Up to here the whole result is compared with the processor's. */
enum { DEVICE_LOG_CHECKED_MAX = 18 };

#define bench_device_arith PT_NAME(bench_device_arith)
#define bench_device_ntt PT_NAME(bench_device_ntt)
#define bench_device_msm PT_NAME(bench_device_msm)
#define bench_device_sweep PT_NAME(bench_device_sweep)

/** Chains of products and of additions to a bucket, as rates: "G/s". Ends of chains are compared with the processor's. */
pt_status bench_device_arith(const bench_job *job, pt_err *err);

/** A transform, of many that are queued one behind the other, and the six of a quotient; by the host's clock, the kernels' shares by events. */
pt_status bench_device_ntt(const bench_job *job, pt_err *err);

/** Where a pass of a sweep puts what it measures; what the device refuses is no error there but the row's `skipped`, unless it did the
 *  same before: then it is lost.
 *  shape   ms: n_repeats samples; the row's shares are added to */
typedef struct {
    sweep_row *row;
    double *ms;
    bool again; /* an earlier pass measured the row */
} device_sample_room;

/** One MSM: its row's name, points as in a key file, canonical scalars, the right sum, and how that was found. */
typedef struct {
    const bench_job *job;
    const char *name;
    unsigned group;                    /* GROUP_G1 or GROUP_G2 */
    bool tables;                       /* of the points' multiples */
    unsigned c;                        /* bits of a window; 0: what is fastest */
    unsigned n_batches;                /* of windows; 0: what is fastest */
    msm_accumulator accumulator;       /* {0}: the default */
    const device_sample_room *sampled; /* instead of rows of the report; NULL: those */
    size_t n;
    const uint8_t *points;
    const fr *scalars;
    g1_xyzz sum1; /* that of the group */
    g2_xyzz sum2;
    const char *checked;
} device_msm_case;

/** From scalars on the device to the sum here, points resident or in slices as memory allows, and the share of each kernel. No row where
 *  tables don't fit.
 *  errors  PT_E_INTERNAL a wrong sum, or other bytes than were planned */
pt_status bench_device_msm(const device_msm_case *of, pt_err *err);

/** The same with every accumulator of the job's sweep, twice each; no rows where tables don't fit.
 *  shape   scalars: their kind
 *  errors  as above; PT_E_DEVICE none could be measured; of the device's commands, where the second pass can't do what the first one did;
 *          of msm_tuned_store, with tune */
pt_status bench_device_sweep(const device_msm_case *of, const char *scalars, pt_err *err);

#endif
