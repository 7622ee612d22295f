/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/room_tree.h"

#include <stdlib.h>

pt_status room_tree_init(uint32_t n_ranks, room_tree *out, pt_err *err)
{
    uint32_t n = 2;
    while (n < n_ranks)
        n *= 2;
    uint32_t *numbers = calloc(3 * (size_t)n, sizeof *numbers);
    if (numbers == NULL)
        return pt_fail(err, PT_E_NOMEM, "%zu bytes for the room of %u ranks", 3 * n * sizeof *numbers, n_ranks);
    *out = (room_tree){n, numbers, numbers + n};
    for (uint32_t i = 2 * n - 1; i > 0; i--)
        out->winner[i] = i >= n ? i - n : out->winner[2 * i];
    return PT_OK;
}

void room_tree_clear(room_tree *self)
{
    free(self->room);
    *self = (room_tree){0};
}

void room_tree_set(room_tree *self, uint32_t rank, uint32_t room)
{
    if (self->room[rank] == room)
        return;
    self->room[rank] = room;
    for (uint32_t i = (self->n_leaves + rank) / 2; i > 0; i /= 2) {
        const uint32_t before = self->winner[i], a = self->winner[2 * i], b = self->winner[2 * i + 1];
        self->winner[i] = self->room[a] >= self->room[b] ? a : b;
        if (before != rank && self->winner[i] == before)
            return; /* nothing that is seen from above has changed */
    }
}
