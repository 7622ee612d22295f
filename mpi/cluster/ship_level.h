/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/ship_level.h - how hard to pack what is sent over a link: not at all, or with zstd's level 1 or 3. Pure.
 *
 * For a second the levels take turns, and link and compressor are measured. Then the one counts with which a byte of the file is soonest
 * there. Packing and sending are one thread's work, so their times add. */
#ifndef PT_SHIP_LEVEL_H
#define PT_SHIP_LEVEL_H

#include <stdbool.h>
#include <stddef.h>

enum { SHIP_LEVELS = 3 };

/** zstd's levels that are tried; the first is none at all. */
extern const int ship_levels[SHIP_LEVELS];

/** What was measured of a level: bytes that went in and came out, and how long that took. */
typedef struct {
    double plain_bytes, packed_bytes, seconds;
} ship_rate;

/** Which of ship_levels is the fastest? What was not measured is not chosen; a link that was not measured is a fast one.
 *  shape   rates[0]: not read
 *  units   bytes a second of the link; 0: not known
 *  ranks   any
 *  returns its place */
size_t ship_level_choose(double link_rate, const ship_rate rates[SHIP_LEVELS]);

/** A link, for files of one kind. Start with {0}. */
typedef struct ship_link {
    ship_rate rates[SHIP_LEVELS];
    double began, latest; /* of the first and the latest chunk */
    double busy_s, busy_bytes;
    unsigned n_sent;
    bool chosen;
    size_t choice;
} ship_link;

/** The place of the level to send the next chunk with.
 *  ranks   any, here and below */
size_t ship_link_level(ship_link *self, double now);

/** A chunk has been packed in so many seconds, and handed on. */
void ship_link_note(ship_link *self, size_t level, size_t plain_bytes, size_t packed_bytes, double seconds, double now);

#endif
