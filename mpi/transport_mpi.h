/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/transport_mpi.h - ranks of an MPI job: how they begin, how frames go between them, how they end. No type of MPI is seen from outside.
 *
 * What Open MPI 4.1 does when a rank dies (under mpirun --enable-recovery) is why it is done so:
 *  - one receive is posted for each peer, never for any rank: over shared memory a message whose sender dies half-way swallows a wildcard;
 *  - every message is one small packet, sent eagerly (peer_link.h): a rendezvous with the dead never ends;
 *  - over TCP one send a peer is under way at most: a second one queued at a connection that breaks hangs the sender in the progress
 *    engine, or aborts it; over shared memory a few, for a dead peer keeps its packets, and the 512 there are belong to all peers;
 *  - nothing is collective after the start. */
#ifndef PT_TRANSPORT_MPI_H
#define PT_TRANSPORT_MPI_H

#include "mpi/cluster/ship_chain.h"
#include "mpi/cluster/transport.h"

/** What a rank learns when it starts. */
typedef struct cluster_start {
    uint32_t rank, n_ranks;
    uint32_t *host_of;            /* n_ranks: the first rank of the host that each is on */
    uint32_t *process_of;         /* n_ranks: its number there; transport_mpi_finish clears it */
    uint32_t local_rank, n_local; /* among the ranks of this host */
    ship_place place;             /* in the chain that a key goes along */
    uint32_t bound_rank, n_bound; /* of these, among those that may use the same processors */
} cluster_start;

/** Begin: the one place where ranks wait for each other.
 *  owns    *out is the caller's (cluster_start_clear), after an error as well
 *  thread  main, here and below
 *  ranks   collective
 *  errors  PT_E_INTERNAL MPI refuses; PT_E_NOMEM */
pt_status transport_mpi_start(int *argc, char ***argv, cluster_start *out, pt_err *err);

/** ranks   any, here and below */
void cluster_start_clear(cluster_start *self);

/** A transport: the root's reaches every rank, a worker's the root and its neighbours in the chain (ship_chain.h). It can always send to itself.
 *  shape   transport_destroy waits until what was sent is taken: 5 s at most, and 1 s where nothing is taken
 *  owns    *out is the caller's (transport_destroy)
 *  ranks   any
 *  errors  PT_E_NOMEM */
pt_status transport_mpi_create(const cluster_start *start, transport **out, pt_err *err);

/** End: the transport as well; call it when what was to be written is. Orderly: every rank is alive, and MPI is closed, for which all wait for
 *  each other, the root 30 s at most. Not orderly: a rank is gone or frozen, and closing could wait for it for ever; every rank ends without,
 *  and the root kills those of its host that don't answer: mpirun waits for them. (One that is frozen on another host is left to it.)
 *  The root says which it is; a worker sleeps until it has heard that, or nothing at all for 15 s: of a root that was as silent before, for 1 s.
 *  shape   to: NULL if there is none; orderly: root only
 *  ranks   any
 *  returns code, for main to return, if it returns */
int transport_mpi_finish(const cluster_start *start, transport *to, bool orderly, int code);

#endif
