/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/ledger_parts.h"

#include <math.h>

/* All leases of a rank end; `may_answer`: what it says of them late will count. */
static void end_leases(ledger *self, uint32_t r, bool may_answer)
{
    while (self->ranks[r].leases != NONE) {
        const uint32_t lease = self->ranks[r].leases;
        partition *of = &self->partitions[self->leases[lease].partition];
        ledger_leave(self, of);
        if (may_answer)
            attempt_log_add_lost(&self->log, &of->past, self->leases[lease].attempt, r, LEDGER_LATE_MAX);
        ledger_end_lease(self, lease);
        ledger_enter(self, of, of->state == PARTITION_PROVEN ? PARTITION_PROVEN : ledger_open_state(self, of));
    }
}

static void tell_time(ledger *self, double now)
{
    self->now = now > self->now ? now : self->now;
}

static void leave_live(ledger *self, rank_entry *rank)
{
    *(rank->before == NONE ? &self->live.first : &self->ranks[rank->before].next) = rank->next;
    *(rank->next == NONE ? &self->live.last : &self->ranks[rank->next].before) = rank->before;
    rank->is_live = false;
}

static void enter_live(ledger *self, rank_entry *rank)
{
    const uint32_t r = (uint32_t)(rank - self->ranks);
    rank->next = NONE;
    rank->before = self->live.last;
    *(rank->before == NONE ? &self->live.first : &self->ranks[rank->before].next) = r;
    self->live.last = r;
    rank->is_live = true;
}

void ledger_heard(ledger *self, uint32_t rank, double now)
{
    rank_entry *entry = &self->ranks[rank];
    tell_time(self, now);
    if (entry->is_barred)
        return;
    if (entry->is_live)
        leave_live(self, entry);
    entry->heard = self->now;
    enter_live(self, entry);
    ledger_show_room(self, rank);
}

void ledger_set_room(ledger *self, uint32_t rank, uint32_t n_may_hold, double now)
{
    self->ranks[rank].n_may_hold = n_may_hold;
    ledger_heard(self, rank, now);
}

void ledger_bar(ledger *self, uint32_t rank)
{
    rank_entry *entry = &self->ranks[rank];
    if (entry->is_barred)
        return;
    if (entry->is_live)
        leave_live(self, entry);
    entry->is_barred = true;
    self->n_open--;
    ledger_show_room(self, rank);
    end_leases(self, rank, false);
    place_set *const sets[] = {&self->tried, &self->untried};
    for (int i = 0; i < (self->n_open == 0 ? 2 : 1); i++) {
        uint32_t place = place_set_first(sets[i], 0);
        for (; place != NONE; place = place_set_first(sets[i], place + 1)) {
            partition *of = &self->partitions[turn_order_at(&self->order, place)];
            if (ledger_nobody_is_left(self, of)) {
                ledger_leave(self, of);
                ledger_enter(self, of, PARTITION_FAILED);
            }
        }
    }
}

static double expiry(const ledger *self, uint32_t rank)
{
    return self->ranks[rank].heard + self->lease_s;
}

double ledger_next_expiry(const ledger *self)
{
    return self->live.first == NONE ? INFINITY : expiry(self, self->live.first);
}

uint32_t ledger_expire(ledger *self, double now, uint32_t *lost)
{
    uint32_t n = 0;
    tell_time(self, now);
    while (ledger_next_expiry(self) <= self->now) {
        const uint32_t rank = self->live.first;
        leave_live(self, &self->ranks[rank]);
        ledger_show_room(self, rank);
        end_leases(self, rank, true);
        if (lost != NULL)
            lost[n] = rank;
        n++;
    }
    return n;
}

/* ---- giving ---- */

/* The roomiest rank that `first_for` finds a partition for, and that partition. Few are passed over: a partition that one rank may not
 * have was failed at by it, and fewer than tries_max ranks have. */
static uint32_t choose(ledger *self, const room_tree *tree, uint32_t (*first_for)(ledger *, uint32_t), uint32_t *rank)
{
    uint32_t found = NONE, passed = NONE;
    for (;;) {
        *rank = room_tree_best(tree);
        if (tree->room[*rank] == 0)
            break;
        if (expiry(self, *rank) > self->now)
            found = first_for(self, *rank);
        if (found != NONE)
            break;
        self->ranks[*rank].next_passed = passed;
        passed = *rank;
        room_tree_set(&self->room, passed, 0);
        room_tree_set(&self->idle, passed, 0);
    }
    for (; passed != NONE; passed = self->ranks[passed].next_passed)
        ledger_show_room(self, passed);
    return found;
}

bool ledger_give(ledger *self, double now, ledger_lease *out)
{
    uint32_t found = NONE, rank = NONE;
    tell_time(self, now);
    if (self->counts[PARTITION_QUEUED] > 0)
        found = choose(self, &self->room, ledger_first_queued, &rank);
    if (found == NONE && self->single.first != NONE)
        found = choose(self, &self->idle, ledger_longest_leased, &rank);
    if (found == NONE)
        return false;
    *out = ledger_begin_lease(self, found, rank);
    return true;
}
