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
    *out = (turn_order){.place_of = places, .at = places + n};
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
    free(self->priorities);
    *self = (turn_order){0};
}

/* ---- an open order ---- */

pt_status turn_order_init_open(uint32_t n, turn_order *out, pt_err *err)
{
    const size_t room = n;
    uint32_t *places = calloc(3 * room + 1, sizeof *places);
    int32_t *priorities = calloc(room + 1, sizeof *priorities);
    if (places == NULL || priorities == NULL) {
        free(places);
        free(priorities);
        return pt_fail(err, PT_E_NOMEM, "no memory for the order of %u partitions", n);
    }
    *out = (turn_order){.place_of = places, .at = places + n, .priorities = priorities, .n_places = 2 * n};
    return PT_OK;
}

static void put(turn_order *self, uint32_t partition, uint32_t place)
{
    self->at[place] = partition;
    self->place_of[partition] = place;
}

bool turn_order_append(turn_order *self, uint32_t partition, int32_t priority)
{
    const uint32_t n = self->n_used;
    if (n == self->n_places || (n > 0 && self->priorities[self->at[n - 1]] < priority))
        return false;
    self->priorities[partition] = priority;
    put(self, partition, self->n_used++);
    return true;
}

/* Those that stay move to the first places. A partition that joined again has left its earlier place. */
static void close_ranks(turn_order *self, uint32_t except, bool (*stays)(const void *, uint32_t), const void *ctx)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < self->n_used; i++) {
        const uint32_t partition = self->at[i];
        if (partition != except && self->place_of[partition] == i && stays(ctx, partition))
            put(self, partition, n++);
    }
    self->n_used = n;
}

void turn_order_insert(turn_order *self, uint32_t partition, int32_t priority,
                       bool (*stays)(const void *ctx, uint32_t partition), const void *ctx)
{
    close_ranks(self, partition, stays, ctx);
    uint32_t place = self->n_used++;
    for (; place > 0 && self->priorities[self->at[place - 1]] < priority; place--)
        put(self, self->at[place - 1], place);
    self->priorities[partition] = priority;
    put(self, partition, place);
}
