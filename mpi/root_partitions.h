/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/root_partitions.h - the partitions of a root's run that end: published, or failed, and counted. */
#ifndef PT_ROOT_PARTITIONS_H
#define PT_ROOT_PARTITIONS_H

#include "mpi/root_run.h"

/** A partition has ended: well, or with what people are told now.
 *  ranks   root only, here and below */
void root_partition_end(root_run *run, uint32_t i, const pt_err *how);

/** Tell a log of JSON of a proof: "published", "resumed". host: of the rank that proved it; NULL: the root's */
void root_partition_tell(const root_run *run, const char *name, const char *host, const cluster_proof *of);

/** Write a proof's files; its partition ends.
 *  shape   public_inputs: n_public, canonical, 32 bytes each */
void root_partition_publish(root_run *run, uint32_t i, const uint8_t *bytes, size_t n_bytes, const uint8_t *public_inputs,
                            size_t n_public);

/** Tell how many were not begun.
 *  returns the code of the first partition in order that failed */
pt_status root_partitions_sum_up(const root_run *run);

#endif
