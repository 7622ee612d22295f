/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/ledger.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "mpi/cluster/ledger_parts.h"

/* ---- making one ---- */

static pt_status order_places(ledger *self, const ledger_setup *setup, uint32_t *n_places, pt_err *err)
{
    const uint32_t n = setup->n_partitions;
    *n_places = setup->is_open ? 2 * n : n;
    return setup->is_open ? turn_order_init_open(n, &self->order, err)
                          : turn_order_init(setup->priorities, n, &self->order, err);
}

static pt_status take_memory(ledger *self, const ledger_setup *setup, pt_err *err)
{
    uint32_t n_places;
    const size_t n = self->n_partitions, n_ranks = self->n_ranks;
    /* The last attempt is given when fewer than tries_max have failed: then LEDGER_LATE_MAX lost ones and two leased ones are added. */
    const uint64_t n_past = n * ((uint64_t)self->tries_max + LEDGER_LATE_MAX + LEASES_MAX);
    self->partitions = calloc(n + 1, sizeof *self->partitions);
    self->ranks = calloc(n_ranks, sizeof *self->ranks);
    self->tried_from = calloc(n_ranks, sizeof *self->tried_from);
    /* A rank gets a second lease when it holds nothing: there are never more of them than ranks. */
    self->leases = calloc(n + n_ranks, sizeof *self->leases);
    if (self->partitions == NULL || self->ranks == NULL || self->tried_from == NULL || self->leases == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a ledger of %zu partitions and %zu ranks", n, n_ranks);
    if (attempt_log_init(n_past, &self->log, err) != PT_OK || order_places(self, setup, &n_places, err) != PT_OK ||
        place_set_init(n_places, &self->untried, err) != PT_OK || place_set_init(n_places, &self->tried, err) != PT_OK ||
        room_tree_init(self->n_ranks, &self->room, err) != PT_OK ||
        room_tree_init(self->n_ranks, &self->idle, err) != PT_OK)
        return err->code;
    return PT_OK;
}

pt_status ledger_create(const ledger_setup *setup, ledger **out, pt_err *err)
{
    assert(setup->n_partitions < NONE / 2 && setup->tries_max > 0);
    assert(setup->n_ranks > 0 && setup->n_ranks < 1u << ATTEMPT_RANK_BITS);
    ledger *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "%zu bytes for a ledger", sizeof *self);
    *self = (ledger){.n_partitions = setup->n_partitions,
                     .n_ranks = setup->n_ranks,
                     .tries_max = setup->tries_max,
                     .lease_s = setup->lease_s,
                     .now = -INFINITY,
                     .n_open = setup->n_ranks,
                     .free_lease = NONE};
    self->live = self->single = self->failed = (chain){NONE, NONE};
    if (take_memory(self, setup, err) != PT_OK) {
        ledger_destroy(self);
        return err->code;
    }
    const partition_state begins = setup->is_open ? PARTITION_DONE : PARTITION_QUEUED;
    self->counts[begins] = self->n_partitions;
    for (uint32_t i = 0; i < self->n_partitions; i++) {
        self->partitions[i] = (partition){.lease = {NONE, NONE}, .past = NONE, .state = begins};
        if (begins == PARTITION_QUEUED)
            place_set_add(&self->untried, i);
    }
    for (uint32_t r = 0; r < self->n_ranks; r++)
        self->ranks[r] = (rank_entry){.leases = NONE};
    *out = self;
    return PT_OK;
}

void ledger_destroy(ledger *self)
{
    if (self == NULL)
        return;
    room_tree_clear(&self->idle);
    room_tree_clear(&self->room);
    place_set_clear(&self->tried);
    place_set_clear(&self->untried);
    turn_order_clear(&self->order);
    attempt_log_clear(&self->log);
    free(self->leases);
    free(self->tried_from);
    free(self->ranks);
    free(self->partitions);
    free(self);
}

/* ---- answers ---- */

/* Where an attempt stands that may be answered: leased, or remembered as lost. */
typedef struct {
    uint32_t lease;     /* or NONE */
    past_attempt *past; /* or NULL */
} attempt_place;

static uint32_t find_lease(const ledger *self, ledger_lease of)
{
    for (uint32_t i = 0; i < LEASES_MAX; i++) {
        const uint32_t lease = self->partitions[of.partition].lease[i];
        if (lease != NONE && self->leases[lease].attempt == of.attempt && self->leases[lease].rank == of.rank)
            return lease;
    }
    return NONE;
}

static bool is_ended(partition_state state)
{
    return state == PARTITION_DONE || state == PARTITION_FAILED;
}

static ledger_answer judge(const ledger *self, ledger_lease from, attempt_place *out)
{
    *out = (attempt_place){NONE, NULL};
    if (from.partition >= self->n_partitions || from.rank >= self->n_ranks || self->ranks[from.rank].is_barred)
        return ANSWER_STALE;
    const partition *of = &self->partitions[from.partition];
    if (from.attempt == 0 || from.attempt > of->n_attempts)
        return ANSWER_STALE;
    if (is_ended(of->state)) /* whose attempts are forgotten */
        return ANSWER_DUPLICATE;
    out->lease = find_lease(self, from);
    out->past = attempt_log_find(&self->log, of->past, from.attempt, from.rank);
    if (out->lease == NONE && out->past == NULL)
        return ANSWER_STALE;
    if (out->past != NULL && out->past->end != ATTEMPT_LOST)
        return ANSWER_DUPLICATE;
    return of->state == PARTITION_PROVEN ? ANSWER_DUPLICATE : ANSWER_COUNTS;
}

