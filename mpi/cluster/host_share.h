/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/host_share.h - what each of several ranks on one host may use of it: cores, threads, memory. Pure. */
#ifndef PT_HOST_SHARE_H
#define PT_HOST_SHARE_H

#include "node/topo/topology.h"

/** A rank among those of its host. */
typedef struct host_rank {
    size_t local_rank, n_local;
    size_t bound_rank, n_bound; /* of these, among those that may use the same processors */
} host_rank;

/** What there is for all of them. */
typedef struct host_supply {
    size_t n_threads;      /* that affinity mask and cgroup quota allow */
    uint64_t memory_bytes; /* UINT64_MAX: not known */
} host_supply;

/** What is one rank's. */
typedef struct host_share {
    size_t n_threads; /* at least 1 */
    uint64_t memory_bytes;
    char warning[320]; /* a line; "" unless mpirun's binding leaves the rank less than an even part */
} host_share;

/** Take a rank's part: of the cores in machine that are allowed, those that others have are no longer allowed. The parts are runs of
 *  neighbours, disjoint, which end where a shared-L3 domain ends if none then gets less than three quarters of an even part; with more ranks
 *  than cores several have the same one.
 *  ranks   any */
host_share host_share_take(topology *machine, const host_rank *rank, const host_supply *supply);

#endif
