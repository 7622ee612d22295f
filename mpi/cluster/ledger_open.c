/* SPDX-License-Identifier: Apache-2.0 */
/* Partitions that are added to an open ledger. */
#include <assert.h>

#include "mpi/cluster/ledger_parts.h"

static bool is_under_way(const void *ledger_of, uint32_t p)
{
    const partition_state state = ((const ledger *)ledger_of)->partitions[p].state;
    return state != PARTITION_DONE && state != PARTITION_FAILED;
}

/* Places are given anew: so are those of what is queued. */
static void insert_place(ledger *self, uint32_t p, int32_t priority)
{
    turn_order_insert(&self->order, p, priority, is_under_way, self);
    place_set_empty(&self->untried);
    place_set_empty(&self->tried);
    for (uint32_t place = 0; place < self->order.n_used; place++) {
        const partition *of = &self->partitions[turn_order_at(&self->order, place)];
        if (of->state == PARTITION_QUEUED)
            place_set_add(attempt_log_failures(&self->log, of->past) == 0 ? &self->untried : &self->tried, place);
    }
    for (uint32_t r = 0; r < self->n_ranks; r++)
        self->tried_from[r] = 0;
}

void ledger_add(ledger *self, uint32_t p, int32_t priority)
{
    partition *of = &self->partitions[p];
    assert(self->order.priorities != NULL && !is_under_way(self, p));
    ledger_leave(self, of);
    of->past = NONE;
    of->n_earlier = of->n_attempts;
    if (!turn_order_append(&self->order, p, priority))
        insert_place(self, p, priority);
    ledger_enter(self, of, ledger_open_state(self, of));
}

bool ledger_is_current(const ledger *self, ledger_lease lease)
{
    const partition *of = &self->partitions[lease.partition];
    return lease.attempt > of->n_earlier && lease.attempt <= of->n_attempts;
}
