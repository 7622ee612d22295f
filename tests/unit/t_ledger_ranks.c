/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger's ranks come, go and are counted. */
#include <math.h>
#include <stdlib.h>

#include "node/pipeline/stage.h"
#include "tests/unit/ledger_tests.inc.h"

/* ---- ranks that go ---- */

static void a_rank_not_heard_in_time_loses_its_leases(void **state)
{
    (void)state;
    ledger *self = ready(3, 3, 1);
    uint32_t lost[3];
    give(self, 0), give(self, 0), give(self, 0);
    ledger_heard(self, 1, 1);
    ledger_heard(self, 0, 2);
    assert_true(ledger_next_expiry(self) == LEASE_S);
    assert_int_equal(ledger_expire(self, LEASE_S - 0.01, lost), 0);
    assert_int_equal(ledger_expire(self, LEASE_S + 1, lost), 2);
    assert_int_equal(lost[0], 2);
    assert_int_equal(lost[1], 1);
    assert_true(ledger_is_live(self, 0) && !ledger_is_live(self, 1) && !ledger_is_live(self, 2));
    counts_are(self, 2, 1, 0, 0, 0);
    assert_int_equal(ledger_expire(self, LEASE_S + 2, NULL), 1);
    assert_true(ledger_next_expiry(self) == INFINITY);
    counts_are(self, 3, 0, 0, 0, 0);
    ledger_destroy(self);
}

static void a_rank_that_comes_back_holds_nothing_and_gets_some_again(void **state)
{
    (void)state;
    ledger *self = ready(1, 1, 1);
    const ledger_lease before = give(self, 0);
    assert_int_equal(ledger_expire(self, LEASE_S, NULL), 1);
    gives_nothing(self, LEASE_S);
    ledger_heard(self, 0, LEASE_S + 1);
    assert_int_equal(ledger_leases_of(self, 0, NULL, 0), 0);
    assert_false(ledger_holds(self, before));
    is_lease(give(self, LEASE_S + 1), 0, 2, 0);
    ledger_destroy(self);
}

static void a_proven_partition_stays_so_when_its_ranks_are_lost(void **state)
{
    (void)state;
    ledger *self = ready(1, 2, 1);
    const ledger_lease first = give(self, 0);
    give(self, 0);
    assert_int_equal(ledger_proof(self, first), ANSWER_COUNTS);
    assert_int_equal(ledger_expire(self, LEASE_S, NULL), 2);
    counts_are(self, 0, 0, 1, 0, 0);
    ledger_wrong(self, first);
    counts_are(self, 1, 0, 0, 0, 0);
    ledger_destroy(self);
}

static void a_barred_rank_loses_its_leases_and_nothing_it_says_counts(void **state)
{
    (void)state;
    ledger *self = ready(2, 2, 1);
    const ledger_lease lease = give(self, 0);
    ledger_bar(self, 0);
    ledger_bar(self, 0);
    assert_true(ledger_is_barred(self, 0) && !ledger_is_barred(self, 1));
    ledger_set_room(self, 0, 5, 1);
    assert_false(ledger_is_live(self, 0));
    assert_int_equal(ledger_proof(self, lease), ANSWER_STALE);
    assert_int_equal(ledger_failure(self, lease, false), ANSWER_STALE);
    is_lease(give(self, 1), 0, 2, 1);
    gives_nothing(self, 1);
    ledger_destroy(self);
}

static void what_a_rank_returns_is_no_try_and_may_be_its_again(void **state)
{
    (void)state;
    ledger *self = ready(1, 2, 1);
    for (uint32_t i = 0; i < 10; i++) {
        const ledger_lease lease = give(self, 0);
        is_lease(lease, 0, i + 1, 0);
        assert_int_equal(ledger_return(self, lease), ANSWER_COUNTS);
        assert_int_equal(ledger_return(self, lease), ANSWER_STALE);
        counts_are(self, 1, 0, 0, 0, 0);
    }
    const ledger_lease first = give(self, 0), second = give(self, 0);
    assert_int_equal(ledger_return(self, first), ANSWER_COUNTS);
    counts_are(self, 0, 1, 0, 0, 0);
    assert_int_equal(ledger_proof(self, second), ANSWER_COUNTS);
    assert_int_equal(ledger_return(self, second), ANSWER_DUPLICATE);
    counts_are(self, 0, 0, 1, 0, 0);
    ledger_destroy(self);
}

