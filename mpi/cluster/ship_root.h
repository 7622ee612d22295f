/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/ship_root.h - the files of a request as the root sends them: what its own paths lead to. A key is sent as it is there, byte for
 * byte: what is prepared arrives prepared. */
#ifndef PT_SHIP_ROOT_H
#define PT_SHIP_ROOT_H

#include "mpi/cluster/request.h"
#include "mpi/cluster/ship_source.h"

typedef struct ship_root ship_root;

/** shape   of: may get more keys and partitions while this is in use
 *  owns    *out is the caller's (ship_root_destroy); of is borrowed
 *  ranks   root only, here and below
 *  errors  PT_E_NOMEM */
pt_status ship_root_create(const request *of, uint32_t n_ranks, ship_root **out, pt_err *err);
void ship_root_destroy(ship_root *self);

/** Another partition has the place of this one, and another witness. */
void ship_root_forget(ship_root *self, uint32_t partition);

/** A rank wants a piece of a file. */
void ship_root_take(ship_root *self, const ship_line *line, uint32_t from, const wire_frame *want);

/** Does a thread hash a key? Whoever asks for it gets no answer before that ends: a clock that isn't the machine's waits for it. */
bool ship_root_is_at_work(const ship_root *self);

ship_figures ship_root_figures(const ship_root *self, wire_file_kind kind);

#endif
