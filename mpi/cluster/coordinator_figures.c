/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/coordinator_parts.h"

static rank_condition condition_of(const coordinator *self, uint32_t rank, uint32_t n_held)
{
    const rank_state *r = &self->ranks[rank];
    if (r->refused || ledger_is_barred(self->ledger, rank))
        return RANK_GETS_NO_WORK;
    if (!r->joined)
        return RANK_IS_AWAITED;
    if (r->lost)
        return RANK_IS_LOST;
    return !r->fit ? RANK_OPENS_KEYS : n_held > 0 ? RANK_PROVES : RANK_RESTS;
}

rank_figures coordinator_rank_now(const coordinator *self, uint32_t rank, double now)
{
    const rank_state *r = &self->ranks[rank];
    const uint32_t n_held = ledger_leases_of(self->ledger, rank, NULL, 0);
    return (rank_figures){.condition = condition_of(self, rank, n_held),
                          .n_proven = r->n_proven,
                          .n_held = n_held,
                          .n_may_hold = r->n_may_hold,
                          .heard_ago = r->heard == 0    ? -1
                                       : now > r->heard ? now - r->heard
                                                        : 0,
                          .last_seconds = r->last_seconds};
}

const char *coordinator_host(const coordinator *self, uint32_t rank)
{
    return self->ranks[rank].host;
}

coordinator_figures coordinator_figures_now(const coordinator *self)
{
    coordinator_figures f = self->figures;
    f.partitions = ledger_count(self->ledger);
    for (uint32_t i = 0; i < self->n_ranks; i++) {
        f.n_refused += self->ranks[i].refused;
        f.n_ranks_live += self->ranks[i].joined && ledger_is_live(self->ledger, i);
        f.n_held_elsewhere += i == 0 ? 0 : ledger_leases_of(self->ledger, i, NULL, 0);
    }
    return f;
}
