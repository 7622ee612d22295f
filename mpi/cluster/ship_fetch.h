/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/ship_fetch.h - one file on its way to this rank: which pieces to ask for, of whom, and when to ask again. Pure.
 *
 * Pieces are asked for a few at a time, more as they come, and again when they don't. They may come in any order, twice, or never. Who does
 * not answer is asked no more: the root then is, which has every file. */
#ifndef PT_SHIP_FETCH_H
#define PT_SHIP_FETCH_H

#include "mpi/cluster/wire.h"

enum { SHIP_WINDOW_MAX = 8, SHIP_FILE_MAX_LOG = 40 }; /* pieces asked for at a time; log2 of a file's bytes */

typedef struct {
    uint64_t piece;
    double when;
    unsigned n_again;
} ship_asked;

/** Read known and n_bytes. */
typedef struct ship_fetch {
    wire_file file;
    uint32_t source; /* who is asked: the rank before this one, or the root */
    bool known;
    uint64_t n_bytes; /* of the file, once known */
    uint8_t *have;    /* of each piece */
    uint64_t n_pieces, n_have, first_missing;
    ship_asked asked[SHIP_WINDOW_MAX];
    uint32_t n_asked, window;
    double heard, turnaround; /* the source was heard; the slowest of its answers lately */
} ship_fetch;

/** Begin to fetch a file. n_bytes: of a key, which is known by then; 0: the first piece will say.
 *  owns    *out is the caller's (ship_fetch_clear), also after an error
 *  ranks   any, here and below
 *  errors  PT_E_NOMEM; PT_E_FORMAT no file has so many bytes */
pt_status ship_fetch_begin(wire_file file, uint64_t n_bytes, uint32_t source, double now, ship_fetch *out, pt_err *err);
void ship_fetch_clear(ship_fetch *self);

/** What to ask now, if anything. Ask until it says no.
 *  shape   want: its type and fields, for *to */
bool ship_fetch_next(ship_fetch *self, double now, uint32_t *to, wire_frame *want);

/** A chunk of this file has come. *fresh: its bytes are news, and belong at its offset.
 *  errors  PT_E_FORMAT another length than before; PT_E_NOMEM; of the root: why the file can't be sent */
pt_status ship_fetch_take(ship_fetch *self, uint32_t from, const wire_frame *chunk, double now, bool *fresh, pt_err *err);

bool ship_fetch_is_whole(const ship_fetch *self);

/** Has this run of bytes come? For who passes on what is not whole yet. */
bool ship_fetch_has(const ship_fetch *self, uint64_t offset, uint32_t n_bytes);

#endif
