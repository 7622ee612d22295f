/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/root_end.h - how ranks that have nothing to do learn that rank 0 is done: an empty frame, which no other conversation has. */
#ifndef PT_ROOT_END_H
#define PT_ROOT_END_H

#include "mpi/cluster/transport.h"

/** Tell every other rank that there is nothing to wait for any more; one that does not wait throws it away with its transport.
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status root_end_tell(transport *to, pt_err *err);

/** Sleep until it has been told.
 *  ranks   worker only */
void root_end_wait(transport *from);

#endif
