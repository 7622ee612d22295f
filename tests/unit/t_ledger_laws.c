/* SPDX-License-Identifier: Apache-2.0 */
/* Random operations on a ledger and on a model of it that has no index of any kind: whatever is asked, both say the same, and laws hold
 * that the model knows nothing of. t_ledger_laws [ROUNDS]; PARTITA_SEED=N repeats a run. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "mpi/cluster/ledger.h"
#include "node/setup/splitmix.h"

enum { RANKS_MAX = 6, PARTITIONS_MAX = 12, STEPS = 250, ATTEMPTS_MAX = STEPS * 4 };
#define LEASE_S 3.0

static size_t n_rounds = 2000;
static uint64_t seed, random_state;

typedef enum { RUNNING, LOST, FORGOTTEN, FAILED, PROVEN } attempt_state;

typedef struct {
    uint32_t rank, n_counted;
    attempt_state state;
    double since;
    uint64_t lost_at; /* step */
} attempt;

typedef struct {
    partition_state state;
    int32_t priority;
    uint64_t arrived;      /* of equal priorities the earlier goes first */
    uint32_t n, n_earlier; /* earlier: of partitions that had the place before */
    attempt attempts[ATTEMPTS_MAX];
} model_partition;

typedef struct {
    bool is_live, is_barred;
    double heard;
    uint32_t n_may_hold;
} model_rank;

typedef struct {
    ledger *real;
    ledger_setup setup;
    double now, told; /* what the ledger knows of it */
    uint64_t n_lost;  /* attempts, ever */
    uint64_t n_added; /* partitions */
    model_rank ranks[RANKS_MAX];
    model_partition partitions[PARTITIONS_MAX];
    bool has_failed[PARTITIONS_MAX]; /* since it was last asked for */
} both;

static uint32_t below(uint32_t n)
{
    return (uint32_t)(splitmix_next(&random_state) % n);
}

/* ---- the model ---- */

static uint32_t count_attempts(const model_partition *p, attempt_state state)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->n; i++)
        n += p->attempts[i].state == state;
    return n;
}

static bool rank_failed(const model_partition *p, uint32_t rank)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (p->attempts[i].state == FAILED && p->attempts[i].rank == rank)
            return true;
    return false;
}

static uint32_t held_by(const both *b, uint32_t rank)
{
    uint32_t n = 0;
    for (uint32_t p = 0; p < b->setup.n_partitions; p++)
        for (uint32_t i = 0; i < b->partitions[p].n; i++)
            n += b->partitions[p].attempts[i].state == RUNNING && b->partitions[p].attempts[i].rank == rank;
    return n;
}

static uint32_t room_of(const both *b, uint32_t rank)
{
    const model_rank *r = &b->ranks[rank];
    const uint32_t held = held_by(b, rank);
    return r->is_live && r->heard + LEASE_S > b->now && r->n_may_hold > held ? r->n_may_hold - held : 0;
}

static bool anyone_left(const both *b, const model_partition *p)
{
    for (uint32_t r = 0; r < b->setup.n_ranks; r++)
        if (!b->ranks[r].is_barred && !rank_failed(p, r))
            return true;
    return false;
}

static void model_end(both *b, model_partition *p, partition_state state)
{
    p->state = state;
    for (uint32_t i = 0; i < p->n; i++)
        p->attempts[i].state = FORGOTTEN;
    b->has_failed[p - b->partitions] = state == PARTITION_FAILED;
}

static void model_settle(both *b, model_partition *p)
{
    if (count_attempts(p, RUNNING) > 0)
        p->state = PARTITION_LEASED;
    else if (count_attempts(p, FAILED) >= b->setup.tries_max || !anyone_left(b, p))
        model_end(b, p, PARTITION_FAILED);
    else
        p->state = PARTITION_QUEUED;
}

static void model_lose(both *b, model_partition *p, attempt *lost)
{
    lost->state = LOST;
    lost->lost_at = ++b->n_lost;
    if (count_attempts(p, LOST) <= LEDGER_LATE_MAX)
        return;
    attempt *oldest = lost;
    for (uint32_t i = 0; i < p->n; i++)
        if (p->attempts[i].state == LOST && p->attempts[i].lost_at < oldest->lost_at)
            oldest = &p->attempts[i];
    oldest->state = FORGOTTEN;
}

