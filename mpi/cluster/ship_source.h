/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/ship_source.h - who has files, or pieces of them, sends these to whom asks. The root does, and each rank that passes a key on. */
#ifndef PT_SHIP_SOURCE_H
#define PT_SHIP_SOURCE_H

#include "mpi/cluster/ship_fetch.h"
#include "mpi/cluster/ship_level.h"

/** How a frame goes out: epoch and request are put in there.
 *  returns its bytes; 0: it was lost */
typedef struct ship_line {
    void *ctx;
    size_t (*send)(void *ctx, uint32_t to, wire_frame *frame);
} ship_line;

/** A file as its source has it. */
typedef struct ship_item {
    bool known;                /* else nothing is said of it yet */
    int file;                  /* descriptor; -1: none of its bytes are here yet */
    const ship_fetch *partial; /* what of it is here; NULL: all of it */
    uint64_t n_bytes;
    const uint8_t *hash; /* of a key */
} ship_item;

/** Where a source finds its files.
 *  errors  why a file can't be sent: told to whoever asks */
typedef struct ship_shelf {
    void *ctx;
    pt_status (*find)(void *ctx, wire_file file, ship_item *out, pt_err *err);
} ship_shelf;

/** What was sent, of each kind of file. */
typedef struct ship_figures {
    uint64_t n_pieces, n_at_level[SHIP_LEVELS];
    uint64_t plain_bytes, sent_bytes; /* of pieces alone; in their frames */
    double seconds;                   /* reading, packing, and handing on */
} ship_figures;

typedef struct ship_source ship_source;

/** owns    *out is the caller's (ship_source_destroy)
 *  ranks   any, here and below
 *  errors  PT_E_NOMEM */
pt_status ship_source_create(ship_shelf shelf, uint32_t n_ranks, ship_source **out, pt_err *err);
void ship_source_destroy(ship_source *self);

/** Somebody wants a piece. One that is not here yet is sent once it is (ship_source_tick); that it is not is said at once. */
void ship_source_take(ship_source *self, const ship_line *line, uint32_t from, const wire_frame *want);

/** Send what has come since.
 *  returns true if something was sent */
bool ship_source_tick(ship_source *self, const ship_line *line);

ship_figures ship_source_figures(const ship_source *self, wire_file_kind kind);

#endif
