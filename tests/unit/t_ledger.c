/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ledger_tests.inc.h"

/* ---- giving ---- */

static void partitions_go_in_their_order(void **state)
{
    (void)state;
    ledger *self = ready(4, 1, 4);
    for (uint32_t p = 0; p < 4; p++)
        is_lease(give(self, 0), p, 1, 0);
    gives_nothing(self, 0);
    ledger_destroy(self);
}

static void a_larger_priority_goes_first_and_of_equal_ones_the_earlier(void **state)
{
    (void)state;
    const int32_t priorities[] = {0, INT32_MIN, 7, 0, INT32_MAX, 7};
    const uint32_t order[] = {4, 2, 5, 0, 3, 1};
    ledger *self = ledger_of(6, 1, 3, priorities);
    ledger_set_room(self, 0, 6, 0);
    for (uint32_t i = 0; i < 6; i++)
        is_lease(give(self, 0), order[i], 1, 0);
    ledger_destroy(self);
}

static void a_partition_that_comes_back_has_its_old_place(void **state)
{
    (void)state;
    ledger *self = ready(4, 2, 1);
    is_lease(give(self, 0), 0, 1, 0);
    is_lease(give(self, 0), 1, 1, 1);
    lose(self, 0, 2, LEASE_S);
    ledger_set_room(self, 1, 2, LEASE_S);
    is_lease(give(self, LEASE_S), 0, 2, 1);
    ledger_destroy(self);
}

static void the_rank_with_most_room_left_is_given_to_first(void **state)
{
    (void)state;
    ledger *self = ready(6, 3, 1);
    ledger_set_room(self, 1, 3, 0);
    const uint32_t ranks[] = {1, 1, 0, 1, 2};
    for (uint32_t i = 0; i < 5; i++)
        is_lease(give(self, 0), i, 1, ranks[i]);
    gives_nothing(self, 0);
    ledger_destroy(self);
}

static void what_is_done_from_before_is_never_given(void **state)
{
    (void)state;
    ledger *self = ready(3, 1, 3);
    ledger_set_done(self, 0);
    ledger_set_done(self, 2);
    counts_are(self, 1, 0, 0, 2, 0);
    is_lease(give(self, 0), 1, 1, 0);
    gives_nothing(self, 0);
    ledger_destroy(self);
}

static void nothing_is_given_to_a_rank_that_was_never_heard_or_said_no_room(void **state)
{
    (void)state;
    ledger *self = ledger_of(1, 2, 3, NULL);
    gives_nothing(self, 0);
    ledger_heard(self, 0, 0);
    ledger_set_room(self, 1, 0, 0);
    gives_nothing(self, 0);
    ledger_set_room(self, 1, 1, 0);
    is_lease(give(self, 0), 0, 1, 1);
    ledger_destroy(self);
}

static void a_rank_whose_room_shrinks_keeps_what_it_holds(void **state)
{
    (void)state;
    ledger *self = ready(4, 1, 3);
    const ledger_lease first = give(self, 0), second = give(self, 0);
    ledger_set_room(self, 0, 1, 0);
    gives_nothing(self, 0);
    assert_true(ledger_holds(self, first) && ledger_holds(self, second));
    assert_int_equal(ledger_proof(self, first), ANSWER_COUNTS);
    gives_nothing(self, 0);
    assert_int_equal(ledger_proof(self, second), ANSWER_COUNTS);
    is_lease(give(self, 0), 2, 1, 0);
    ledger_destroy(self);
}

static void an_overdue_rank_gets_nothing_though_nobody_asked_for_expiry(void **state)
{
    (void)state;
    ledger *self = ready(2, 2, 1);
    ledger_heard(self, 1, 1);
    is_lease(give(self, LEASE_S), 0, 1, 1);
    gives_nothing(self, LEASE_S);
    assert_true(ledger_is_live(self, 0));
    ledger_heard(self, 0, LEASE_S);
    is_lease(give(self, LEASE_S), 1, 1, 0);
    ledger_destroy(self);
}

/* ---- second leases ---- */

