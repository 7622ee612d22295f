/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/ledger.h - who proves what: the state of every partition of a request and the leases on them. Pure: time is told, nothing
 * waits, nothing is allocated after ledger_create.
 *
 * An open ledger is for a request whose end is not known: a partition's number is a place that partitions have one after the other
 * (ledger_add). Attempts go on counting, so that what is said late of one that is over is never taken for its successor's.
 *
 * A partition is queued, leased to at most two ranks at once, proven (a result is in, not yet safe), done or failed. Leases live while
 * their rank is heard. Attempts are numbered from 1 within a partition; what an attempt answers counts once, and only from the rank that it
 * was given to. A rank is live while it is heard and not barred; one that was lost is live again when it is heard. Nothing is given to a
 * rank that is not live, nor a partition to a rank that has failed at it.
 *
 * Attempts that ended with their lease, the rank being lost, may still be answered: the first proof wins, whoever brings it. Of one
 * partition the last LEDGER_LATE_MAX such attempts are remembered.
 *
 * A partition whose last lease ends without a proof fails when tries_max attempts at it have failed, or every rank that is not barred has
 * failed at it; else it is queued again, at its old place. Ranks that were never heard, or are lost, may still come: as long as they are not
 * barred they are waited for (ledger_is_stuck). */
#ifndef PT_LEDGER_H
#define PT_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

typedef struct ledger ledger;

enum { LEDGER_NONE = UINT32_MAX, LEDGER_LATE_MAX = 4 };

typedef enum { PARTITION_QUEUED, PARTITION_LEASED, PARTITION_PROVEN, PARTITION_DONE, PARTITION_FAILED } partition_state;

typedef struct ledger_setup {
    uint32_t n_partitions, n_ranks;
    const int32_t *priorities; /* a larger one goes first, of equal ones the earlier; NULL: all alike; copied */
    double lease_s;            /* a rank that was not heard for so long has lost its leases */
    uint32_t tries_max;        /* attempts of a partition that may end without a proof by no fault of the witness; from 1 */
    bool is_open;              /* every partition is done until it is added */
} ledger_setup;

typedef struct {
    uint32_t partition, attempt, rank;
} ledger_lease;

/** owns    *out is the caller's (ledger_destroy)
 *  thread  one at a time, here and below
 *  ranks   root only, here and below
 *  units   seconds of any clock; a time before the latest that was told counts as that one, here and below
 *  errors  PT_E_NOMEM */
pt_status ledger_create(const ledger_setup *setup, ledger **out, pt_err *err);
void ledger_destroy(ledger *self);

/** A partition that an earlier run has finished. Before any is leased. */
void ledger_set_done(ledger *self, uint32_t partition);

/** A new partition takes the place of one that is done or has failed, and was named as failed (ledger_next_failed). Of an open ledger. It
 *  fails at once when every rank is barred. */
void ledger_add(ledger *self, uint32_t partition, int32_t priority);
/** Is this an attempt at the partition that has the place now? False: at one before it, or there was none of that number. */
bool ledger_is_current(const ledger *self, ledger_lease lease);

/** How many a rank may hold at once, 0 for none: kept until it is set anew, though the rank be lost and come back. It is heard as well. */
void ledger_set_room(ledger *self, uint32_t rank, uint32_t n_may_hold, double now);
/** A frame of this rank has come. One whose leases had run out holds none, and may get some again. Barred ranks are not heard. */
void ledger_heard(ledger *self, uint32_t rank, double now);
/** A rank that gets no more work: it is refused, blamed or gone. Its leases end, and nothing that it answers afterwards counts; a proof of
 *  it that is being checked still may. What only it could have proven fails. */
void ledger_bar(ledger *self, uint32_t rank);

/** Give the next partition out, to the rank with most room left (of equals the first) for which there is one: the queued one that goes first
 *  among those that this rank has not failed at. When no rank with room may have any queued one, and a rank with room holds nothing: the
 *  partition that has been leased longest of those with one lease that this rank has not failed at, a second time; not when tries_max attempts
 *  at it have failed. A rank that is overdue gets nothing, before ledger_expire has named it too.
 *  returns false: nobody has room, or nothing is left to give to those who have */
bool ledger_give(ledger *self, double now, ledger_lease *out);

/** End the leases of ranks that were not heard in time; their partitions are queued again, but for those that have another lease or an answer.
 *  returns the number of ranks that were lost by this call; lost[]: which, the longest silent first, room for n_ranks; NULL: not asked for */
uint32_t ledger_expire(ledger *self, double now, uint32_t *lost);
/** When ledger_expire has something to do next; INFINITY: never, as it is. */
double ledger_next_expiry(const ledger *self);

typedef enum {
    ANSWER_STALE, /* no attempt of that number was given to that rank, or it is forgotten, or the rank barred: pay no heed */
    ANSWER_DUPLICATE, /* the partition has its answer already, or the attempt has given its own: thank the rank and forget it */
    ANSWER_COUNTS
} ledger_answer;

/** A proof has come; if it counts the partition is proven, until ledger_done, ledger_wrong or the end. Other leases on it stay, as a reserve.
 *  A duplicate ends its lease, but uses up no answer: should the proof that counted turn out wrong, the same answer may come again and count. */
ledger_answer ledger_proof(ledger *self, ledger_lease from);
/** The proof of a proven partition is right and safe: other leases on it end. */
void ledger_done(ledger *self, uint32_t partition);
/** The proof that counted was wrong: this attempt has failed, as by ledger_failure with `again`. */
void ledger_wrong(ledger *self, ledger_lease from);

/** An attempt has ended without a proof. `again`: another rank may do better; the partition goes on with its other lease, or is queued again,
 *  or fails (above). Not `again`: it fails, and its leases end. Why is for the caller to keep: what the first failure said. A partition
 *  that is proven stays so: a duplicate. */
ledger_answer ledger_failure(ledger *self, ledger_lease from, bool again);
/** An attempt has ended by a fault of its rank, which says nothing of the partition: it is no try of it, and is forgotten, so that this rank may
 *  be given it again. A rank that does nothing else is for the caller to bar. A partition that is proven stays so: a duplicate. */
ledger_answer ledger_return(ledger *self, ledger_lease from);

/** The next partition that has failed and was not named here yet, in the order in which they failed: ledger_failure, ledger_wrong, ledger_expire
 *  and ledger_bar may each let some fail.
 *  returns false: no more */
bool ledger_next_failed(ledger *self, uint32_t *partition);

/** Is something queued that waits for ranks that are not live, and nothing that a live one may have (when it has room)? The caller decides how
 *  long to wait; barring the ranks that do not come lets these partitions fail. True as well before the first rank is heard. */
bool ledger_is_stuck(ledger *self);

/** Is this attempt leased now? False: it has ended, or was never given. */
bool ledger_holds(const ledger *self, ledger_lease lease);
partition_state ledger_state(const ledger *self, uint32_t partition);

typedef struct {
    uint32_t n_queued, n_leased, n_proven, n_done, n_failed;
} ledger_counts;
ledger_counts ledger_count(const ledger *self);

/** What a rank holds now: its leases, in no order. A lease ends with its answer.
 *  shape   out: room for `room` of them
 *  returns how many there are */
uint32_t ledger_leases_of(const ledger *self, uint32_t rank, ledger_lease *out, uint32_t room);
bool ledger_is_barred(const ledger *self, uint32_t rank);
bool ledger_is_live(const ledger *self,
                    uint32_t rank); /* heard within lease_s, by the last ledger_expire, and not barred */

#endif
