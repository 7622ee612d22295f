/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger whose partitions come one after the other. */
#include "tests/unit/ledger_tests.inc.h"

static ledger *open_one(uint32_t n_partitions, uint32_t n_ranks, uint32_t n_may_hold)
{
    const ledger_setup setup = {
        .n_partitions = n_partitions, .n_ranks = n_ranks, .lease_s = LEASE_S, .tries_max = 3, .is_open = true};
    ledger *self;
    pt_err err = {0};
    assert_int_equal(ledger_create(&setup, &self, &err), PT_OK);
    for (uint32_t r = 0; r < n_ranks; r++)
        ledger_set_room(self, r, n_may_hold, 0);
    return self;
}

static void prove(ledger *self, ledger_lease lease)
{
    assert_int_equal(ledger_proof(self, lease), ANSWER_COUNTS);
    ledger_done(self, lease.partition);
}

static void nothing_is_given_before_it_is_added(void **state)
{
    (void)state;
    ledger *self = open_one(3, 1, 3);
    counts_are(self, 0, 0, 0, 3, 0);
    gives_nothing(self, 0);
    assert_false(ledger_is_stuck(self));
    ledger_add(self, 1, 0);
    is_lease(give(self, 0), 1, 1, 0);
    gives_nothing(self, 0);
    ledger_destroy(self);
}

static void equal_ones_go_as_they_came_whatever_their_places(void **state)
{
    (void)state;
    ledger *self = open_one(4, 1, 4);
    const uint32_t order[] = {2, 0, 3, 1};
    for (uint32_t i = 0; i < 4; i++)
        ledger_add(self, order[i], 0);
    for (uint32_t i = 0; i < 4; i++)
        is_lease(give(self, 0), order[i], 1, 0);
    ledger_destroy(self);
}

static void a_larger_priority_that_comes_later_goes_first(void **state)
{
    (void)state;
    ledger *self = open_one(5, 1, 5);
    const int32_t priorities[] = {0, -1, 7, 0, 7};
    const uint32_t order[] = {2, 4, 0, 3, 1};
    for (uint32_t i = 0; i < 5; i++)
        ledger_add(self, i, priorities[i]);
    for (uint32_t i = 0; i < 5; i++)
        is_lease(give(self, 0), order[i], 1, 0);
    ledger_destroy(self);
}

static void a_place_has_many_partitions_and_their_attempts_count_on(void **state)
{
    (void)state;
    ledger *self = open_one(2, 1, 2);
    for (uint32_t i = 1; i <= 100; i++) {
        ledger_add(self, i % 2, (int32_t)(i % 3));
        const ledger_lease lease = give(self, 0);
        is_lease(lease, i % 2, (i + 1) / 2, 0);
        prove(self, lease);
    }
    counts_are(self, 0, 0, 0, 2, 0);
    ledger_destroy(self);
}

static void what_is_said_late_of_one_is_not_taken_for_its_successor_s(void **state)
{
    (void)state;
    ledger *self = open_one(1, 2, 1);
    ledger_add(self, 0, 0);
    const ledger_lease early = give(self, 0), second = give(self, 0);
    prove(self, early);
    assert_int_equal(ledger_failure(self, second, true), ANSWER_DUPLICATE);
    ledger_add(self, 0, 0);
    assert_false(ledger_is_current(self, second));
    assert_int_equal(ledger_proof(self, second), ANSWER_STALE);
    assert_int_equal(ledger_failure(self, second, false), ANSWER_STALE);
    const ledger_lease own = give(self, 0);
    assert_int_equal(own.attempt, 3);
    assert_true(ledger_is_current(self, own));
    assert_false(ledger_is_current(self, (ledger_lease){0, 4, 0}));
    assert_int_equal(ledger_proof(self, second), ANSWER_STALE);
    prove(self, own);
    ledger_destroy(self);
}

static void one_that_failed_leaves_its_place_as_well(void **state)
{
    (void)state;
    uint32_t named;
    ledger *self = open_one(2, 1, 2);
    ledger_add(self, 0, 0);
    ledger_add(self, 1, 0);
    assert_int_equal(ledger_failure(self, give(self, 0), false), ANSWER_COUNTS);
    assert_true(ledger_next_failed(self, &named));
    assert_int_equal(named, 0);
    ledger_add(self, 0, 0);
    is_lease(give(self, 0), 1, 1, 0);
    is_lease(give(self, 0), 0, 2, 0);
    ledger_destroy(self);
}

static void what_was_failed_at_is_still_known_where_all_get_new_places(void **state)
{
    (void)state;
    ledger *self = open_one(3, 2, 2);
    ledger_add(self, 0, 0);
    const ledger_lease first = give(self, 0);
    assert_int_equal(ledger_failure(self, first, true), ANSWER_COUNTS);
    ledger_add(self, 1, 5);
    ledger_set_room(self, 1 - first.rank, 0, 0);
    is_lease(give(self, 0), 1, 1, first.rank);
    gives_nothing(self, 0); /* it has failed at the other one */
    ledger_set_room(self, 1 - first.rank, 1, 0);
    is_lease(give(self, 0), 0, 2, 1 - first.rank);
    ledger_destroy(self);
}

static void where_every_rank_is_barred_it_fails_at_once(void **state)
{
    (void)state;
    uint32_t named;
    ledger *self = open_one(1, 1, 1);
    ledger_bar(self, 0);
    ledger_add(self, 0, 0);
    assert_true(ledger_next_failed(self, &named));
    counts_are(self, 0, 0, 0, 0, 1);
    ledger_destroy(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_given_before_it_is_added),
        cmocka_unit_test(equal_ones_go_as_they_came_whatever_their_places),
        cmocka_unit_test(a_larger_priority_that_comes_later_goes_first),
        cmocka_unit_test(a_place_has_many_partitions_and_their_attempts_count_on),
        cmocka_unit_test(what_is_said_late_of_one_is_not_taken_for_its_successor_s),
        cmocka_unit_test(one_that_failed_leaves_its_place_as_well),
        cmocka_unit_test(what_was_failed_at_is_still_known_where_all_get_new_places),
        cmocka_unit_test(where_every_rank_is_barred_it_fails_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
