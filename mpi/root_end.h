/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/root_end.h - how ranks that have nothing to do learn that rank 0 is still there, and that it is done: frames of a byte while it works,
 * and an empty one at its end, which no other conversation has. */
#ifndef PT_ROOT_END_H
#define PT_ROOT_END_H

#include "mpi/cluster/transport.h"

typedef struct root_end root_end;

/** Let every other rank hear once in three seconds that this one is alive, by a thread of its own.
 *  owns    *out is the caller's (root_end_tell); to is borrowed, and nobody else's until then
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status root_end_create(transport *to, root_end **out, pt_err *err);

/** Tell every other rank that there is nothing to wait for any more, and destroy self.
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status root_end_tell(root_end *self, pt_err *err);

/** Sleep until it has been told.
 *  ranks   worker only
 *  errors  PT_E_NOMEM nothing was heard for patience_s */
pt_status root_end_wait(transport *from, double patience_s, pt_err *err);

#endif