static void an_idle_rank_gets_what_is_leased_longest_a_second_time(void **state)
{
    (void)state;
    ledger *self = ready(3, 3, 1);
    is_lease(give(self, 0), 0, 1, 0);
    const ledger_lease middle = give(self, 0.5);
    is_lease(give(self, 1), 2, 1, 2);
    assert_int_equal(ledger_proof(self, middle), ANSWER_COUNTS);
    is_lease(give(self, 1), 0, 2, 1);
    gives_nothing(self, 1);
    ledger_destroy(self);
}

static void a_partition_has_two_leases_at_most_and_of_two_ranks(void **state)
{
    (void)state;
    ledger *self = ready(1, 3, 2);
    is_lease(give(self, 0), 0, 1, 0);
    is_lease(give(self, 0), 0, 2, 1);
    gives_nothing(self, 0);
    ledger_destroy(self);
}

static void a_rank_that_holds_something_gets_no_second_lease(void **state)
{
    (void)state;
    ledger *self = ready(2, 2, 8);
    is_lease(give(self, 0), 0, 1, 0);
    is_lease(give(self, 0), 1, 1, 1);
    gives_nothing(self, 0);
    ledger_destroy(self);
}

static void a_second_lease_outlives_the_first(void **state)
{
    (void)state;
    ledger *self = ready(1, 3, 1);
    give(self, 0);
    const ledger_lease second = give(self, 0);
    lose(self, 0, 3, LEASE_S);
    assert_int_equal(ledger_state(self, 0), PARTITION_LEASED);
    assert_true(ledger_holds(self, second));
    is_lease(give(self, LEASE_S), 0, 3, 2);
    ledger_destroy(self);
}

static void one_lease_failing_leaves_the_other(void **state)
{
    (void)state;
    ledger *self = ready(1, 2, 1);
    const ledger_lease first = give(self, 0), second = give(self, 0);
    assert_int_equal(ledger_failure(self, first, true), ANSWER_COUNTS);
    assert_int_equal(ledger_state(self, 0), PARTITION_LEASED);
    assert_int_equal(ledger_proof(self, second), ANSWER_COUNTS);
    ledger_done(self, 0);
    counts_are(self, 0, 0, 0, 1, 0);
    ledger_destroy(self);
}

static void no_second_lease_is_given_once_tries_max_have_failed(void **state)
{
    (void)state;
    ledger *self = ledger_of(1, 4, 1, NULL);
    for (uint32_t r = 0; r < 4; r++)
        ledger_set_room(self, r, 1, 0);
    const ledger_lease first = give(self, 0), second = give(self, 0);
    assert_int_equal(ledger_failure(self, first, true), ANSWER_COUNTS);
    gives_nothing(self, 0);
    assert_int_equal(ledger_failure(self, second, true), ANSWER_COUNTS);
    counts_are(self, 0, 0, 0, 0, 1);
    ledger_destroy(self);
}

/* ---- proofs ---- */

static void a_proof_counts_once(void **state)
{
    (void)state;
    ledger *self = ready(1, 1, 1);
    const ledger_lease lease = give(self, 0);
    assert_int_equal(ledger_proof(self, lease), ANSWER_COUNTS);
    counts_are(self, 0, 0, 1, 0, 0);
    assert_false(ledger_holds(self, lease));
    assert_int_equal(ledger_proof(self, lease), ANSWER_DUPLICATE);
    ledger_done(self, 0);
    assert_int_equal(ledger_proof(self, lease), ANSWER_DUPLICATE);
    assert_int_equal(ledger_failure(self, lease, false), ANSWER_DUPLICATE);
    counts_are(self, 0, 0, 0, 1, 0);
    ledger_destroy(self);
}

