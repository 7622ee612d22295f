/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/ship_in.h - what a worker gets from the root in place of reading it: keys, through its host's cache, and witnesses. */
#ifndef PT_SHIP_IN_H
#define PT_SHIP_IN_H

#include "mpi/cluster/ship_keys.h"
#include "mpi/cluster/ship_witnesses.h"

/** Use keys and witnesses as they are. */
typedef struct ship_in {
    ship_keys *keys;
    ship_witnesses witnesses;
} ship_in;

/** A want or a chunk has come.
 *  ranks   worker only, here and below */
void ship_in_take(ship_in *self, const ship_line *line, uint32_t from, const wire_frame *frame, double now);

/** Ask for what is due, pass on what has come.
 *  returns true if something was done */
bool ship_in_tick(ship_in *self, const ship_line *line, double now);

/** What was fetched of witnesses is zeroed, and keys that are not whole are given up. */
void ship_in_clear(ship_in *self);

#endif
