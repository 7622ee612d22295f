/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/run_stats.h - what --stats shows: the time of each stage, the memory taken beside what was planned, and what came of the
 * placement. */
#ifndef PT_RUN_STATS_H
#define PT_RUN_STATS_H

#include <jansson.h>
#include <stdio.h>

#include "mpi/cluster/ship_root.h"
#include "mpi/cluster/wire.h"
#include "node/curve.h"
#include "node/pipeline/engine.h"
#include "node/pipeline/timeline_stats.h"
#include "node/topo/pin.h"

/** A rank that has a device. */
typedef struct run_device {
    uint32_t rank;
    wire_device proven;
} run_device;

typedef struct {
    double seconds;            /* the whole run */
    size_t n_threads, n_ranks; /* of all ranks; memory and places are this one's */
    const pt_curve *curve;
    const timeline_stats *timeline;
    size_t n_lost; /* its spans that had no room */
    const memory_plan *planned;
    uint64_t peak_before; /* bytes, when memory was planned */
    engine_figures achieved;
    const run_device *devices; /* of all ranks, in their order */
    size_t n_devices;
    pin_report key_pages; /* of a key that was read to its place; of one that is mapped none */
    uint64_t key_huge_bytes;
    const ship_root *shipped; /* NULL: nothing is */
} run_stats;

/** A table for people.
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status run_stats_print(const run_stats *stats, FILE *stream, pt_err *err);

/** The same as a JSON object, the caller's; NULL if there is no memory. Seconds and bytes.
 *  ranks   any */
json_t *run_stats_json(const run_stats *stats);

#endif
