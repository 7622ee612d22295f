/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/ledger_parts.h - what the ledger's files share: answers and questions (ledger.c), partitions and their leases
 * (ledger_state.c), ranks and what they are given (ledger_ranks.c), partitions that are added (ledger_open.c). */
#ifndef PT_LEDGER_PARTS_H
#define PT_LEDGER_PARTS_H

#include "mpi/cluster/attempt_log.h"
#include "mpi/cluster/ledger.h"
#include "mpi/cluster/place_set.h"
#include "mpi/cluster/room_tree.h"
#include "mpi/cluster/turn_order.h"

enum { NONE = LEDGER_NONE, LEASES_MAX = 2 };

/* An attempt under way; of a free one next_of_rank is the next free one. */
typedef struct {
    uint32_t partition, attempt, rank;
    uint32_t next_of_rank, before_of_rank;
    uint32_t next, before; /* among the single ones, by since */
    double since;
} lease_node;

typedef struct {
    uint32_t lease[LEASES_MAX];
    uint32_t past;                  /* list of the log; of a failed partition: the one that failed next */
    uint32_t n_attempts, n_earlier; /* earlier: of those that had the place before */
    partition_state state;
} partition;

typedef struct {
    double heard;
    uint32_t next, before; /* among the live ones, by heard */
    uint32_t leases, n_held, n_may_hold;
    uint32_t next_passed;
    bool is_live, is_barred;
} rank_entry;

typedef struct {
    uint32_t first, last;
} chain;

struct ledger {
    uint32_t n_partitions, n_ranks, tries_max;
    double lease_s, now;
    partition *partitions;
    rank_entry *ranks;
    uint32_t n_open; /* ranks that are not barred */
    uint32_t counts[PARTITION_FAILED + 1];
    turn_order order;
    place_set untried, tried; /* places of the queued ones that no rank, or some rank, has failed at */
    uint32_t *tried_from;     /* by rank: it has failed at those of `tried` before this place */
    room_tree room, idle;     /* what is left of it: of every live rank; of those that hold nothing */
    chain live, single, failed;
    lease_node *leases; /* untouched from n_leases on */
    uint32_t n_leases, free_lease;
    attempt_log log;
};

/** A partition's state changes: it is left, its leases and attempts change, and it is entered again.
 *  ranks   root only, here and below */
void ledger_leave(ledger *self, partition *of);
void ledger_enter(ledger *self, partition *of, partition_state state);
/** The state of a partition without an answer. */
partition_state ledger_open_state(const ledger *self, const partition *of);

/** The partition is none that has been left. */
ledger_lease ledger_begin_lease(ledger *self, uint32_t p, uint32_t r);
/** The partition has been left. */
void ledger_end_lease(ledger *self, uint32_t lease);
/** What a rank has room for has changed. */
void ledger_show_room(ledger *self, uint32_t r);

/** The queued partition that goes first for this rank, or NONE. */
uint32_t ledger_first_queued(ledger *self, uint32_t rank);
/** The partition that has been leased longest of the single ones, for a rank that holds nothing; or NONE. */
uint32_t ledger_longest_leased(ledger *self, uint32_t rank);
/** Has every rank that is not barred failed at it? */
bool ledger_nobody_is_left(const ledger *self, const partition *of);

#endif