static void model_end_leases(both *b, uint32_t rank, bool may_answer)
{
    for (uint32_t p = 0; p < b->setup.n_partitions; p++) {
        model_partition *of = &b->partitions[p];
        for (uint32_t i = 0; i < of->n; i++) {
            attempt *a = &of->attempts[i];
            if (a->state != RUNNING || a->rank != rank)
                continue;
            if (may_answer)
                model_lose(b, of, a);
            else
                a->state = FORGOTTEN;
            if (of->state != PARTITION_PROVEN)
                model_settle(b, of);
        }
    }
}

static ledger_answer model_judge(const both *b, ledger_lease from)
{
    if (from.partition >= b->setup.n_partitions || from.rank >= b->setup.n_ranks || b->ranks[from.rank].is_barred)
        return ANSWER_STALE;
    const model_partition *p = &b->partitions[from.partition];
    if (from.attempt == 0 || from.attempt > p->n)
        return ANSWER_STALE;
    if (p->state == PARTITION_DONE || p->state == PARTITION_FAILED)
        return ANSWER_DUPLICATE;
    const attempt *a = &p->attempts[from.attempt - 1];
    if (a->rank != from.rank || a->state == FORGOTTEN)
        return ANSWER_STALE;
    return a->state == FAILED || a->state == PROVEN || p->state == PARTITION_PROVEN ? ANSWER_DUPLICATE : ANSWER_COUNTS;
}

static ledger_answer model_answer(both *b, ledger_lease from, bool is_proof, bool again)
{
    const ledger_answer answer = model_judge(b, from);
    if (answer == ANSWER_STALE)
        return answer;
    model_partition *p = &b->partitions[from.partition];
    attempt *a = &p->attempts[from.attempt - 1];
    if (answer == ANSWER_DUPLICATE) {
        if (a->state == RUNNING && a->rank == from.rank)
            model_lose(b, p, a);
        return answer;
    }
    a->state = is_proof ? PROVEN : FAILED;
    a->n_counted++;
    if (is_proof)
        p->state = PARTITION_PROVEN;
    else if (again)
        model_settle(b, p);
    else
        model_end(b, p, PARTITION_FAILED);
    return answer;
}

static ledger_answer model_return(both *b, ledger_lease from)
{
    const ledger_answer answer = model_judge(b, from);
    if (answer == ANSWER_STALE)
        return answer;
    model_partition *p = &b->partitions[from.partition];
    attempt *a = &p->attempts[from.attempt - 1];
    if (a->state != RUNNING || a->rank != from.rank)
        return answer;
    if (answer == ANSWER_DUPLICATE) {
        model_lose(b, p, a);
        return answer;
    }
    a->state = FORGOTTEN;
    model_settle(b, p);
    return answer;
}

/* Does partition p go before q in the queue? */
static bool goes_before(const both *b, uint32_t p, uint32_t q)
{
    const int32_t x = b->partitions[p].priority, y = b->partitions[q].priority;
    return x != y ? x > y : b->partitions[p].arrived < b->partitions[q].arrived;
}

static uint32_t model_queued_for(const both *b, uint32_t rank)
{
    uint32_t best = LEDGER_NONE;
    for (uint32_t p = 0; p < b->setup.n_partitions; p++)
        if (b->partitions[p].state == PARTITION_QUEUED && !rank_failed(&b->partitions[p], rank) &&
            (best == LEDGER_NONE || goes_before(b, p, best)))
            best = p;
    return best;
}

/* When the only lease of a partition that the rank may get a second lease of began, or INFINITY. */
static double single_since(const both *b, uint32_t p, uint32_t rank)
{
    const model_partition *of = &b->partitions[p];
    if (of->state != PARTITION_LEASED || count_attempts(of, RUNNING) != 1 || rank_failed(of, rank) ||
        count_attempts(of, FAILED) >= b->setup.tries_max)
        return INFINITY;
    for (uint32_t i = 0; i < of->n; i++)
        if (of->attempts[i].state == RUNNING)
            return of->attempts[i].since;
    return INFINITY;
}

static double longest_since(const both *b, uint32_t rank)
{
    double least = INFINITY;
    for (uint32_t p = 0; p < b->setup.n_partitions; p++)
        least = fmin(least, single_since(b, p, rank));
    return least;
}

