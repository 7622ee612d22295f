/* SPDX-License-Identifier: Apache-2.0 */
/* tests/cluster/watched_stages.h - keys that are opened run the stages as they are, and a test looks on, and interferes.
 *
 * A program with watched_stages.c is linked with --wrap=pt_curve_by_r: whoever reads a file of a curve gets a copy of the curve's table, in which
 * each stage is followed by the watcher. */
#ifndef PT_WATCHED_STAGES_H
#define PT_WATCHED_STAGES_H

#include "node/groth16/prover.h"

/** Called before STAGE_SYNTHESIS, as STAGE_WITNESS, and after each stage from it to STAGE_ASSEMBLE, on the partition's driver. Returns what
 *  the stage ends with, if it has not failed before. */
typedef pt_status (*stage_watcher)(void *ctx, groth16_partition *partition, stage s, pt_err *err);

/** Before any file is opened, and again only while nothing is being proven. */
void watch_stages(stage_watcher watcher, void *ctx);

/** units: bytes, from partition->memory: the sums of a partition, then its three vectors of domain_size scalars each, as
 *  node/groth16/prover.c lays them out. */
typedef struct {
    size_t g1_sums[4]; /* a, b1, l, h; g1_bytes each */
    size_t g1_bytes, g2_sum, g2_bytes;
    size_t vectors, vector_bytes;
} partition_layout;

partition_layout watched_layout(const proving_key *key);

#endif
