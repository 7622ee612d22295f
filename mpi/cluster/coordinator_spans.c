/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/coordinator_parts.h"

/* The root's own rank has the root's clock. */
void coordinator_ask_time(coordinator *self, uint32_t rank, double now)
{
    wire_frame ping = {.type = WIRE_PING, .of.ping = {.asked = now}};
    if (self->setup.spans != NULL && rank != 0)
        coordinator_send(self, rank, &ping);
}

/* Returns true if nothing more comes of this rank. */
static bool gather_from(coordinator *self, uint32_t rank, double now)
{
    rank_state *r = &self->ranks[rank];
    wire_frame tell = {.type = WIRE_TELL};
    if (!r->joined || r->refused || r->lost || r->untold)
        return true;
    const gather_step step = span_gather_next(self->setup.spans, rank, now, self->setup.lease_s, &tell.of.tell.first);
    if (step == GATHER_ASK) {
        coordinator_ask_time(self, rank, now);
        coordinator_send(self, rank, &tell);
    } else if (step == GATHER_GIVEN_UP) {
        r->untold = true;
        coordinator_tell(self, RANK_UNTOLD, rank, "has not told what it did when: the timeline is without it");
    }
    return step == GATHER_DONE || step == GATHER_GIVEN_UP;
}

bool coordinator_gather_spans(coordinator *self, double now)
{
    bool all = true;
    for (uint32_t i = 1; i < self->n_ranks && self->setup.spans != NULL; i++)
        all &= gather_from(self, i, now);
    return all;
}