typedef struct {
    uint32_t rank;      /* LEDGER_NONE: nothing is given */
    uint32_t partition; /* LEDGER_NONE: any that was leased since `since` */
    double since;
} expected_lease;

static expected_lease model_give(const both *b)
{
    expected_lease out = {LEDGER_NONE, LEDGER_NONE, INFINITY};
    uint32_t most = 0;
    for (uint32_t r = 0; r < b->setup.n_ranks; r++)
        if (room_of(b, r) > most && model_queued_for(b, r) != LEDGER_NONE) {
            most = room_of(b, r);
            out = (expected_lease){r, model_queued_for(b, r), INFINITY};
        }
    for (uint32_t r = 0; most == 0 && r < b->setup.n_ranks; r++)
        if (held_by(b, r) == 0 && longest_since(b, r) < INFINITY &&
            (out.rank == LEDGER_NONE || room_of(b, r) > room_of(b, out.rank)) && room_of(b, r) > 0)
            out = (expected_lease){r, LEDGER_NONE, longest_since(b, r)};
    return out;
}

static bool model_is_stuck(const both *b)
{
    bool any = false;
    for (uint32_t p = 0; p < b->setup.n_partitions; p++)
        any |= b->partitions[p].state == PARTITION_QUEUED;
    for (uint32_t r = 0; r < b->setup.n_ranks; r++)
        if (b->ranks[r].is_live && model_queued_for(b, r) != LEDGER_NONE)
            return false;
    return any;
}

/* ---- steps ---- */

static double tell(both *b, double time)
{
    b->told = fmax(b->told, time);
    return time;
}

static void step_heard(both *b)
{
    const uint32_t r = below(b->setup.n_ranks);
    if (below(2) == 0) {
        b->ranks[r].n_may_hold = below(4);
        ledger_set_room(b->real, r, b->ranks[r].n_may_hold, tell(b, b->now));
    } else {
        ledger_heard(b->real, r, tell(b, b->now - below(2))); /* perhaps a time before the latest */
    }
    if (b->ranks[r].is_barred)
        return;
    b->ranks[r].is_live = true;
    b->ranks[r].heard = b->told;
}

static void step_give(both *b)
{
    const expected_lease expected = model_give(b);
    ledger_lease got;
    if (!ledger_give(b->real, tell(b, b->now), &got)) {
        assert_int_equal(expected.rank, LEDGER_NONE);
        return;
    }
    assert_int_equal(got.rank, expected.rank);
    model_partition *p = &b->partitions[got.partition];
    if (expected.partition != LEDGER_NONE)
        assert_int_equal(got.partition, expected.partition);
    else
        assert_true(single_since(b, got.partition, got.rank) == expected.since);
    assert_true(b->ranks[got.rank].is_live && !b->ranks[got.rank].is_barred);
    assert_false(rank_failed(p, got.rank));
    p->attempts[p->n++] = (attempt){.rank = got.rank, .since = b->now};
    assert_int_equal(got.attempt, p->n);
    p->state = PARTITION_LEASED;
}

/* Mostly an attempt that there is, a late one or one that was answered before among them. */
static ledger_lease some_attempt(const both *b)
{
    const uint32_t p = below(b->setup.n_partitions);
    const uint32_t n = b->partitions[p].n;
    if (n == 0 || below(16) == 0)
        return (ledger_lease){below(b->setup.n_partitions + 2), below(n + 3), below(b->setup.n_ranks + 2)};
    const uint32_t number = n - below(n < 7 ? n : 7);
    return (ledger_lease){p, number, b->partitions[p].attempts[number - 1].rank};
}

static void step_answer(both *b, bool is_proof)
{
    const ledger_lease from = some_attempt(b);
    const bool again = below(16) != 0;
    const ledger_answer answer = is_proof ? ledger_proof(b->real, from) : ledger_failure(b->real, from, again);
    assert_int_equal(answer, model_answer(b, from, is_proof, again));
}

static void step_return(both *b)
{
    const ledger_lease from = some_attempt(b);
    const ledger_answer answer = ledger_return(b->real, from);
    assert_int_equal(answer, model_return(b, from));
}

