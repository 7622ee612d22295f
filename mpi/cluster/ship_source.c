/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/cluster/ship_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/pipeline/secret_arena.h"
#include "node/pipeline/stage.h"

enum { OWED_MAX = 2 * SHIP_WINDOW_MAX }; /* pieces: of those that wait beyond, who wants them asks again */

typedef struct {
    uint32_t to;
    wire_frame want;
} owed_piece;

struct ship_source {
    ship_shelf shelf;
    uint32_t n_ranks;
    ship_link *links; /* of each rank, for each kind */
    uint8_t *piece;   /* WIRE_CHUNK_MAX bytes of secret memory */
    owed_piece owed[OWED_MAX];
    size_t n_owed;
    ship_figures figures[WIRE_OF_END];
};

pt_status ship_source_create(ship_shelf shelf, uint32_t n_ranks, ship_source **out, pt_err *err)
{
    ship_source *self = calloc(1, sizeof *self);
    if (self != NULL) {
        *self = (ship_source){.shelf = shelf,
                              .n_ranks = n_ranks,
                              .links = calloc((size_t)n_ranks * WIRE_OF_END, sizeof *self->links),
                              .piece = secret_alloc(WIRE_CHUNK_MAX)};
        if (self->links != NULL && self->piece != NULL) {
            *out = self;
            return PT_OK;
        }
    }
    ship_source_destroy(self);
    return pt_fail(err, PT_E_NOMEM, "no memory to send files");
}

void ship_source_destroy(ship_source *self)
{
    if (self == NULL)
        return;
    secret_free(self->piece);
    free(self->links);
    free(self);
}

/* ---- sending ---- */

static void say_why_not(const ship_line *line, uint32_t to, wire_file file, const pt_err *why)
{
    wire_frame frame = {.type = WIRE_CHUNK, .of.chunk = {.file = file, .status = why->code, .message = why->msg}};
    line->send(line->ctx, to, &frame);
}

/* What file it is, or that nothing of it is here yet. */
static void say_what(const ship_line *line, uint32_t to, const wire_frame *want, const ship_item *item)
{
    wire_frame frame = {.type = WIRE_CHUNK,
                        .of.chunk = {.file = want->of.want.file, .total_bytes = item->known ? item->n_bytes : 0}};
    if (item->known && item->hash != NULL)
        memcpy(frame.of.chunk.hash, item->hash, WIRE_HASH_BYTES);
    line->send(line->ctx, to, &frame);
}

static pt_status read_piece(ship_source *self, const ship_item *item, uint64_t offset, size_t n_bytes, pt_err *err)
{
    for (size_t at = 0; at < n_bytes;) {
        const ssize_t n = pread(item->file, self->piece + at, n_bytes - at, (off_t)(offset + at));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return pt_fail(err, PT_E_NOINPUT, "it can't be read to be sent: %s",
                           n < 0 ? strerror(errno) : "it has become shorter");
        at += (size_t)n;
    }
    return PT_OK;
}

static void send_piece(ship_source *self, const ship_line *line, uint32_t to, const wire_frame *want, const ship_item *item)
{
    const wire_file file = want->of.want.file;
    const uint32_t n_bytes = want->of.want.n_bytes;
    ship_link *link = &self->links[(size_t)to * WIRE_OF_END + file.kind];
    ship_figures *figures = &self->figures[file.kind];
    const double began = clock_seconds();
    const size_t level = ship_link_level(link, began);
    wire_frame frame = {.type = WIRE_CHUNK,
                        .of.chunk = {.file = file,
                                     .total_bytes = item->n_bytes,
                                     .offset = want->of.want.offset,
                                     .bytes = self->piece,
                                     .n_bytes = n_bytes,
                                     .level = ship_levels[level]}};
    pt_err err = {0};
    if (read_piece(self, item, want->of.want.offset, n_bytes, &err) != PT_OK) {
        say_why_not(line, to, file, &err);
        return;
    }
    const size_t sent = line->send(line->ctx, to, &frame);
    const double now = clock_seconds();
    ship_link_note(link, level, n_bytes, sent, now - began, now);
    figures->n_pieces++;
    figures->n_at_level[level]++;
    figures->plain_bytes += n_bytes;
    figures->sent_bytes += sent;
    figures->seconds += now - began;
}

/* ---- who wants what ---- */

static bool is_here(const ship_item *item, const wire_frame *want)
{
    const uint64_t offset = want->of.want.offset;
    const uint32_t n_bytes = want->of.want.n_bytes;
    return item->known && item->file >= 0 && n_bytes <= item->n_bytes && offset <= item->n_bytes - n_bytes &&
           (item->partial == NULL || ship_fetch_has(item->partial, offset, n_bytes));
}

/* Of a file whose length is not known a whole piece is wanted, and there may be less. */
static void fit(const ship_item *item, wire_frame *want)
{
    const uint64_t offset = want->of.want.offset, left = offset < item->n_bytes ? item->n_bytes - offset : 0;
    if (item->known && want->of.want.n_bytes > left)
        want->of.want.n_bytes = (uint32_t)left;
}

static void owe(ship_source *self, uint32_t to, const wire_frame *want)
{
    for (size_t i = 0; i < self->n_owed; i++)
        if (self->owed[i].to == to && self->owed[i].want.of.want.offset == want->of.want.offset &&
            self->owed[i].want.of.want.file.index == want->of.want.file.index)
            return;
    if (self->n_owed < OWED_MAX)
        self->owed[self->n_owed++] = (owed_piece){to, *want};
}

void ship_source_take(ship_source *self, const ship_line *line, uint32_t from, const wire_frame *asked)
{
    ship_item item = {.file = -1};
    wire_frame want = *asked;
    pt_err err = {0};
    if (from >= self->n_ranks)
        return;
    if (self->shelf.find(self->shelf.ctx, want.of.want.file, &item, &err) != PT_OK) {
        say_why_not(line, from, want.of.want.file, &err);
        return;
    }
    fit(&item, &want);
    if (want.of.want.n_bytes > 0 && is_here(&item, &want)) {
        send_piece(self, line, from, &want, &item);
        return;
    }
    say_what(line, from, &want, &item);
    if (want.of.want.n_bytes > 0)
        owe(self, from, &want);
}

bool ship_source_tick(ship_source *self, const ship_line *line)
{
    bool did = false;
    for (size_t i = 0; i < self->n_owed;) {
        const owed_piece *o = &self->owed[i];
        ship_item item = {.file = -1};
        pt_err err = {0};
        const bool sendable =
            self->shelf.find(self->shelf.ctx, o->want.of.want.file, &item, &err) == PT_OK && is_here(&item, &o->want);
        if (sendable)
            send_piece(self, line, o->to, &o->want, &item);
        did |= sendable;
        if (sendable || err.code != PT_OK)
            self->owed[i] = self->owed[--self->n_owed];
        else
            i++;
    }
    return did;
}

ship_figures ship_source_figures(const ship_source *self, wire_file_kind kind)
{
    return self->figures[kind];
}
