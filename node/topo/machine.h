/* SPDX-License-Identifier: Apache-2.0 */
/* node/topo/machine.h - what the system lets this process use. */
#ifndef PT_MACHINE_H
#define PT_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Processors that the affinity mask and the cgroup's CPU quota allow; at least 1. */
size_t machine_threads(void);

/** A hash of the affinity mask: of processes on one machine, those with the same one may use the same processors. */
uint64_t machine_mask_hash(void);

/** Processors that are online. */
size_t machine_processors(void);

/** units: bytes. The machine's memory, what of it is available, and the cgroup's limit (UINT64_MAX when there is none). */
typedef struct {
    uint64_t total, available, limit;
} machine_memory;

machine_memory machine_memory_read(void);

/** units: bytes. What machine and cgroup have to give now; UINT64_MAX where the system does not tell. */
uint64_t machine_memory_to_give(void);

/** units: bytes. The most memory that this process has had resident. */
uint64_t machine_peak_memory(void);

/** Does the system give huge pages to who asks for them (madvise)? */
bool machine_gives_huge_pages(void);

/** The processor's name as the system gives it, NUL-terminated, "unknown" if it does not. */
void machine_processor_name(char *out, size_t room);

#endif
