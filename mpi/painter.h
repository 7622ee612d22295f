/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/painter.h - a thread that draws again and again what is shown of a run on a terminal. */
#ifndef PT_PAINTER_H
#define PT_PAINTER_H

#include <stdbool.h>

typedef struct painter painter;

/** Draw, on any thread, one at a time. */
typedef void painter_draw(void *ctx);

/** Begin a thread that draws nothing yet.
 *  owns    the caller's (painter_destroy); ctx is borrowed
 *  ranks   root only, here and below
 *  returns NULL if there is no memory or no thread for it */
painter *painter_create(painter_draw *draw, void *ctx);
/** Draw no more.
 *  returns false if that was so already */
bool painter_end(painter *self);
/** After painter_end. */
void painter_destroy(painter *self);

/** Draw now, and every 200 ms from now on. thread: any */
void painter_now(painter *self);

#endif
