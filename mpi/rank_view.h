/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/rank_view.h - the lines of a rank_page on a terminal, redrawn in place. */
#ifndef PT_RANK_VIEW_H
#define PT_RANK_VIEW_H

#include "mpi/rank_page.h"
#include "mpi/run_log.h"

typedef struct rank_view rank_view;

/** Show how the ranks of a job do, from the first rank_view_set on. What the log tells people stands above it.
 *  owns    the caller's (rank_view_destroy); log is borrowed
 *  ranks   root only, here and below
 *  returns NULL where there can be none: there is no terminal, --quiet, --log json, or memory or a thread is missing */
rank_view *rank_view_create(uint32_t n_ranks, run_log *log);

/** Erase it, and show it no more. Nothing if self is NULL, here and below. */
void rank_view_end(rank_view *self);
void rank_view_destroy(rank_view *self);

/** Is it time to look at the ranks again? false as well if self is NULL. now: seconds of any clock */
bool rank_view_is_due(const rank_view *self, double now);

/** How things are. shape: page->rows of all ranks, copied */
void rank_view_set(rank_view *self, const rank_page *page, double now);

#endif
