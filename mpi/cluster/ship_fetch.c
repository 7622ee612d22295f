/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/ship_fetch.h"

#include <stdlib.h>
#include <string.h>

enum { ROOT = 0, WINDOW_MIN = 2, DOUBLINGS_MAX = 3 };

static const double again_s = 1;      /* before a piece is asked for again, */
static const double silent_s = 2.5;   /* and before another one is asked; */
static const double turnarounds = 4;  /* both on top of so many of the slowest answer */
static const double forgetting = 0.9; /* of the slowest, with each answer that was faster */

/* ---- beginning ---- */

static pt_status learn_length(ship_fetch *self, uint64_t n_bytes, pt_err *err)
{
    if (n_bytes > UINT64_C(1) << SHIP_FILE_MAX_LOG)
        return pt_fail(err, PT_E_FORMAT, "a file of %llu bytes can't be sent", (unsigned long long)n_bytes);
    const uint64_t n = (n_bytes + WIRE_CHUNK_MAX - 1) / WIRE_CHUNK_MAX;
    self->have = calloc(n, 1);
    if (self->have == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a file of %llu bytes", (unsigned long long)n_bytes);
    self->n_pieces = n;
    self->n_bytes = n_bytes;
    self->known = true;
    return PT_OK;
}

pt_status ship_fetch_begin(wire_file file, uint64_t n_bytes, uint32_t source, double now, ship_fetch *out, pt_err *err)
{
    *out = (ship_fetch){.file = file, .source = source, .heard = now, .window = WINDOW_MIN};
    return n_bytes == 0 ? PT_OK : learn_length(out, n_bytes, err);
}

void ship_fetch_clear(ship_fetch *self)
{
    free(self->have);
    *self = (ship_fetch){0};
}

bool ship_fetch_is_whole(const ship_fetch *self)
{
    return self->known && self->n_have == self->n_pieces;
}

bool ship_fetch_has(const ship_fetch *self, uint64_t offset, uint32_t n_bytes)
{
    if (!self->known || offset > self->n_bytes || n_bytes > self->n_bytes - offset)
        return false;
    for (uint64_t i = offset / WIRE_CHUNK_MAX; i * WIRE_CHUNK_MAX < offset + n_bytes; i++)
        if (!self->have[i])
            return false;
    return true;
}

/* ---- asking ---- */

static uint32_t find_asked(const ship_fetch *self, uint64_t piece)
{
    uint32_t i = 0;
    while (i < self->n_asked && self->asked[i].piece != piece)
        i++;
    return i;
}

static void fill_want(const ship_fetch *self, uint64_t piece, wire_frame *want)
{
    const uint64_t offset = piece * WIRE_CHUNK_MAX;
    const uint64_t left = self->known ? self->n_bytes - offset : WIRE_CHUNK_MAX;
    *want = (wire_frame){.type = WIRE_WANT,
                         .of.want = {.file = self->file,
                                     .offset = offset,
                                     .n_bytes = left < WIRE_CHUNK_MAX ? (uint32_t)left : WIRE_CHUNK_MAX}};
}

/* The first piece that has not come and is not asked for; n_pieces: there is none. Of a file of unknown length the first alone. */
static uint64_t next_piece(ship_fetch *self)
{
    if (!self->known)
        return self->n_asked;
    while (self->first_missing < self->n_pieces && self->have[self->first_missing])
        self->first_missing++;
    uint64_t i = self->first_missing;
    while (i < self->n_pieces && (self->have[i] || find_asked(self, i) < self->n_asked))
        i++;
    return i;
}

/* What was asked of it is asked of the root, from the beginning: slowly. */
static void leave_silent_source(ship_fetch *self, double now)
{
    const bool is_silent = self->n_asked > 0 && now - self->heard > silent_s + turnarounds * self->turnaround;
    if (self->source == ROOT || !is_silent)
        return;
    self->source = ROOT;
    self->n_asked = 0;
    self->window = WINDOW_MIN;
    self->turnaround = 0;
    self->heard = now;
}

/* Twice as long each time: over a slow link what was asked for may well be on its way. Not of another one than the root, which is silent
 * only while it is not asked. */
static bool is_late(const ship_fetch *self, const ship_asked *asked, double now)
{
    const unsigned most = self->source == ROOT ? DOUBLINGS_MAX : 0;
    const unsigned doublings = asked->n_again < most ? asked->n_again : most;
    return now - asked->when > (again_s + turnarounds * self->turnaround) * (1u << doublings);
}

static bool ask_again(ship_fetch *self, double now, wire_frame *want)
{
    for (uint32_t i = 0; i < self->n_asked; i++) {
        ship_asked *asked = &self->asked[i];
        if (!is_late(self, asked, now))
            continue;
        asked->when = now;
        asked->n_again++;
        fill_want(self, asked->piece, want);
        return true;
    }
    return false;
}

bool ship_fetch_next(ship_fetch *self, double now, uint32_t *to, wire_frame *want)
{
    if (ship_fetch_is_whole(self))
        return false;
    if (self->n_asked == 0)
        self->heard = now; /* nobody owes an answer */
    leave_silent_source(self, now);
    *to = self->source;
    if (ask_again(self, now, want))
        return true;
    const uint64_t piece = next_piece(self);
    if (self->n_asked == self->window || piece == (self->known ? self->n_pieces : 1))
        return false;
    self->asked[self->n_asked++] = (ship_asked){piece, now, 0};
    fill_want(self, piece, want);
    return true;
}

/* ---- what comes ---- */

static void note_answer(ship_fetch *self, uint64_t piece, double now)
{
    const uint32_t i = find_asked(self, piece);
    if (i == self->n_asked)
        return;
    const double took = now - self->asked[i].when;
    self->turnaround = took > forgetting * self->turnaround ? took : forgetting * self->turnaround;
    self->asked[i] = self->asked[--self->n_asked];
    self->window += self->window < SHIP_WINDOW_MAX;
}

/* Whoever can't send it but the root is asked no more. */
static pt_status take_refusal(ship_fetch *self, uint32_t from, const wire_frame *chunk, pt_err *err)
{
    if (from == ROOT)
        return pt_fail(err, chunk->of.chunk.status, "%s", chunk->of.chunk.message);
    if (from == self->source)
        self->heard = -1e9;
    return PT_OK;
}

pt_status ship_fetch_take(ship_fetch *self, uint32_t from, const wire_frame *chunk, double now, bool *fresh, pt_err *err)
{
    const uint64_t total = chunk->of.chunk.total_bytes, offset = chunk->of.chunk.offset;
    *fresh = false;
    if (chunk->of.chunk.status != PT_OK)
        return take_refusal(self, from, chunk, err);
    if (from == self->source)
        self->heard = now;
    if (total == 0 || chunk->of.chunk.n_bytes == 0)
        return PT_OK; /* not yet */
    if (!self->known && learn_length(self, total, err) != PT_OK)
        return err->code;
    if (total != self->n_bytes)
        return pt_fail(err, PT_E_FORMAT, "it has %llu bytes, and had %llu when it began to be sent",
                       (unsigned long long)total, (unsigned long long)self->n_bytes);
    const uint64_t piece = offset / WIRE_CHUNK_MAX, left = total - piece * WIRE_CHUNK_MAX;
    if (offset % WIRE_CHUNK_MAX != 0 || chunk->of.chunk.n_bytes != (left < WIRE_CHUNK_MAX ? left : WIRE_CHUNK_MAX))
        return PT_OK; /* nothing that was asked for */
    note_answer(self, piece, now);
    *fresh = !self->have[piece];
    self->n_have += *fresh;
    self->have[piece] = 1;
    return PT_OK;
}