static void step_checked(both *b, bool is_right)
{
    for (uint32_t p = below(b->setup.n_partitions); p < b->setup.n_partitions; p++) {
        model_partition *of = &b->partitions[p];
        if (of->state != PARTITION_PROVEN)
            continue;
        uint32_t i = 0;
        while (of->attempts[i].state != PROVEN)
            i++;
        if (is_right) {
            ledger_done(b->real, p);
            model_end(b, of, PARTITION_DONE);
        } else {
            ledger_wrong(b->real, (ledger_lease){p, i + 1, of->attempts[i].rank});
            of->attempts[i].state = FAILED;
            model_settle(b, of);
        }
        return;
    }
}

static void step_expire(both *b)
{
    uint32_t lost[RANKS_MAX], n = 0;
    const uint32_t n_lost = ledger_expire(b->real, tell(b, b->now), lost);
    for (uint32_t r = 0; r < b->setup.n_ranks; r++) {
        if (!b->ranks[r].is_live || b->ranks[r].heard + LEASE_S > b->now)
            continue;
        b->ranks[r].is_live = false;
        uint32_t i = 0;
        while (i < n_lost && lost[i] != r)
            i++;
        assert_true(i < n_lost);
        assert_true(i == 0 || b->ranks[lost[i - 1]].heard <= b->ranks[r].heard);
        n++;
    }
    assert_int_equal(n_lost, n);
    for (uint32_t i = 0; i < n; i++) /* in the order of their being lost, which says whose late attempts are forgotten */
        model_end_leases(b, lost[i], true);
}

static void step_bar(both *b)
{
    const uint32_t r = below(b->setup.n_ranks);
    ledger_bar(b->real, r);
    b->ranks[r].is_barred = true;
    b->ranks[r].is_live = false;
    model_end_leases(b, r, false);
    for (uint32_t p = 0; p < b->setup.n_partitions; p++)
        if (b->partitions[p].state == PARTITION_QUEUED)
            model_settle(b, &b->partitions[p]);
}

static void check_failed(both *b)
{
    uint32_t p;
    while (ledger_next_failed(b->real, &p)) {
        assert_true(b->has_failed[p]);
        b->has_failed[p] = false;
    }
    for (p = 0; p < b->setup.n_partitions; p++)
        assert_false(b->has_failed[p]);
}

/* Mostly at the end of the queue, as partitions of a stream come. */
static void step_add(both *b)
{
    const uint32_t first = below(b->setup.n_partitions);
    check_failed(b);
    for (uint32_t i = 0; i < b->setup.n_partitions; i++) {
        model_partition *p = &b->partitions[(first + i) % b->setup.n_partitions];
        if (p->state != PARTITION_DONE && p->state != PARTITION_FAILED)
            continue;
        p->priority = below(6) == 0 ? (int32_t)below(4) : 0;
        p->arrived = ++b->n_added;
        p->n_earlier = p->n;
        ledger_add(b->real, (uint32_t)(p - b->partitions), p->priority);
        model_settle(b, p);
        return;
    }
}

/* ---- what holds after each step ---- */

static void check_partition(const both *b, uint32_t p)
{
    const model_partition *of = &b->partitions[p];
    uint32_t holder = LEDGER_NONE, n_held = 0;
    assert_int_equal(ledger_state(b->real, p), of->state);
    for (uint32_t i = 0; i < of->n; i++) {
        const bool holds = ledger_holds(b->real, (ledger_lease){p, i + 1, of->attempts[i].rank});
        assert_int_equal(holds, of->attempts[i].state == RUNNING);
        assert_true(of->attempts[i].n_counted <= 1);
        assert_int_equal(ledger_is_current(b->real, (ledger_lease){.partition = p, .attempt = i + 1}), i >= of->n_earlier);
        if (!holds)
            continue;
        assert_false(ledger_holds(b->real, (ledger_lease){p, i + 1, of->attempts[i].rank + 1}));
        assert_int_not_equal(of->attempts[i].rank, holder);
        holder = of->attempts[i].rank;
        n_held++;
    }
    assert_true(n_held <= 2);
    if (of->state != PARTITION_PROVEN)
        assert_int_equal(n_held > 0, of->state == PARTITION_LEASED);
}

static void check_rank(const both *b, uint32_t r)
{
    ledger_lease held[PARTITIONS_MAX];
    const uint32_t n = ledger_leases_of(b->real, r, held, PARTITIONS_MAX);
    assert_int_equal(n, held_by(b, r));
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(held[i].rank, r);
        assert_true(ledger_holds(b->real, held[i]));
        for (uint32_t j = 0; j < i; j++)
            assert_int_not_equal(held[i].partition, held[j].partition);
    }
    assert_int_equal(ledger_is_barred(b->real, r), b->ranks[r].is_barred);
    assert_int_equal(ledger_is_live(b->real, r), b->ranks[r].is_live);
    if (!b->ranks[r].is_live)
        assert_int_equal(n, 0);
}

