/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/live_line.h - one line on a terminal that shows how far some work is: a bar, what is being done, an ETA, a name. A thread
 * redraws it. */
#ifndef PT_LIVE_LINE_H
#define PT_LIVE_LINE_H

#include <stdbool.h>

enum { LIVE_LINE_ROOM = 512 };

/** What the line shows. */
typedef struct {
    double fraction;     /* of the work, 0 to 1 */
    double seconds_left; /* negative: not known */
    char doing[64];
    char name[LIVE_LINE_ROOM]; /* cut to the terminal's width */
} live_line_view;

typedef struct live_line live_line;

/** Fills out with how things are now, on any thread, one at a time. false: the line stays as it is. */
typedef bool live_line_look(void *ctx, live_line_view *out);

/** Show a line on stderr from the first live_line_draw on.
 *  owns    the caller's (live_line_destroy); ctx is borrowed
 *  ranks   root only
 *  returns NULL where there can be none: stderr is no terminal, or memory or a thread is missing */
live_line *live_line_create(live_line_look *look, void *ctx);

/** Erase the line, and draw none any more.
 *  ranks   root only */
void live_line_end(live_line *self);
/** ranks   root only */
void live_line_destroy(live_line *self);

/** Draw it now, and every 200 ms from now on.
 *  ranks   root only */
void live_line_draw(live_line *self);

#endif
