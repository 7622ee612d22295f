/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/root_view.h - what a root with several ranks lets be seen of them on its terminal. */
#ifndef PT_ROOT_VIEW_H
#define PT_ROOT_VIEW_H

#include "mpi/cluster/coordinator.h"
#include "mpi/run_log.h"

typedef struct root_view root_view;

/** owns    the caller's (root_view_destroy); log is borrowed
 *  ranks   root only, here and below
 *  shape   is_open: the request has no end that is known
 *  returns NULL where nothing is shown, as rank_view_create */
root_view *root_view_create(uint32_t n_ranks, bool is_open, run_log *log);
/** Erase it. Nothing if self is NULL, here and below. */
void root_view_end(root_view *self);
void root_view_destroy(root_view *self);

/** Look at the ranks again, if it is time. shape: began: partitions are given out */
void root_view_look(root_view *self, const coordinator *ranks, bool began, double now);

#endif
