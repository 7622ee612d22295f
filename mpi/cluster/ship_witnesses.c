/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/ship_witnesses.h"

#include <stdlib.h>
#include <string.h>

#include "node/pipeline/secret_arena.h"

enum { ROOT = 0 };

typedef struct waiting_order {
    struct waiting_order *next;
    proving_order order;
    char *id, *path;
    bool begun;
    ship_fetch fetch;
    uint8_t *memory; /* secret; of fetch.n_bytes once these are known */
    pt_err err;
} waiting_order;

static void waiting_destroy(waiting_order *w)
{
    ship_fetch_clear(&w->fetch);
    secret_free(w->memory);
    free(w->id);
    free(w->path);
    free(w);
}

void ship_witnesses_clear(ship_witnesses *self)
{
    while (self->first != NULL) {
        waiting_order *w = self->first;
        self->first = w->next;
        waiting_destroy(w);
    }
    self->last = NULL;
}

pt_status ship_witnesses_add(ship_witnesses *self, const proving_order *order, double now, pt_err *err)
{
    waiting_order *w = calloc(1, sizeof *w);
    if (w != NULL) {
        *w = (waiting_order){.order = *order, .id = strdup(order->id), .path = strdup(order->witness)};
        w->order.id = w->id;
        w->order.witness = w->path;
    }
    if (w == NULL || w->id == NULL || w->path == NULL) {
        if (w != NULL)
            waiting_destroy(w);
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for a partition", order->witness);
    }
    ship_fetch_begin((wire_file){WIRE_OF_WITNESS, order->attempt.partition, order->attempt.attempt}, 0, ROOT, now,
                     &w->fetch, &w->err);
    if (self->first == NULL)
        self->last = &self->first;
    *self->last = w;
    self->last = &w->next;
    return PT_OK;
}

static waiting_order *unlink_at(ship_witnesses *self, waiting_order **at)
{
    waiting_order *w = *at;
    *at = w->next;
    if (w->next == NULL)
        self->last = at;
    return w;
}

void ship_witnesses_cancel(ship_witnesses *self, wire_attempt attempt)
{
    for (waiting_order **at = &self->first; *at != NULL; at = &(*at)->next)
        if ((*at)->order.attempt.partition == attempt.partition && (*at)->order.attempt.attempt == attempt.attempt) {
            waiting_destroy(unlink_at(self, at));
            return;
        }
}

/* ---- what comes ---- */

static pt_status keep_piece(waiting_order *w, const wire_frame *chunk, pt_err *err)
{
    if (w->memory == NULL && (w->memory = secret_alloc((size_t)w->fetch.n_bytes)) == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for its %llu bytes", w->path, (unsigned long long)w->fetch.n_bytes);
    memcpy(w->memory + chunk->of.chunk.offset, chunk->of.chunk.bytes, chunk->of.chunk.n_bytes);
    return PT_OK;
}

void ship_witnesses_take(ship_witnesses *self, uint32_t from, const wire_frame *chunk, double now)
{
    waiting_order *w = self->first;
    pt_err why = {0};
    bool fresh;
    if (w == NULL || from != ROOT || w->order.attempt.partition != chunk->of.chunk.file.index ||
        w->order.attempt.attempt != chunk->of.chunk.file.attempt || w->err.code != PT_OK)
        return;
    if (ship_fetch_take(&w->fetch, from, chunk, now, &fresh, &why) == PT_E_FORMAT && chunk->of.chunk.status == PT_OK)
        pt_fail(&w->err, PT_E_FORMAT, "%s: %s", w->path, why.msg);
    else if (why.code != PT_OK)
        pt_fail(&w->err, why.code, "%s", why.msg);
    else if (fresh)
        keep_piece(w, chunk, &w->err);
}

/* ---- time ---- */

bool ship_witnesses_tick(ship_witnesses *self, const ship_line *line, double now)
{
    waiting_order *w = self->first;
    wire_frame want;
    uint32_t to;
    bool did = false;
    while (w != NULL && w->err.code == PT_OK && ship_fetch_next(&w->fetch, now, &to, &want)) {
        line->send(line->ctx, to, &want);
        did = true;
    }
    return did;
}

bool ship_witnesses_next(ship_witnesses *self, ended_wait *out)
{
    waiting_order *w = self->first;
    if (w == NULL || (w->err.code == PT_OK && !ship_fetch_is_whole(&w->fetch)))
        return false;
    unlink_at(self, &self->first);
    *out = (ended_wait){.order = w->order, .how = w->err, .whole = w};
    if (w->err.code == PT_OK) {
        out->order.memory = w->memory;
        out->order.n_memory_bytes = (size_t)w->fetch.n_bytes;
        w->memory = NULL;
    }
    return true;
}

void ended_wait_clear(ended_wait *self)
{
    waiting_destroy(self->whole);
}
