/* SPDX-License-Identifier: Apache-2.0 */
/* node/groth16/partition_state.h - what a partition's memory begins with, whatever its stages run on. Per curve. */
#ifndef PT_PARTITION_STATE_H
#define PT_PARTITION_STATE_H

#include "node/groth16/assemble.h"
#include "node/msm/msm.h"

typedef struct {
    msm_sums sums;
    msm *witness; /* recoded, behind this */
} partition_state;

enum { PARTITION_STATE_BYTES = (sizeof(partition_state) + 63) / 64 * 64 };

static inline partition_state *partition_state_of(const groth16_partition *p)
{
    return p->memory;
}

#define cpu_vector_bytes PT_NAME(cpu_vector_bytes)

/** units: bytes. Of each of a, b and c, which lie one behind the other in the scratch after the processor's synthesis. */
size_t cpu_vector_bytes(const proving_key *key);

/** What lies behind it: scratch of the stages. */
static inline void *partition_scratch_of(const groth16_partition *p)
{
    return (uint8_t *)p->memory + PARTITION_STATE_BYTES;
}

#endif
