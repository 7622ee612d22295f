/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/simulated_time.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

uint64_t chance_mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

uint64_t chance_word(chances *self)
{
    self->state += 0x9e3779b97f4a7c15u;
    return chance_mix(self->state);
}

double chance(chances *self)
{
    return (double)(chance_word(self) >> 11) * 0x1p-53;
}

double chance_wait(chances *self, double mean)
{
    return -mean * log(1 - chance(self));
}

static bool is_earlier(const event *a, const event *b)
{
    return a->at < b->at || (a->at == b->at && a->order < b->order);
}

pt_status event_queue_push(event_queue *self, event e, pt_err *err)
{
    if (self->n == self->capacity) {
        const size_t more = self->capacity == 0 ? 256 : 2 * self->capacity;
        event *heap = realloc(self->heap, more * sizeof *heap);
        if (heap == NULL) {
            free(e.bytes);
            return pt_fail(err, PT_E_NOMEM, "no memory for %zu simulated events", more);
        }
        self->heap = heap;
        self->capacity = more;
    }
    e.order = self->n_made++;
    size_t i = self->n++;
    for (; i > 0 && is_earlier(&e, &self->heap[(i - 1) / 2]); i = (i - 1) / 2)
        self->heap[i] = self->heap[(i - 1) / 2];
    self->heap[i] = e;
    return PT_OK;
}

event event_queue_pop(event_queue *self)
{
    const event first = self->heap[0], last = self->heap[--self->n];
    size_t i = 0;
    for (size_t child = 1; child < self->n; child = 2 * i + 1) {
        child += child + 1 < self->n && is_earlier(&self->heap[child + 1], &self->heap[child]);
        if (!is_earlier(&self->heap[child], &last))
            break;
        self->heap[i] = self->heap[child];
        i = child;
    }
    self->heap[i] = last;
    return first;
}

void event_queue_clear(event_queue *self)
{
    for (size_t i = 0; i < self->n; i++)
        free(self->heap[i].bytes);
    free(self->heap);
    *self = (event_queue){0};
}
