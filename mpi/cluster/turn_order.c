/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/turn_order.h"

#include <stdbool.h>
#include <stdlib.h>

typedef struct {
    int32_t priority;
    uint32_t partition;
} turn;

static int first_goes_first(const void *a, const void *b)
{
    const turn *x = a, *y = b;
    if (x->priority != y->priority)
        return x->priority > y->priority ? -1 : 1;
    return x->partition < y->partition ? -1 : x->partition > y->partition;
}

static bool all_alike(const int32_t *priorities, uint32_t n)
{
    for (uint32_t i = 1; priorities != NULL && i < n; i++)
        if (priorities[i] != priorities[0])
            return false;
    return true;
}

pt_status turn_order_init(const int32_t *priorities, uint32_t n, turn_order *out, pt_err *err)
{
    *out = (turn_order){0};
    if (all_alike(priorities, n))
        return PT_OK;
    turn *turns = calloc(n, sizeof *turns);
    uint32_t *places = calloc(2 * (size_t)n, sizeof *places);
    if (turns == NULL || places == NULL) {
        free(turns);
        free(places);
        return pt_fail(err, PT_E_NOMEM, "no memory for the priorities of %u partitions", n);
    }
    for (uint32_t i = 0; i < n; i++)
        turns[i] = (turn){priorities[i], i};
    qsort(turns, n, sizeof *turns, first_goes_first);
    *out = (turn_order){places, places + n};
    for (uint32_t i = 0; i < n; i++) {
        out->at[i] = turns[i].partition;
        out->place_of[turns[i].partition] = i;
    }
    free(turns);
    return PT_OK;
}

void turn_order_clear(turn_order *self)
{
    free(self->place_of);
    *self = (turn_order){0};
}