static void check_all(both *b)
{
    uint32_t n[PARTITION_FAILED + 1] = {0};
    double expiry = INFINITY;
    for (uint32_t p = 0; p < b->setup.n_partitions; p++) {
        check_partition(b, p);
        n[b->partitions[p].state]++;
    }
    for (uint32_t r = 0; r < b->setup.n_ranks; r++) {
        check_rank(b, r);
        if (b->ranks[r].is_live)
            expiry = fmin(expiry, b->ranks[r].heard + LEASE_S);
    }
    const ledger_counts counts = ledger_count(b->real);
    const uint32_t got[] = {counts.n_queued, counts.n_leased, counts.n_proven, counts.n_done, counts.n_failed};
    assert_memory_equal(got, n, sizeof n);
    assert_true(ledger_next_expiry(b->real) == expiry);
    assert_int_equal(ledger_is_stuck(b->real), model_is_stuck(b));
    if (below(4) == 0)
        check_failed(b);
}

static void step(both *b, uint32_t n_calm)
{
    const uint32_t kind = below(100);
    if (b->setup.is_open && below(4) == 0)
        step_add(b);
    if (kind < 30)
        step_give(b);
    else if (kind < 50)
        step_heard(b);
    else if (kind < 60)
        step_answer(b, true);
    else if (kind < 70)
        step_answer(b, below(4) == 0);
    else if (kind < 73)
        step_return(b);
    else if (kind < 82)
        step_checked(b, below(3) == 0);
    else if (kind < 90)
        step_expire(b);
    else if (kind < 99)
        b->now += below(n_calm) == 0 ? below(3) : 0.125 * below(4);
    else if (below(6) == 0)
        step_bar(b);
}

static both *begin_round(void)
{
    both *b = calloc(1, sizeof *b);
    int32_t priorities[PARTITIONS_MAX];
    pt_err err = {0};
    assert_non_null(b);
    b->told = -INFINITY;
    b->setup = (ledger_setup){.n_partitions = 1 + below(PARTITIONS_MAX),
                              .n_ranks = 1 + below(RANKS_MAX),
                              .lease_s = LEASE_S,
                              .tries_max = 1 + below(4),
                              .is_open = below(3) == 0};
    const bool is_flat = b->setup.is_open || below(2) == 0;
    for (uint32_t p = 0; p < b->setup.n_partitions; p++) {
        b->partitions[p].priority = priorities[p] = is_flat ? 0 : (int32_t)below(4) - 2;
        b->partitions[p].arrived = ++b->n_added;
    }
    b->setup.priorities = is_flat ? NULL : priorities;
    assert_int_equal(ledger_create(&b->setup, &b->real, &err), PT_OK);
    memset(priorities, 0x7f, sizeof priorities); /* they were copied */
    for (uint32_t p = 0; p < b->setup.n_partitions; p++)
        if (b->setup.is_open || below(8) == 0) {
            if (!b->setup.is_open)
                ledger_set_done(b->real, p);
            b->partitions[p].state = PARTITION_DONE;
        }
    return b;
}

static void whatever_happens_the_ledger_and_a_plain_model_agree(void **state)
{
    (void)state;
    size_t n_given = 0;
    for (size_t round = 0; round < n_rounds; round++) {
        random_state = seed ^ (uint64_t)round << 32;
        both *b = begin_round();
        const uint32_t n_calm = 1 + below(8);
        for (uint32_t i = 0; i < STEPS; i++) {
            step(b, n_calm);
            check_all(b);
        }
        for (uint32_t p = 0; p < b->setup.n_partitions; p++)
            n_given += b->partitions[p].n;
        ledger_destroy(b->real);
        free(b);
    }
    print_message("%zu rounds, %zu attempts\n", n_rounds, n_given);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_happens_the_ledger_and_a_plain_model_agree)};
    const char *given = getenv("PARTITA_SEED");
    seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    if (argc > 1)
        n_rounds = strtoul(argv[1], NULL, 10);
    print_message("PARTITA_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
