/* SPDX-License-Identifier: Apache-2.0 */
/* node/groth16/device_plan.h - what a key and the partitions that are proven with it take of a device, to the byte. Pure. */
#ifndef PT_DEVICE_PLAN_H
#define PT_DEVICE_PLAN_H

#include "gpu/device.h"
#include "gpu/gpu_msm_plan.h"
#include "gpu/gpu_ntt_plan.h"
#include "gpu/spmv_layout.h"
#include "node/format/proving_key.h"
#include "node/pipeline/engine_options.h"

typedef struct {
    uint64_t bytes_max; /* for all of it */
    uint64_t of_others; /* bytes that other processes have claimed, if that is why; for messages alone */
    uint64_t buffer_max, local_bytes;
    size_t group_max; /* of the device */
    size_t n_rooms;   /* partitions that have vectors there at a time */
    stage_side synthesis, g2;
    msm_accumulator h, witness[2]; /* how the MSMs over h and over the witness, by group, sum points */
    bool tables;                   /* the points are used often enough to make tables of their multiples */
} device_request;

typedef struct device_plan {
    gpu_msm_plan witness, h; /* A, B1, L and, on the device, B2; H */
    gpu_ntt_plan ntt;
    size_t n_rooms;
    bool synthesis, g2; /* on the device; else on the processor */
    uint64_t matrices;  /* bytes, as all that follows */
    uint64_t twiddles;
    uint64_t points;  /* or tables of their multiples */
    uint64_t scratch; /* of the MSMs: one partition's at a time */
    uint64_t room;    /* a partition's witness and vectors */
    uint64_t total;
} device_plan;

/** Is a device likely to prove with this key sooner than so many threads? An estimate, for who leaves the choice to us: from measured times
 *  of an H200 and of processors' cores (docs/benchmarks.md), a device taken to be as fast as its compute units are many. Pure. */
bool device_pays(const gpu_device_info *device, const proving_key *key, size_t n_threads);

enum { DEVICE_SUMS_MAX = 280 }; /* bit sums of a query: (FR_BITS - 1) + c at the most */

/** A key's matrices, as a device is given them. */
spmv_circuit device_circuit(const proving_key *key);

/** Plan. A side that is left open goes to the device if there is room.
 *  errors  PT_E_NOMEM not even the points have room: the message has the floor; PT_E_ARG a domain of one value; PT_E_DEVICE too little
 *          local memory */
pt_status device_plan_make(const device_request *request, const proving_key *key, device_plan *out, pt_err *err);

#endif