static void an_attempt_that_was_never_given_or_to_another_rank_is_stale(void **state)
{
    (void)state;
    ledger *self = ready(2, 2, 1);
    const ledger_lease lease = give(self, 0);
    const ledger_lease strangers[] = {{0, 1, 1}, {0, 0, 0},          {0, 2, 0},          {1, 1, 0},         {2, 1, 0},
                                      {0, 1, 2}, {UINT32_MAX, 1, 0}, {0, UINT32_MAX, 0}, {0, 1, UINT32_MAX}};
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        assert_int_equal(ledger_proof(self, strangers[i]), ANSWER_STALE);
        assert_int_equal(ledger_failure(self, strangers[i], false), ANSWER_STALE);
        assert_false(ledger_holds(self, strangers[i]));
    }
    assert_true(ledger_holds(self, lease));
    counts_are(self, 1, 1, 0, 0, 0);
    ledger_destroy(self);
}

static void other_leases_end_when_the_proof_is_safe_and_not_before(void **state)
{
    (void)state;
    ledger *self = ready(1, 2, 1);
    const ledger_lease first = give(self, 0), second = give(self, 0);
    assert_int_equal(ledger_proof(self, second), ANSWER_COUNTS);
    assert_true(ledger_holds(self, first));
    ledger_done(self, 0);
    assert_false(ledger_holds(self, first));
    assert_int_equal(ledger_leases_of(self, 0, NULL, 0), 0);
    assert_int_equal(ledger_proof(self, first), ANSWER_DUPLICATE);
    ledger_destroy(self);
}

static void a_proof_of_a_lost_rank_counts_if_it_is_the_first(void **state)
{
    (void)state;
    ledger *self = ready(2, 2, 1);
    const ledger_lease queued = give(self, 0);
    lose(self, 0, 2, LEASE_S);
    assert_int_equal(ledger_proof(self, queued), ANSWER_COUNTS);
    counts_are(self, 1, 0, 1, 0, 0);
    const ledger_lease leased = give(self, LEASE_S);
    is_lease(leased, 1, 1, 1);
    ledger_set_room(self, 0, 1, 2 * LEASE_S);
    assert_int_equal(ledger_expire(self, 2 * LEASE_S, NULL), 1);
    is_lease(give(self, 2 * LEASE_S), 1, 2, 0);
    assert_int_equal(ledger_proof(self, leased), ANSWER_COUNTS);
    assert_int_equal(ledger_proof(self, leased), ANSWER_DUPLICATE);
    ledger_done(self, 1);
    assert_int_equal(ledger_proof(self, (ledger_lease){1, 2, 0}), ANSWER_DUPLICATE);
    ledger_destroy(self);
}

static void a_failure_of_a_lost_rank_keeps_the_partition_from_it(void **state)
{
    (void)state;
    ledger *self = ready(1, 2, 1);
    const ledger_lease late = give(self, 0);
    lose(self, 0, 2, LEASE_S);
    assert_int_equal(ledger_failure(self, late, true), ANSWER_COUNTS);
    assert_int_equal(ledger_failure(self, late, true), ANSWER_DUPLICATE);
    ledger_heard(self, 0, LEASE_S);
    is_lease(give(self, LEASE_S), 0, 2, 1);
    gives_nothing(self, LEASE_S);
    ledger_destroy(self);
}

static void more_lost_attempts_than_are_remembered_are_stale_from_the_oldest(void **state)
{
    (void)state;
    ledger *self = ready(1, 1, 1);
    ledger_lease lost[LEDGER_LATE_MAX + 1];
    for (uint32_t i = 0; i <= LEDGER_LATE_MAX; i++) {
        ledger_heard(self, 0, i * LEASE_S);
        is_lease(lost[i] = give(self, i * LEASE_S), 0, i + 1, 0);
        assert_int_equal(ledger_expire(self, (i + 1) * LEASE_S, NULL), 1);
    }
    assert_int_equal(ledger_proof(self, lost[0]), ANSWER_STALE);
    assert_int_equal(ledger_proof(self, lost[1]), ANSWER_COUNTS);
    ledger_destroy(self);
}

