/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/ledger_parts.h"

/* ---- the queue, and the partitions of one lease ---- */

bool ledger_nobody_is_left(const ledger *self, const partition *of)
{
    uint32_t n = 0;
    for (uint32_t i = of->past; i != NONE; i = self->log.attempts[i].next) {
        const past_attempt *past = &self->log.attempts[i];
        n += past->end == ATTEMPT_FAILED && !self->ranks[past->rank].is_barred &&
             !attempt_log_failed(&self->log, past->next, past->rank); /* each rank once */
    }
    return n == self->n_open;
}

static uint32_t number_of(const ledger *self, const partition *of)
{
    return (uint32_t)(of - self->partitions);
}

static void queue_add(ledger *self, const partition *of)
{
    const uint32_t place = turn_order_place(&self->order, number_of(self, of));
    if (attempt_log_failures(&self->log, of->past) == 0) {
        place_set_add(&self->untried, place);
        return;
    }
    place_set_add(&self->tried, place);
    for (uint32_t r = 0; r < self->n_ranks; r++)
        if (self->tried_from[r] > place && !attempt_log_failed(&self->log, of->past, r))
            self->tried_from[r] = place;
}

static void queue_remove(ledger *self, const partition *of)
{
    const uint32_t place = turn_order_place(&self->order, number_of(self, of));
    place_set_remove(&self->untried, place);
    place_set_remove(&self->tried, place);
}

uint32_t ledger_first_queued(ledger *self, uint32_t rank)
{
    const uint32_t untried = place_set_first(&self->untried, 0);
    uint32_t place = place_set_first(&self->tried, self->tried_from[rank]);
    while (place != NONE && attempt_log_failed(&self->log, self->partitions[turn_order_at(&self->order, place)].past, rank))
        place = place_set_first(&self->tried, place + 1);
    self->tried_from[rank] = place;
    place = place < untried ? place : untried;
    return place == NONE ? NONE : turn_order_at(&self->order, place);
}

/* The only lease of a partition that may get a second one, else NONE. */
static uint32_t single_lease(const ledger *self, const partition *of)
{
    const uint32_t a = of->lease[0], b = of->lease[1];
    if (of->state != PARTITION_LEASED || (a != NONE && b != NONE) ||
        attempt_log_failures(&self->log, of->past) >= self->tries_max)
        return NONE;
    return a != NONE ? a : b;
}

static void single_add(ledger *self, uint32_t lease)
{
    lease_node *node = &self->leases[lease];
    node->before = self->single.last;
    while (node->before != NONE && self->leases[node->before].since > node->since)
        node->before = self->leases[node->before].before;
    uint32_t *link = node->before == NONE ? &self->single.first : &self->leases[node->before].next;
    node->next = *link;
    *link = lease;
    *(node->next == NONE ? &self->single.last : &self->leases[node->next].before) = lease;
}

static void single_remove(ledger *self, uint32_t lease)
{
    const lease_node *node = &self->leases[lease];
    *(node->before == NONE ? &self->single.first : &self->leases[node->before].next) = node->next;
    *(node->next == NONE ? &self->single.last : &self->leases[node->next].before) = node->before;
}

uint32_t ledger_longest_leased(ledger *self, uint32_t rank)
{
    for (uint32_t i = self->single.first; i != NONE; i = self->leases[i].next)
        if (!attempt_log_failed(&self->log, self->partitions[self->leases[i].partition].past, rank))
            return self->leases[i].partition;
    return NONE;
}

/* ---- a partition's state: it is left, changed, and entered again ---- */

void ledger_leave(ledger *self, partition *of)
{
    self->counts[of->state]--;
    if (of->state == PARTITION_QUEUED)
        queue_remove(self, of);
    else if (single_lease(self, of) != NONE)
        single_remove(self, single_lease(self, of));
}

static void enter_end(ledger *self, partition *of)
{
    for (uint32_t i = 0; i < LEASES_MAX; i++)
        if (of->lease[i] != NONE)
            ledger_end_lease(self, of->lease[i]);
    attempt_log_empty(&self->log, &of->past);
    if (of->state == PARTITION_DONE)
        return;
    const uint32_t p = number_of(self, of);
    *(self->failed.last == NONE ? &self->failed.first : &self->partitions[self->failed.last].past) = p;
    self->failed.last = p;
}

void ledger_enter(ledger *self, partition *of, partition_state state)
{
    of->state = state;
    self->counts[state]++;
    if (state == PARTITION_QUEUED)
        queue_add(self, of);
    else if (state == PARTITION_LEASED && single_lease(self, of) != NONE)
        single_add(self, single_lease(self, of));
    else if (state == PARTITION_DONE || state == PARTITION_FAILED)
        enter_end(self, of);
}

partition_state ledger_open_state(const ledger *self, const partition *of)
{
    if (of->lease[0] != NONE || of->lease[1] != NONE)
        return PARTITION_LEASED;
    return attempt_log_failures(&self->log, of->past) >= self->tries_max || ledger_nobody_is_left(self, of)
               ? PARTITION_FAILED
               : PARTITION_QUEUED;
}

/* ---- leases ---- */

void ledger_show_room(ledger *self, uint32_t r)
{
    const rank_entry *rank = &self->ranks[r];
    const uint32_t room = rank->is_live && rank->n_may_hold > rank->n_held ? rank->n_may_hold - rank->n_held : 0;
    room_tree_set(&self->room, r, room);
    room_tree_set(&self->idle, r, rank->n_held == 0 ? room : 0);
}

ledger_lease ledger_begin_lease(ledger *self, uint32_t p, uint32_t r)
{
    partition *of = &self->partitions[p];
    rank_entry *rank = &self->ranks[r];
    uint32_t lease = self->free_lease;
    if (lease != NONE)
        self->free_lease = self->leases[lease].next_of_rank;
    else
        lease = self->n_leases++;
    ledger_leave(self, of);
    self->leases[lease] = (lease_node){.partition = p, .attempt = ++of->n_attempts, .rank = r, .since = self->now};
    self->leases[lease].next_of_rank = rank->leases;
    self->leases[lease].before_of_rank = NONE;
    if (rank->leases != NONE)
        self->leases[rank->leases].before_of_rank = lease;
    rank->leases = lease;
    rank->n_held++;
    of->lease[of->lease[0] != NONE] = lease;
    ledger_enter(self, of, PARTITION_LEASED);
    ledger_show_room(self, r);
    return (ledger_lease){p, of->n_attempts, r};
}

void ledger_end_lease(ledger *self, uint32_t lease)
{
    lease_node *node = &self->leases[lease];
    partition *of = &self->partitions[node->partition];
    rank_entry *rank = &self->ranks[node->rank];
    of->lease[of->lease[0] != lease] = NONE;
    *(node->before_of_rank == NONE ? &rank->leases : &self->leases[node->before_of_rank].next_of_rank) = node->next_of_rank;
    if (node->next_of_rank != NONE)
        self->leases[node->next_of_rank].before_of_rank = node->before_of_rank;
    rank->n_held--;
    ledger_show_room(self, node->rank);
    node->next_of_rank = self->free_lease;
    self->free_lease = lease;
}

/* All leases of a rank end; `may_answer`: what it says of them late will count. */
