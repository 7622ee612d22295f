/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/room_tree.h - which of n ranks has most room: a tournament, whose every match the roomier one wins and, of equals, the one of
 * lower number. */
#ifndef PT_ROOM_TREE_H
#define PT_ROOM_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

typedef struct room_tree {
    uint32_t n_leaves; /* a power of two, at least 2 */
    uint32_t *room;    /* by rank */
    uint32_t *winner;  /* [1]: of all; [i]: of winner[2i] and winner[2i + 1]; from n_leaves on: the ranks */
} room_tree;

/** Nobody has room.
 *  owns    the tree's own memory (room_tree_clear; of {0} too)
 *  thread  one at a time, here and below
 *  ranks   any, here and below
 *  errors  PT_E_NOMEM */
pt_status room_tree_init(uint32_t n_ranks, room_tree *out, pt_err *err);
void room_tree_clear(room_tree *self);

void room_tree_set(room_tree *self, uint32_t rank, uint32_t room);

/** The rank with most room; its room is 0 when nobody has any. */
static inline uint32_t room_tree_best(const room_tree *self)
{
    return self->winner[1];
}

#endif
