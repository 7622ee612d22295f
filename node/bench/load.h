/* SPDX-License-Identifier: Apache-2.0 */
/* node/bench/load.h - loads of an engine: so many proofs in all, so many at a time, each of several partitions. */
#ifndef PT_LOAD_H
#define PT_LOAD_H

#include "node/bench/resident.h"
#include "node/pipeline/timeline_stats.h"

typedef struct load_shape {
    size_t n_proofs, n_at_once, n_partitions; /* at least 1 each */
} load_shape;

/** What one load showed. */
typedef struct load_row {
    size_t n_proofs, n_at_once, n_partitions;
    size_t n_failed;       /* partitions without a valid proof */
    pt_err fault;          /* of the first of them */
    double seconds;        /* from the first proof's begin to the last one's end */
    duration_stats proofs; /* timeline_proofs_of */
    timeline_stats stats;
    size_t n_lost;         /* spans that had no room */
    uint64_t peak_bytes;   /* resident at most meanwhile */
    bool peak_is_own;      /* false: the process's until then, for the system does not let it begin anew */
    double device_seconds; /* that kernels took on the device, by their events; 0 without one */
    uint64_t arena_bytes;  /* that partitions in flight took together */
    size_t n_mapped;       /* arenas that were mapped or unmapped meanwhile */
} load_row;

/** Spans that a load records. */
size_t load_spans(load_shape shape);

/** Put a load on an engine and wait for its end: a proof's partitions are handed in together, n_at_once proofs at first and another whenever the
 *  oldest is done. Afterwards, out of the time measured, every proof is verified once more. The timeline is the load's own.
 *  shape   of all loads of one engine n_partitions is the same
 *  errors  PT_E_NOMEM; a partition that fails is counted, and is no error */
pt_status load_run(const resident *self, load_shape shape, load_row *out, pt_err *err);

#endif
