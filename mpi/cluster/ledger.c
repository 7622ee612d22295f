/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/ledger.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "mpi/cluster/attempt_log.h"
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
    uint32_t past; /* list of the log; of a failed partition: the one that failed next */
    uint32_t n_attempts;
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

/* ---- making one ---- */

static pt_status take_memory(ledger *self, const int32_t *priorities, pt_err *err)
{
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
    if (attempt_log_init(n_past, &self->log, err) != PT_OK ||
        turn_order_init(priorities, self->n_partitions, &self->order, err) != PT_OK ||
        place_set_init(self->n_partitions, &self->untried, err) != PT_OK ||
        place_set_init(self->n_partitions, &self->tried, err) != PT_OK ||
        room_tree_init(self->n_ranks, &self->room, err) != PT_OK ||
        room_tree_init(self->n_ranks, &self->idle, err) != PT_OK)
        return err->code;
    return PT_OK;
}

pt_status ledger_create(const ledger_setup *setup, ledger **out, pt_err *err)
{
    assert(setup->n_partitions < NONE && setup->tries_max > 0);
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
    if (take_memory(self, setup->priorities, err) != PT_OK) {
        ledger_destroy(self);
        return err->code;
    }
    self->counts[PARTITION_QUEUED] = self->n_partitions;
    for (uint32_t i = 0; i < self->n_partitions; i++) {
        self->partitions[i] = (partition){.lease = {NONE, NONE}, .past = NONE};
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

/* ---- the queue, and the partitions of one lease ---- */

/* Has every rank that is not barred failed at it? */
static bool nobody_is_left(const ledger *self, const partition *of)
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

/* The queued partition that goes first for this rank, or NONE. */
static uint32_t first_queued(ledger *self, uint32_t rank)
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

/* The partition that has been leased longest of the single ones, for a rank that holds nothing; or NONE. */
static uint32_t longest_leased(ledger *self, uint32_t rank)
{
    for (uint32_t i = self->single.first; i != NONE; i = self->leases[i].next)
        if (!attempt_log_failed(&self->log, self->partitions[self->leases[i].partition].past, rank))
            return self->leases[i].partition;
    return NONE;
}

/* ---- a partition's state: it is left, changed, and entered again ---- */

static void leave(ledger *self, partition *of)
{
    self->counts[of->state]--;
    if (of->state == PARTITION_QUEUED)
        queue_remove(self, of);
    else if (single_lease(self, of) != NONE)
        single_remove(self, single_lease(self, of));
}

static void end_lease(ledger *self, uint32_t lease);

static void enter_end(ledger *self, partition *of)
{
    for (uint32_t i = 0; i < LEASES_MAX; i++)
        if (of->lease[i] != NONE)
            end_lease(self, of->lease[i]);
    attempt_log_empty(&self->log, &of->past);
    if (of->state == PARTITION_DONE)
        return;
    const uint32_t p = number_of(self, of);
    *(self->failed.last == NONE ? &self->failed.first : &self->partitions[self->failed.last].past) = p;
    self->failed.last = p;
}

static void enter(ledger *self, partition *of, partition_state state)
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

/* The state of a partition without an answer. */
static partition_state open_state(const ledger *self, const partition *of)
{
    if (of->lease[0] != NONE || of->lease[1] != NONE)
        return PARTITION_LEASED;
    return attempt_log_failures(&self->log, of->past) >= self->tries_max || nobody_is_left(self, of) ? PARTITION_FAILED
                                                                                                     : PARTITION_QUEUED;
}

/* ---- ranks and their leases ---- */

static void show_room(ledger *self, uint32_t r)
{
    const rank_entry *rank = &self->ranks[r];
    const uint32_t room = rank->is_live && rank->n_may_hold > rank->n_held ? rank->n_may_hold - rank->n_held : 0;
    room_tree_set(&self->room, r, room);
    room_tree_set(&self->idle, r, rank->n_held == 0 ? room : 0);
}

static ledger_lease begin_lease(ledger *self, uint32_t p, uint32_t r)
{
    partition *of = &self->partitions[p];
    rank_entry *rank = &self->ranks[r];
    uint32_t lease = self->free_lease;
    if (lease != NONE)
        self->free_lease = self->leases[lease].next_of_rank;
    else
        lease = self->n_leases++;
    leave(self, of);
    self->leases[lease] = (lease_node){.partition = p, .attempt = ++of->n_attempts, .rank = r, .since = self->now};
    self->leases[lease].next_of_rank = rank->leases;
    self->leases[lease].before_of_rank = NONE;
    if (rank->leases != NONE)
        self->leases[rank->leases].before_of_rank = lease;
    rank->leases = lease;
    rank->n_held++;
    of->lease[of->lease[0] != NONE] = lease;
    enter(self, of, PARTITION_LEASED);
    show_room(self, r);
    return (ledger_lease){p, of->n_attempts, r};
}

/* The partition has been left. */
static void end_lease(ledger *self, uint32_t lease)
{
    lease_node *node = &self->leases[lease];
    partition *of = &self->partitions[node->partition];
    rank_entry *rank = &self->ranks[node->rank];
    of->lease[of->lease[0] != lease] = NONE;
    *(node->before_of_rank == NONE ? &rank->leases : &self->leases[node->before_of_rank].next_of_rank) = node->next_of_rank;
    if (node->next_of_rank != NONE)
        self->leases[node->next_of_rank].before_of_rank = node->before_of_rank;
    rank->n_held--;
    show_room(self, node->rank);
    node->next_of_rank = self->free_lease;
    self->free_lease = lease;
}

/* All leases of a rank end; `may_answer`: what it says of them late will count. */
static void end_leases(ledger *self, uint32_t r, bool may_answer)
{
    while (self->ranks[r].leases != NONE) {
        const uint32_t lease = self->ranks[r].leases;
        partition *of = &self->partitions[self->leases[lease].partition];
        leave(self, of);
        if (may_answer)
            attempt_log_add_lost(&self->log, &of->past, self->leases[lease].attempt, r, LEDGER_LATE_MAX);
        end_lease(self, lease);
        enter(self, of, of->state == PARTITION_PROVEN ? PARTITION_PROVEN : open_state(self, of));
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
    show_room(self, rank);
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
    show_room(self, rank);
    end_leases(self, rank, false);
    place_set *const sets[] = {&self->tried, &self->untried};
    for (int i = 0; i < (self->n_open == 0 ? 2 : 1); i++) {
        uint32_t place = place_set_first(sets[i], 0);
        for (; place != NONE; place = place_set_first(sets[i], place + 1)) {
            partition *of = &self->partitions[turn_order_at(&self->order, place)];
            if (nobody_is_left(self, of)) {
                leave(self, of);
                enter(self, of, PARTITION_FAILED);
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
        show_room(self, rank);
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
        show_room(self, passed);
    return found;
}

bool ledger_give(ledger *self, double now, ledger_lease *out)
{
    uint32_t found = NONE, rank = NONE;
    tell_time(self, now);
    if (self->counts[PARTITION_QUEUED] > 0)
        found = choose(self, &self->room, first_queued, &rank);
    if (found == NONE && self->single.first != NONE)
        found = choose(self, &self->idle, longest_leased, &rank);
    if (found == NONE)
        return false;
    *out = begin_lease(self, found, rank);
    return true;
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
    end_lease(self, at.lease);
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
    leave(self, of);
    end_attempt(self, from, at, ATTEMPT_LOST);
    enter(self, of, PARTITION_PROVEN);
    return ANSWER_DUPLICATE;
}

ledger_answer ledger_proof(ledger *self, ledger_lease from)
{
    attempt_place at;
    const ledger_answer answer = judge(self, from, &at);
    if (answer != ANSWER_COUNTS)
        return answer == ANSWER_DUPLICATE ? set_aside(self, from, at) : answer;
    partition *of = &self->partitions[from.partition];
    leave(self, of);
    end_attempt(self, from, at, ATTEMPT_PROVEN);
    enter(self, of, PARTITION_PROVEN);
    return answer;
}

ledger_answer ledger_failure(ledger *self, ledger_lease from, bool again)
{
    attempt_place at;
    const ledger_answer answer = judge(self, from, &at);
    if (answer != ANSWER_COUNTS)
        return answer == ANSWER_DUPLICATE ? set_aside(self, from, at) : answer;
    partition *of = &self->partitions[from.partition];
    leave(self, of);
    end_attempt(self, from, at, ATTEMPT_FAILED);
    enter(self, of, again ? open_state(self, of) : PARTITION_FAILED);
    return answer;
}

void ledger_wrong(ledger *self, ledger_lease from)
{
    partition *of = &self->partitions[from.partition];
    assert(of->state == PARTITION_PROVEN);
    past_attempt *past = attempt_log_find(&self->log, of->past, from.attempt, from.rank);
    assert(past != NULL && past->end == ATTEMPT_PROVEN);
    leave(self, of);
    past->end = ATTEMPT_FAILED;
    enter(self, of, open_state(self, of));
}

void ledger_done(ledger *self, uint32_t p)
{
    partition *of = &self->partitions[p];
    assert(of->state == PARTITION_PROVEN);
    leave(self, of);
    enter(self, of, PARTITION_DONE);
}

void ledger_set_done(ledger *self, uint32_t p)
{
    partition *of = &self->partitions[p];
    assert(of->state == PARTITION_QUEUED && of->n_attempts == 0);
    leave(self, of);
    enter(self, of, PARTITION_DONE);
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
        if (first_queued(self, r) != NONE)
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