static void the_attempts_of_a_barred_rank_push_no_other_out_of_memory(void **state)
{
    (void)state;
    ledger *self = ready(1, 2, 1);
    for (uint32_t i = 0; i < LEDGER_LATE_MAX; i++) {
        is_lease(give(self, i * LEASE_S), 0, i + 1, 0);
        lose(self, 0, 2, (i + 1) * LEASE_S);
        ledger_heard(self, 0, (i + 1) * LEASE_S);
    }
    ledger_set_room(self, 1, 2, LEDGER_LATE_MAX * LEASE_S);
    is_lease(give(self, LEDGER_LATE_MAX * LEASE_S), 0, LEDGER_LATE_MAX + 1, 1);
    ledger_bar(self, 1);
    assert_int_equal(ledger_proof(self, (ledger_lease){0, 1, 0}), ANSWER_COUNTS);
    ledger_destroy(self);
}

static void the_proof_of_a_rank_barred_meanwhile_may_still_be_right(void **state)
{
    (void)state;
    ledger *self = ready(2, 1, 2);
    const ledger_lease lease = give(self, 0);
    give(self, 0);
    assert_int_equal(ledger_proof(self, lease), ANSWER_COUNTS);
    ledger_bar(self, 0);
    counts_are(self, 0, 0, 1, 0, 1);
    ledger_done(self, 0);
    counts_are(self, 0, 0, 0, 1, 1);
    ledger_destroy(self);
}

static void all_that_is_open_fails_when_the_only_rank_is_barred(void **state)
{
    (void)state;
    ledger *self = ready(4, 1, 2);
    uint32_t failed;
    assert_int_equal(ledger_proof(self, give(self, 0)), ANSWER_COUNTS);
    give(self, 0);
    ledger_bar(self, 0);
    counts_are(self, 0, 0, 1, 0, 3);
    for (uint32_t p = 1; p < 4; p++) {
        assert_true(ledger_next_failed(self, &failed));
        assert_int_equal(failed, p);
    }
    assert_false(ledger_next_failed(self, &failed));
    ledger_wrong(self, (ledger_lease){0, 1, 0});
    assert_true(ledger_next_failed(self, &failed));
    assert_false(ledger_is_stuck(self));
    ledger_destroy(self);
}

static void barring_the_last_rank_that_had_not_failed_at_it_fails_it(void **state)
{
    (void)state;
    ledger *self = ready(2, 3, 1);
    assert_int_equal(ledger_failure(self, give(self, 0), true), ANSWER_COUNTS);
    ledger_bar(self, 2);
    counts_are(self, 2, 0, 0, 0, 0);
    ledger_bar(self, 1);
    counts_are(self, 1, 0, 0, 0, 1);
    assert_int_equal(ledger_state(self, 0), PARTITION_FAILED);
    ledger_destroy(self);
}

static void what_waits_for_silent_ranks_alone_is_stuck_until_they_come_or_are_barred(void **state)
{
    (void)state;
    ledger *self = ledger_of(2, 2, 3, NULL);
    assert_true(ledger_is_stuck(self));
    ledger_set_room(self, 0, 1, 0);
    assert_false(ledger_is_stuck(self));
    assert_int_equal(ledger_failure(self, give(self, 0), true), ANSWER_COUNTS);
    assert_false(ledger_is_stuck(self)); /* rank 0 may have the other */
    assert_int_equal(ledger_failure(self, give(self, 0), true), ANSWER_COUNTS);
    assert_true(ledger_is_stuck(self));
    gives_nothing(self, 0);
    ledger_heard(self, 1, 0);
    assert_false(ledger_is_stuck(self));
    assert_int_equal(ledger_expire(self, LEASE_S, NULL), 2);
    assert_true(ledger_is_stuck(self));
    ledger_bar(self, 1);
    assert_false(ledger_is_stuck(self));
    counts_are(self, 0, 0, 0, 0, 2);
    ledger_destroy(self);
}

/* ---- the rest ---- */

