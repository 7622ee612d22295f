/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/turn_order.h - in which order a request's partitions have their turn: a larger priority first, of equal ones the earlier.
 *
 * The order of a request that is known has as many places as partitions. An open one has twice as many, and partitions join it: at its end
 * while there is room and none before it has to give way, else by giving all that stay new places. */
#ifndef PT_TURN_ORDER_H
#define PT_TURN_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

typedef struct turn_order {
    uint32_t *place_of;        /* by partition; NULL: all priorities are alike */
    uint32_t *at;              /* by place */
    int32_t *priorities;       /* by partition; of an open one */
    uint32_t n_places, n_used; /* likewise */
} turn_order;

/** shape   priorities: n, or NULL: all alike
 *  owns    the order's own memory (turn_order_clear; of {0} too)
 *  ranks   any, here and below
 *  errors  PT_E_NOMEM */
pt_status turn_order_init(const int32_t *priorities, uint32_t n, turn_order *out, pt_err *err);
void turn_order_clear(turn_order *self);

/** An open one of nobody yet, for n partitions.
 *  owns, errors  as turn_order_init */
pt_status turn_order_init_open(uint32_t n, turn_order *out, pt_err *err);

/** A partition that has no place, or needs its old one no more, joins an open order at the end.
 *  returns false: there is no place left, or not at the end (turn_order_insert) */
bool turn_order_append(turn_order *self, uint32_t partition, int32_t priority);

/** It joins where it belongs; everybody gets a new place, the first ones, and who does not stay has none any more.
 *  shape   stays: of a partition other than this one */
void turn_order_insert(turn_order *self, uint32_t partition, int32_t priority,
                       bool (*stays)(const void *ctx, uint32_t partition), const void *ctx);

static inline uint32_t turn_order_place(const turn_order *self, uint32_t partition)
{
    return self->place_of == NULL ? partition : self->place_of[partition];
}

static inline uint32_t turn_order_at(const turn_order *self, uint32_t place)
{
    return self->at == NULL ? place : self->at[place];
}

#endif
