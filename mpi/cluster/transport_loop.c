/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/transport_loop.h"

#include <stdlib.h>
#include <string.h>

typedef struct message {
    struct message *next;
    uint32_t from;
    size_t n_bytes;
    uint8_t bytes[];
} message;

typedef struct loop_end loop_end;

typedef struct {
    uint32_t n_ranks, n_open;
    loop_end *ends[]; /* NULL: gone */
} loop;

struct loop_end {
    transport base;
    loop *of;
    message *first, **last;
    message *shown; /* what receive gave out */
};

static loop_end *end_of(transport *self)
{
    return (loop_end *)self;
}

static pt_status loop_send(transport *self, uint32_t to, const uint8_t *frame, size_t n_bytes, pt_err *err)
{
    loop_end *there = end_of(self)->of->ends[to];
    if (there == NULL)
        return PT_OK;
    message *m = malloc(sizeof *m + n_bytes);
    if (m == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a frame of %zu bytes", n_bytes);
    *m = (message){.from = self->rank, .n_bytes = n_bytes};
    memcpy(m->bytes, frame, n_bytes);
    *there->last = m;
    there->last = &m->next;
    return PT_OK;
}

static bool loop_receive(transport *self, uint32_t *from, const uint8_t **frame, size_t *n_bytes)
{
    loop_end *here = end_of(self);
    free(here->shown);
    message *m = here->shown = here->first;
    if (m == NULL)
        return false;
    here->first = m->next;
    if (m->next == NULL)
        here->last = &here->first;
    *from = m->from;
    *frame = m->bytes;
    *n_bytes = m->n_bytes;
    return true;
}

static void loop_destroy(transport *self)
{
    loop_end *here = end_of(self);
    loop *of = here->of;
    free(here->shown);
    for (message *m = here->first; m != NULL;) {
        message *next = m->next;
        free(m);
        m = next;
    }
    of->ends[self->rank] = NULL;
    if (--of->n_open == 0)
        free(of);
    free(here);
}

static const transport_ops ops = {.send = loop_send, .receive = loop_receive, .destroy = loop_destroy};

pt_status transport_loop_create(uint32_t n_ranks, transport **out, pt_err *err)
{
    loop *all = calloc(1, sizeof *all + n_ranks * sizeof *all->ends);
    if (all == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %u ranks", n_ranks);
    all->n_ranks = n_ranks;
    for (; all->n_open < n_ranks; all->n_open++) {
        loop_end *e = calloc(1, sizeof *e);
        if (e == NULL)
            break;
        *e = (loop_end){.base = {.ops = &ops, .rank = all->n_open, .n_ranks = n_ranks}, .of = all};
        e->last = &e->first;
        all->ends[all->n_open] = e;
    }
    for (uint32_t i = 0; i < n_ranks && all->n_open == n_ranks; i++)
        out[i] = &all->ends[i]->base;
    if (all->n_open == n_ranks)
        return PT_OK;
    pt_fail(err, PT_E_NOMEM, "no memory for %u ranks", n_ranks);
    while (all->n_open > 1)
        loop_destroy(&all->ends[all->n_open - 1]->base);
    if (all->n_open == 1)
        loop_destroy(&all->ends[0]->base);
    else
        free(all);
    return err->code;
}
