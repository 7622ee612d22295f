/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/root_end.h - how ranks that have nothing to do learn that rank 0 is still there, and that it is done: frames of a byte while it works,
 * and an empty one at its end, which no other conversation has. */
#ifndef PT_ROOT_END_H
#define PT_ROOT_END_H

#include "mpi/cluster/transport.h"

/** What rank 0 does by itself; returns an exit code. */
typedef int root_work(void *ctx);

/** Do work on a thread of its own, while this one, which began MPI, lets every other rank hear once in three seconds that rank 0 is alive;
 *  then tell them that there is nothing to wait for any more.
 *  owns    to is borrowed, and nobody else's until then
 *  ranks   root only
 *  thread  the one that made the transport
 *  errors  PT_E_NOMEM the work was not begun, and *code is as it was; or its end was not said */
pt_status root_end_work(transport *to, root_work *work, void *ctx, int *code, pt_err *err);

/** Sleep until it has been told.
 *  ranks   worker only
 *  errors  PT_E_NOMEM nothing was heard for patience_s */
pt_status root_end_wait(transport *from, double patience_s, pt_err *err);

#endif