static void a_rank_s_leases_are_told_as_far_as_there_is_room(void **state)
{
    (void)state;
    ledger *self = ready(3, 1, 3);
    ledger_lease out[3] = {{9, 9, 9}, {9, 9, 9}, {9, 9, 9}};
    give(self, 0), give(self, 0), give(self, 0);
    assert_int_equal(ledger_leases_of(self, 0, out, 2), 3);
    assert_true(ledger_holds(self, out[0]) && ledger_holds(self, out[1]));
    assert_int_not_equal(out[0].partition, out[1].partition);
    assert_int_equal(out[2].partition, 9);
    ledger_destroy(self);
}

static void no_partitions_are_nothing_to_give(void **state)
{
    (void)state;
    ledger *self = ready(0, 1, 1);
    gives_nothing(self, 0);
    counts_are(self, 0, 0, 0, 0, 0);
    assert_false(ledger_is_stuck(self));
    ledger_destroy(self);
    ledger_destroy(NULL);
}

static void more_attempts_than_can_be_numbered_are_refused(void **state)
{
    (void)state;
    const ledger_setup setup = {.n_partitions = 1u << 20, .n_ranks = 1, .lease_s = 1, .tries_max = 1u << 13};
    ledger *self;
    pt_err err = {0};
    assert_int_equal(ledger_create(&setup, &self, &err), PT_E_NOMEM);
}

/* A thousand ranks of four partitions each answer one after the other; a hundredth of the answers is a failure. */
static void a_million_partitions_are_proven_by_a_thousand_ranks(void **state)
{
    (void)state;
    enum { N = 1000000, N_RANKS = 1000, ROOM = 4 };
    ledger *self = ready(N, N_RANKS, ROOM);
    ledger_lease *under_way = calloc(N_RANKS * ROOM, sizeof *under_way);
    assert_non_null(under_way);
    size_t n = 0, next = 0, n_steps = 0;
    double now = 0;
    const double begin = clock_seconds();
    while (ledger_count(self).n_done < N) {
        now += 1e-5;
        ledger_heard(self, (uint32_t)(n_steps % N_RANKS), now);
        assert_int_equal(ledger_expire(self, now, NULL), 0);
        while (n < (size_t)N_RANKS * ROOM && ledger_give(self, now, &under_way[n]))
            n++;
        next = (next + 7919) % n;
        const ledger_lease from = under_way[next];
        under_way[next] = under_way[--n];
        if (++n_steps % 100 == 0) {
            (void)ledger_failure(self, from, true);
        } else if (ledger_proof(self, from) == ANSWER_COUNTS) {
            ledger_done(self, from.partition);
        }
    }
    const double seconds = clock_seconds() - begin;
    print_message("%zu answers of %d ranks on %d partitions: %.0f a second\n", n_steps, N_RANKS, N,
                  (double)n_steps / seconds);
    counts_are(self, 0, 0, 0, N, 0);
    free(under_way);
    ledger_destroy(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rank_not_heard_in_time_loses_its_leases),
        cmocka_unit_test(a_rank_that_comes_back_holds_nothing_and_gets_some_again),
        cmocka_unit_test(a_proven_partition_stays_so_when_its_ranks_are_lost),
        cmocka_unit_test(a_barred_rank_loses_its_leases_and_nothing_it_says_counts),
        cmocka_unit_test(what_a_rank_returns_is_no_try_and_may_be_its_again),
        cmocka_unit_test(the_attempts_of_a_barred_rank_push_no_other_out_of_memory),
        cmocka_unit_test(the_proof_of_a_rank_barred_meanwhile_may_still_be_right),
        cmocka_unit_test(all_that_is_open_fails_when_the_only_rank_is_barred),
        cmocka_unit_test(barring_the_last_rank_that_had_not_failed_at_it_fails_it),
        cmocka_unit_test(what_waits_for_silent_ranks_alone_is_stuck_until_they_come_or_are_barred),
        cmocka_unit_test(a_rank_s_leases_are_told_as_far_as_there_is_room),
        cmocka_unit_test(no_partitions_are_nothing_to_give),
        cmocka_unit_test(more_attempts_than_can_be_numbered_are_refused),
        cmocka_unit_test(a_million_partitions_are_proven_by_a_thousand_ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
