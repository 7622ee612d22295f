/* SPDX-License-Identifier: Apache-2.0 */
/* node/topo/placement.h - where a node's threads run and where what they all read lies: from a topology, by arithmetic alone.
 *
 * A pool is the threads of one shared-L3 domain, one a core, each on the core's first processing unit that is allowed; siblings
 * stay idle. A crew is a run of neighbouring pools that work on one partition; the tail crew is where G2 MSMs run. */
#ifndef PT_PLACEMENT_H
#define PT_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"
#include "node/pipeline/engine_options.h"
#include "node/topo/pin.h"
#include "node/topo/topology.h"

enum {
    PLACEMENT_TAIL_DOMAINS = 2,
    PLACEMENT_IO_MAX = 4,
    PLACEMENT_COPIES_MAX = 64, /* of a key */
    PLACEMENT_FEW = 4          /* partitions for which a key is not read into memory if it can be mapped */
};

typedef struct {
    engine_options options;
    size_t quota_threads;     /* that the cgroup pays for; 0: all */
    size_t n_partitions;      /* of the whole run; 0: no end is known */
    uint64_t key_bytes;       /* what all partitions read: points and matrices */
    uint64_t partition_bytes; /* what one partition in flight takes */
    uint64_t memory_bytes;    /* for all of it; 0: no limit is known */
    bool can_map;             /* the key can be used as it lies in its file */
    size_t copies_max;        /* of the key that can be read; 0: none */
    bool huge_pages;          /* the system gives them */
} placement_request;

typedef struct {
    uint16_t core, pu; /* logical */
    uint16_t pool;
    unsigned os_pu; /* to bind to */
} placement_thread;

typedef struct {
    uint16_t domain, node, package; /* logical */
    size_t first_thread, n_threads;
} placement_pool;

typedef struct {
    size_t first_pool, n_pools;
} pool_span;

/** Where a key lies. */
typedef enum {
    KEY_MAPPED,      /* in the file's pages */
    KEY_ONE_COPY,    /* in memory of the one node that is used */
    KEY_COPY_A_NODE, /* in memory of each node; a partition reads that of the node where it begins */
    KEY_INTERLEAVED  /* one copy, its pages dealt out to the nodes */
} key_home;

typedef struct placement {
    placement_thread *threads; /* by pool */
    placement_pool *pools;     /* by package, then node; only domains that have threads */
    size_t n_threads, n_pools;
    uint16_t *nodes; /* logical, those of the pools, rising */
    size_t n_nodes;
    size_t n_io_threads; /* witnesses that are read at a time, by whichever drivers */
    size_t crew_pools;   /* a crew may have this many pools when several partitions are ready; 0: any number */
    pool_span tail;
    bool pin;        /* threads to cores */
    bool huge_pages; /* for arenas, and copies of the key */
    key_home home;
    char threads_reason[160], pin_reason[160], home_reason[160];
} placement;

/** Plan.
 *  owns    *out is the caller's (placement_clear)
 *  errors  PT_E_ARG more threads than cores, more tail domains than there are; PT_E_NOMEM */
pt_status placement_make(const topology *machine, const placement_request *request, placement *out, pt_err *err);
void placement_clear(placement *self);

/** How often a key is to be read to memory; 0: it is to be mapped. */
size_t placement_n_copies(const placement *self);

/** Where the i-th of these is to lie. Borrows both. */
memory_place placement_copy_place(const placement *self, const topology *machine, size_t i);

/** The crews when n_ready partitions could run: min(n_ready, pools), or more where each would have more pools than it may (those
 *  wait for partitions to come). Pools are dealt out evenly, numbers differ by one at most, and so that no crew leaves its NUMA
 *  node, or else its package, where shares stay even. Each pool is in one crew.
 *  shape   out[n_pools]; n_ready == 0 counts as 1
 *  returns how many there are */
size_t placement_crews(const placement *self, size_t n_ready, pool_span *out);

/** The threads of some pools: they follow one another. */
size_t placement_first_thread(const placement *self, pool_span span);
size_t placement_n_threads(const placement *self, pool_span span);

#endif
