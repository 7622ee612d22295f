/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/turn_order.h - in which order a request's partitions have their turn: a larger priority first, of equal ones the earlier. */
#ifndef PT_TURN_ORDER_H
#define PT_TURN_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

typedef struct turn_order {
    uint32_t *place_of; /* by partition; NULL: all priorities are alike */
    uint32_t *at;       /* by place */
} turn_order;

/** shape   priorities: n, or NULL: all alike
 *  owns    the order's own memory (turn_order_clear; of {0} too)
 *  ranks   any, here and below
 *  errors  PT_E_NOMEM */
pt_status turn_order_init(const int32_t *priorities, uint32_t n, turn_order *out, pt_err *err);
void turn_order_clear(turn_order *self);

static inline uint32_t turn_order_place(const turn_order *self, uint32_t partition)
{
    return self->place_of == NULL ? partition : self->place_of[partition];
}

static inline uint32_t turn_order_at(const turn_order *self, uint32_t place)
{
    return self->at == NULL ? place : self->at[place];
}

#endif