/* More often than there is memory for at once, which a sanitizer would see. */
static void a_partition_may_be_lost_any_number_of_times(void **state)
{
    (void)state;
    ledger *self = ready(1, 1, 1);
    for (uint32_t i = 0; i < 1000; i++) {
        ledger_heard(self, 0, i * LEASE_S);
        is_lease(give(self, i * LEASE_S), 0, i + 1, 0);
        assert_int_equal(ledger_expire(self, (i + 1) * LEASE_S, NULL), 1);
    }
    assert_int_equal(ledger_proof(self, (ledger_lease){0, 1000, 0}), ANSWER_COUNTS);
    ledger_destroy(self);
}

static void a_wrong_proof_is_queued_again_for_another_rank(void **state)
{
    (void)state;
    ledger *self = ready(1, 2, 1);
    const ledger_lease lease = give(self, 0);
    assert_int_equal(ledger_proof(self, lease), ANSWER_COUNTS);
    ledger_wrong(self, lease);
    counts_are(self, 1, 0, 0, 0, 0);
    assert_int_equal(ledger_proof(self, lease), ANSWER_DUPLICATE);
    is_lease(give(self, 0), 0, 2, 1);
    gives_nothing(self, 0);
    ledger_destroy(self);
}

static void a_reserve_takes_over_when_the_proof_was_wrong(void **state)
{
    (void)state;
    ledger *self = ready(1, 3, 1);
    const ledger_lease first = give(self, 0), second = give(self, 0);
    assert_int_equal(ledger_proof(self, first), ANSWER_COUNTS);
    gives_nothing(self, 0);
    ledger_wrong(self, first);
    assert_int_equal(ledger_state(self, 0), PARTITION_LEASED);
    is_lease(give(self, 0), 0, 3, 2);
    assert_int_equal(ledger_proof(self, second), ANSWER_COUNTS);
    ledger_destroy(self);
}

static void a_proof_set_aside_may_come_again_when_the_first_was_wrong(void **state)
{
    (void)state;
    ledger *self = ready(1, 2, 1);
    const ledger_lease first = give(self, 0), second = give(self, 0);
    assert_int_equal(ledger_proof(self, first), ANSWER_COUNTS);
    assert_int_equal(ledger_proof(self, second), ANSWER_DUPLICATE);
    assert_false(ledger_holds(self, second));
    ledger_wrong(self, first);
    counts_are(self, 1, 0, 0, 0, 0);
    assert_int_equal(ledger_proof(self, second), ANSWER_COUNTS);
    ledger_destroy(self);
}

/* ---- failures ---- */

static void a_failure_for_good_fails_the_partition_and_ends_its_leases(void **state)
{
    (void)state;
    ledger *self = ready(1, 2, 1);
    const ledger_lease first = give(self, 0), second = give(self, 0);
    uint32_t failed;
    assert_false(ledger_next_failed(self, &failed));
    assert_int_equal(ledger_failure(self, second, false), ANSWER_COUNTS);
    assert_false(ledger_holds(self, first));
    counts_are(self, 0, 0, 0, 0, 1);
    assert_true(ledger_next_failed(self, &failed));
    assert_int_equal(failed, 0);
    assert_false(ledger_next_failed(self, &failed));
    assert_int_equal(ledger_proof(self, first), ANSWER_DUPLICATE);
    ledger_destroy(self);
}

static void a_partition_fails_at_tries_max(void **state)
{
    (void)state;
    ledger *self = ready(1, 5, 1);
    for (uint32_t i = 0; i < 3; i++) {
        const ledger_lease lease = {0, i + 1, i};
        is_lease(give(self, 0), 0, lease.attempt, lease.rank);
        assert_int_equal(ledger_failure(self, lease, true), ANSWER_COUNTS);
    }
    counts_are(self, 0, 0, 0, 0, 1);
    ledger_destroy(self);
}

static void a_partition_fails_when_every_rank_has_failed_at_it(void **state)
{
    (void)state;
    ledger *self = ready(1, 2, 1);
    assert_int_equal(ledger_failure(self, give(self, 0), true), ANSWER_COUNTS);
    counts_are(self, 1, 0, 0, 0, 0);
    assert_int_equal(ledger_failure(self, give(self, 0), true), ANSWER_COUNTS);
    counts_are(self, 0, 0, 0, 0, 1);
    ledger_destroy(self);
}

