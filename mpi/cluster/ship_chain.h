/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/ship_chain.h - the way of a key through a cluster: from the root to the first worker of one host after the other. Pure.
 *
 * A chain: each host sends a key once, and passes on what it has while the rest comes, so that the last one has it hardly later than the first. */
#ifndef PT_SHIP_CHAIN_H
#define PT_SHIP_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A rank's place. */
typedef struct ship_place {
    bool is_first;   /* of its host's ranks but the root: the chain goes through it */
    uint32_t parent; /* the rank before it; 0: the root */
    uint32_t child;  /* the rank behind it; 0: it is the last one */
} ship_place;

/** shape   host_of: n_ranks, the first rank of the host that each is on
 *  ranks   any, here and below
 *  returns of a rank that the chain does not go through, and of the root: zeros */
ship_place ship_chain_place(const uint32_t *host_of, uint32_t n_ranks, uint32_t rank);

enum { SHIP_PEERS_MAX = 3 };

/** The ranks that a worker talks with, each once: the root first, then its neighbours in the chain, the one before it first.
 *  returns their number */
size_t ship_chain_peers(ship_place place, uint32_t out[SHIP_PEERS_MAX]);

#endif
