/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/ledger_tests.inc.h - a ledger whose ranks are there, and what is asked of it again and again. */
#ifndef PT_LEDGER_TESTS_INC_H
#define PT_LEDGER_TESTS_INC_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mpi/cluster/ledger.h"

#define LEASE_S 3.0

static inline ledger *ledger_of(uint32_t n_partitions, uint32_t n_ranks, uint32_t tries_max, const int32_t *priorities)
{
    const ledger_setup setup = {.n_partitions = n_partitions,
                                .n_ranks = n_ranks,
                                .priorities = priorities,
                                .lease_s = LEASE_S,
                                .tries_max = tries_max};
    ledger *self;
    pt_err err = {0};
    assert_int_equal(ledger_create(&setup, &self, &err), PT_OK);
    return self;
}

/* Every rank heard at 0, each with the same room. */
static inline ledger *ready(uint32_t n_partitions, uint32_t n_ranks, uint32_t n_may_hold)
{
    ledger *self = ledger_of(n_partitions, n_ranks, 3, NULL);
    for (uint32_t r = 0; r < n_ranks; r++)
        ledger_set_room(self, r, n_may_hold, 0);
    return self;
}

static inline ledger_lease give(ledger *self, double now)
{
    ledger_lease out;
    assert_true(ledger_give(self, now, &out));
    return out;
}

static inline void gives_nothing(ledger *self, double now)
{
    ledger_lease out;
    assert_false(ledger_give(self, now, &out));
}

static inline void is_lease(ledger_lease got, uint32_t partition, uint32_t attempt, uint32_t rank)
{
    assert_int_equal(got.partition, partition);
    assert_int_equal(got.attempt, attempt);
    assert_int_equal(got.rank, rank);
}

static inline void counts_are(const ledger *self, uint32_t n_queued, uint32_t n_leased, uint32_t n_proven, uint32_t n_done,
                              uint32_t n_failed)
{
    const ledger_counts n = ledger_count(self);
    assert_int_equal(n.n_queued, n_queued);
    assert_int_equal(n.n_leased, n_leased);
    assert_int_equal(n.n_proven, n_proven);
    assert_int_equal(n.n_done, n_done);
    assert_int_equal(n.n_failed, n_failed);
}

/* Lose a rank at `now` while the others are heard. */
static inline void lose(ledger *self, uint32_t rank, uint32_t n_ranks, double now)
{
    uint32_t lost[8];
    for (uint32_t r = 0; r < n_ranks; r++)
        if (r != rank)
            ledger_heard(self, r, now);
    assert_int_equal(ledger_expire(self, now, lost), 1);
    assert_int_equal(lost[0], rank);
}

#endif
