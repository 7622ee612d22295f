/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/ship_witnesses.h - orders whose witnesses come from the root: each waits here until its own is in secret memory. One after the
 * other, in the order in which they were given. */
#ifndef PT_SHIP_WITNESSES_H
#define PT_SHIP_WITNESSES_H

#include "mpi/cluster/proving.h"
#include "mpi/cluster/ship_source.h"

/** Start with {0}. */
typedef struct ship_witnesses {
    struct waiting_order *first, **last; /* the first one's witness is being fetched */
} ship_witnesses;

/** What was fetched is zeroed.
 *  ranks   worker only, here and below */
void ship_witnesses_clear(ship_witnesses *self);

/** An order's texts are copied.
 *  errors  PT_E_NOMEM */
pt_status ship_witnesses_add(ship_witnesses *self, const proving_order *order, double now, pt_err *err);
void ship_witnesses_cancel(ship_witnesses *self, wire_attempt attempt);

/** A chunk of a witness has come. */
void ship_witnesses_take(ship_witnesses *self, uint32_t from, const wire_frame *chunk, double now);

/** Ask for what is due.
 *  returns true if something was asked for */
bool ship_witnesses_tick(ship_witnesses *self, const ship_line *line, double now);

/** How an order's wait has ended: its witness is here, or how->code says why not. */
typedef struct {
    proving_order order; /* with the witness, in memory; without, after an error */
    pt_err how;
    struct waiting_order *whole;
} ended_wait;

/** The first order, if its wait has ended.
 *  owns    *out is the caller's (ended_wait_clear); its order's memory is whose the order is given to */
bool ship_witnesses_next(ship_witnesses *self, ended_wait *out);
void ended_wait_clear(ended_wait *self);

#endif
