/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/ship_in.h"

void ship_in_take(ship_in *self, const ship_line *line, uint32_t from, const wire_frame *frame, double now)
{
    if (frame->type == WIRE_CHUNK && frame->of.chunk.file.kind == WIRE_OF_WITNESS)
        ship_witnesses_take(&self->witnesses, from, frame, now);
    else
        ship_keys_take(self->keys, line, from, frame, now);
}

bool ship_in_tick(ship_in *self, const ship_line *line, double now)
{
    const bool did = ship_keys_tick(self->keys, line, now);
    return ship_witnesses_tick(&self->witnesses, line, now) || did;
}

void ship_in_clear(ship_in *self)
{
    ship_witnesses_clear(&self->witnesses);
    ship_keys_destroy(self->keys);
    *self = (ship_in){0};
}
