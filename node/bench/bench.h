/* SPDX-License-Identifier: Apache-2.0 */
/* node/bench/bench.h - benchmarks of one curve. Every result is checked in the same run against another way to compute it. */
#ifndef PT_BENCH_H
#define PT_BENCH_H

#include "gpu/device.h"
#include "gpu/lock.h"
#include "node/bench/bench_report.h"
#include "node/bench/sweep.h"
#include "node/curve.h"
#include "node/format/wtns.h"
#include "node/format/proving_key.h"
#include "node/pipeline/crew.h"

typedef enum {
    BENCH_ARITH, /* field products to pairings, one thread */
    BENCH_NTT,   /* a transform, and the six of a quotient */
    BENCH_MSM,
    BENCH_SYNTH, /* a = A w, b = B w, c = a o b */
    BENCH_PROVE, /* a whole proof and its stages */
    BENCH_VERIFY /* batches of proofs, all right and one bad */
} bench_kind;

/** What an MSM's scalars are; values of a mask. */
enum { SCALARS_FULL = 1, SCALARS_BITS = 2, SCALARS_SMALL = 4, SCALARS_ALL = 7 };
enum { GROUP_G1 = 1, GROUP_G2 = 2, GROUP_ALL = 3 };

typedef struct bench_job {
    bench_kind kind;
    const pt_curve *curve;
    const pt_curve *other; /* the same curve for another instruction set, to check against; NULL where there is none */
    crew *crew;
    gpu_device *device; /* arith, ntt, msm: what is measured; NULL: the processor */
    gpu_lock *lock;     /* of the device: held for each run */
    size_t n_repeats;   /* samples a row */
    uint64_t seed;
    const unsigned *log_sizes; /* ntt, msm */
    size_t n_sizes;
    const size_t *batches; /* verify: proofs in a batch, at least 1 */
    size_t n_batches;
    unsigned scalars, groups;       /* msm: masks */
    uint64_t device_bytes;          /* msm on a device: all that one may take there; 0: nine tenths of what there is */
    const unsigned *windows;        /* and bits of windows, a row each */
    size_t n_windows;               /* 0: one row, what is fastest */
    const unsigned *window_batches; /* and numbers of batches that its windows go in, a row each */
    size_t n_window_batches;        /* 0: one row, what is fastest */
    sweep *sweep;           /* msm on a device: these accumulators instead, whose rows are added to it; NULL: none */
    const proving_key *key; /* synth, prove */
    const wtns *witness;
    const char *witness_path; /* for messages */
    bench_report *report;     /* rows are added */
} bench_job;

/** Run a benchmark.
 *  errors  PT_E_INTERNAL a result differs from the check's, or the bytes that were taken of a device from those that were planned;
 *          PT_E_ARG a size that the curve has no domain for; PT_E_NOMEM; of groth16_prove, gpu_msm_plan_make; of a device's commands */
pt_status bench_run(const bench_job *job, pt_err *err);

#endif