static void a_failure_does_not_fail_what_is_proven(void **state)
{
    (void)state;
    ledger *self = ready(1, 2, 1);
    const ledger_lease first = give(self, 0), second = give(self, 0);
    assert_int_equal(ledger_proof(self, first), ANSWER_COUNTS);
    assert_int_equal(ledger_failure(self, second, false), ANSWER_DUPLICATE);
    counts_are(self, 0, 0, 1, 0, 0);
    ledger_destroy(self);
}

static void others_go_on_while_one_rank_fails_at_everything(void **state)
{
    (void)state;
    ledger *self = ready(100, 2, 1);
    ledger_set_room(self, 1, 0, 0);
    for (uint32_t p = 0; p < 100; p++) {
        is_lease(give(self, 0), p, 1, 0);
        assert_int_equal(ledger_failure(self, (ledger_lease){p, 1, 0}, true), ANSWER_COUNTS);
    }
    gives_nothing(self, 0);
    assert_false(ledger_is_stuck(self));
    ledger_set_room(self, 1, 1, 0);
    for (uint32_t p = 0; p < 100; p++) {
        is_lease(give(self, 0), p, 2, 1);
        assert_int_equal(ledger_proof(self, (ledger_lease){p, 2, 1}), ANSWER_COUNTS);
    }
    counts_are(self, 0, 0, 100, 0, 0);
    ledger_destroy(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partitions_go_in_their_order),
        cmocka_unit_test(a_larger_priority_goes_first_and_of_equal_ones_the_earlier),
        cmocka_unit_test(a_partition_that_comes_back_has_its_old_place),
        cmocka_unit_test(the_rank_with_most_room_left_is_given_to_first),
        cmocka_unit_test(what_is_done_from_before_is_never_given),
        cmocka_unit_test(nothing_is_given_to_a_rank_that_was_never_heard_or_said_no_room),
        cmocka_unit_test(a_rank_whose_room_shrinks_keeps_what_it_holds),
        cmocka_unit_test(an_overdue_rank_gets_nothing_though_nobody_asked_for_expiry),
        cmocka_unit_test(an_idle_rank_gets_what_is_leased_longest_a_second_time),
        cmocka_unit_test(a_partition_has_two_leases_at_most_and_of_two_ranks),
        cmocka_unit_test(a_rank_that_holds_something_gets_no_second_lease),
        cmocka_unit_test(a_second_lease_outlives_the_first),
        cmocka_unit_test(one_lease_failing_leaves_the_other),
        cmocka_unit_test(no_second_lease_is_given_once_tries_max_have_failed),
        cmocka_unit_test(a_proof_counts_once),
        cmocka_unit_test(an_attempt_that_was_never_given_or_to_another_rank_is_stale),
        cmocka_unit_test(other_leases_end_when_the_proof_is_safe_and_not_before),
        cmocka_unit_test(a_proof_of_a_lost_rank_counts_if_it_is_the_first),
        cmocka_unit_test(a_failure_of_a_lost_rank_keeps_the_partition_from_it),
        cmocka_unit_test(more_lost_attempts_than_are_remembered_are_stale_from_the_oldest),
        cmocka_unit_test(a_partition_may_be_lost_any_number_of_times),
        cmocka_unit_test(a_wrong_proof_is_queued_again_for_another_rank),
        cmocka_unit_test(a_reserve_takes_over_when_the_proof_was_wrong),
        cmocka_unit_test(a_proof_set_aside_may_come_again_when_the_first_was_wrong),
        cmocka_unit_test(a_failure_for_good_fails_the_partition_and_ends_its_leases),
        cmocka_unit_test(a_partition_fails_at_tries_max),
        cmocka_unit_test(a_partition_fails_when_every_rank_has_failed_at_it),
        cmocka_unit_test(a_failure_does_not_fail_what_is_proven),
        cmocka_unit_test(others_go_on_while_one_rank_fails_at_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