/* The partition has been left. */
static void end_attempt(ledger *self, ledger_lease from, attempt_place at, attempt_end end)
{
    uint32_t *list = &self->partitions[from.partition].past;
    if (at.past != NULL) {
        at.past->end = end & 3u;
        return;
    }
    ledger_end_lease(self, at.lease);
    if (end == ATTEMPT_LOST)
        attempt_log_add_lost(&self->log, list, from.attempt, from.rank, LEDGER_LATE_MAX);
    else
        attempt_log_add(&self->log, list, from.attempt, from.rank, end);
}

/* An answer that comes after another's: if it turns out to be needed it may come again. */
static ledger_answer set_aside(ledger *self, ledger_lease from, attempt_place at)
{
    partition *of = &self->partitions[from.partition];
    if (at.lease == NONE)
        return ANSWER_DUPLICATE;
    ledger_leave(self, of);
    end_attempt(self, from, at, ATTEMPT_LOST);
    ledger_enter(self, of, PARTITION_PROVEN);
    return ANSWER_DUPLICATE;
}

/* again: a partition that failed stays open. */
static ledger_answer take_answer(ledger *self, ledger_lease from, attempt_end end, bool again)
{
    attempt_place at;
    const ledger_answer answer = judge(self, from, &at);
    if (answer != ANSWER_COUNTS)
        return answer == ANSWER_DUPLICATE ? set_aside(self, from, at) : answer;
    partition *of = &self->partitions[from.partition];
    ledger_leave(self, of);
    end_attempt(self, from, at, end);
    if (end == ATTEMPT_PROVEN)
        ledger_enter(self, of, PARTITION_PROVEN);
    else
        ledger_enter(self, of, again ? ledger_open_state(self, of) : PARTITION_FAILED);
    return answer;
}

ledger_answer ledger_proof(ledger *self, ledger_lease from)
{
    return take_answer(self, from, ATTEMPT_PROVEN, false);
}

ledger_answer ledger_failure(ledger *self, ledger_lease from, bool again)
{
    return take_answer(self, from, ATTEMPT_FAILED, again);
}

ledger_answer ledger_return(ledger *self, ledger_lease from)
{
    attempt_place at;
    const ledger_answer answer = judge(self, from, &at);
    if (answer != ANSWER_COUNTS || at.lease == NONE)
        return answer == ANSWER_DUPLICATE ? set_aside(self, from, at) : answer;
    partition *of = &self->partitions[from.partition];
    ledger_leave(self, of);
    ledger_end_lease(self, at.lease);
    ledger_enter(self, of, ledger_open_state(self, of));
    return answer;
}

void ledger_wrong(ledger *self, ledger_lease from)
{
    partition *of = &self->partitions[from.partition];
    assert(of->state == PARTITION_PROVEN);
    past_attempt *past = attempt_log_find(&self->log, of->past, from.attempt, from.rank);
    assert(past != NULL && past->end == ATTEMPT_PROVEN);
    ledger_leave(self, of);
    past->end = ATTEMPT_FAILED;
    ledger_enter(self, of, ledger_open_state(self, of));
}

void ledger_done(ledger *self, uint32_t p)
{
    partition *of = &self->partitions[p];
    assert(of->state == PARTITION_PROVEN);
    ledger_leave(self, of);
    ledger_enter(self, of, PARTITION_DONE);
}

void ledger_set_done(ledger *self, uint32_t p)
{
    partition *of = &self->partitions[p];
    assert(of->state == PARTITION_QUEUED && of->n_attempts == 0);
    ledger_leave(self, of);
    ledger_enter(self, of, PARTITION_DONE);
}

bool ledger_next_failed(ledger *self, uint32_t *p)
{
    if (self->failed.first == NONE)
        return false;
    *p = self->failed.first;
    self->failed.first = self->partitions[*p].past;
    if (self->failed.first == NONE)
        self->failed.last = NONE;
    return true;
}

/* ---- questions ---- */

bool ledger_is_stuck(ledger *self)
{
    if (self->counts[PARTITION_QUEUED] == 0)
        return false;
    for (uint32_t r = self->live.first; r != NONE; r = self->ranks[r].next)
        if (ledger_first_queued(self, r) != NONE)
            return false;
    return true;
}

bool ledger_holds(const ledger *self, ledger_lease lease)
{
    return lease.partition < self->n_partitions && find_lease(self, lease) != NONE;
}

partition_state ledger_state(const ledger *self, uint32_t p)
{
    return self->partitions[p].state;
}

ledger_counts ledger_count(const ledger *self)
{
    const uint32_t *n = self->counts;
    return (ledger_counts){n[PARTITION_QUEUED], n[PARTITION_LEASED], n[PARTITION_PROVEN], n[PARTITION_DONE],
                           n[PARTITION_FAILED]};
}

uint32_t ledger_leases_of(const ledger *self, uint32_t rank, ledger_lease *out, uint32_t room)
{
    uint32_t n = 0;
    for (uint32_t i = self->ranks[rank].leases; i != NONE; i = self->leases[i].next_of_rank, n++)
        if (n < room)
            out[n] = (ledger_lease){self->leases[i].partition, self->leases[i].attempt, rank};
    return n;
}

bool ledger_is_barred(const ledger *self, uint32_t rank)
{
    return self->ranks[rank].is_barred;
}

bool ledger_is_live(const ledger *self, uint32_t rank)
{
    return self->ranks[rank].is_live;
}
