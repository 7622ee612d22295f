/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/ledger.h - who proves what: the state of every partition of a request and the leases on them. Pure: time is told, nothing
 * waits, nothing is allocated after ledger_create.
 *
 * A partition is queued, leased to at most two ranks at once, proven (a result is in, not yet safe), done or failed. Leases live while
 * their rank is heard. Attempts are numbered from 1 within a partition; what an attempt answers counts once, and only from the rank that it
 * was given to. */
#ifndef PT_LEDGER_H
#define PT_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

typedef struct ledger ledger;

enum { LEDGER_NONE = UINT32_MAX };

typedef enum { PARTITION_QUEUED, PARTITION_LEASED, PARTITION_PROVEN, PARTITION_DONE, PARTITION_FAILED } partition_state;

typedef struct ledger_setup {
    uint32_t n_partitions, n_ranks;
    const int32_t *priorities; /* n_partitions: a larger one goes first, of equal ones the earlier; NULL: all alike; copied */
    double lease_s;            /* a rank that was not heard for so long has lost its leases */
    uint32_t tries_max;        /* attempts of a partition that may end without a proof by no fault of the witness */
} ledger_setup;

/** owns    *out is the caller's (ledger_destroy)
 *  ranks   root only, here and below
 *  errors  PT_E_NOMEM */
pt_status ledger_create(const ledger_setup *setup, ledger **out, pt_err *err);
void ledger_destroy(ledger *self);

/** A partition that an earlier run has finished. Before any is leased. */
void ledger_set_done(ledger *self, uint32_t partition);

/** What a rank may hold now, 0 for nothing more; it is heard as well. */
void ledger_set_room(ledger *self, uint32_t rank, uint32_t n_may_hold, double now);
/** A frame of this rank has come. One whose leases had run out holds none, and may get some again. */
void ledger_heard(ledger *self, uint32_t rank, double now);
/** A rank that gets no more work: it is refused, blamed or gone. Its leases end. */
void ledger_bar(ledger *self, uint32_t rank);

typedef struct {
    uint32_t partition, attempt, rank;
} ledger_lease;

/** Give the next partition out, to the rank with most room left that may have it: the queued one that goes first and that this rank has not
 *  tried in vain while another rank could; where none is queued and a rank holds nothing, the partition that has been leased longest, a
 *  second time, to another rank than the one that has it.
 *  returns false: nobody has room, or nothing is left to give */
bool ledger_give(ledger *self, double now, ledger_lease *out);

/** End the leases of ranks that were not heard in time; their partitions are queued again.
 *  returns the number of ranks that were lost by this call; lost[]: which, room for n_ranks; NULL: not asked for */
uint32_t ledger_expire(ledger *self, double now, uint32_t *lost);
/** When ledger_expire has something to do next; INFINITY: never, as it is. */
double ledger_next_expiry(const ledger *self);

typedef enum {
    ANSWER_STALE,     /* no attempt of that number was given to that rank: pay no heed */
    ANSWER_DUPLICATE, /* the partition has its answer already: thank the rank and forget it */
    ANSWER_COUNTS
} ledger_answer;

/** A proof has come; if it counts the partition is proven, until ledger_done, ledger_wrong or the end. Other leases on it stay, as a reserve. */
ledger_answer ledger_proof(ledger *self, ledger_lease from);
/** The proof is right and safe: other leases on it end. */
void ledger_done(ledger *self, uint32_t partition);
/** The proof was wrong: the partition is queued again, not for that rank. */
void ledger_wrong(ledger *self, ledger_lease from);

/** An attempt has ended without a proof. `again`: another rank may do better, so it is queued again until tries_max attempts, or every rank
 *  that may work, have failed at it; then, and if not `again`, it fails with what the first failure said. */
ledger_answer ledger_failure(ledger *self, ledger_lease from, bool again);

/** Is this attempt leased now? False: it has ended, or was never given. */
bool ledger_holds(const ledger *self, ledger_lease lease);
partition_state ledger_state(const ledger *self, uint32_t partition);

typedef struct {
    uint32_t n_queued, n_leased, n_proven, n_done, n_failed;
} ledger_counts;
ledger_counts ledger_count(const ledger *self);

/** What a rank holds now: leases by partition.
 *  shape   out: room for `room` of them
 *  returns how many there are */
uint32_t ledger_leases_of(const ledger *self, uint32_t rank, ledger_lease *out, uint32_t room);
bool ledger_is_barred(const ledger *self, uint32_t rank);
bool ledger_is_live(const ledger *self, uint32_t rank); /* heard within lease_s, by the last ledger_expire */

#endif
