/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/shortage.h - memory that stays short. A frame that can't be sent or read for want of it is as one that was lost and is said
 * again; when none gets through for seconds, who talks gives up rather than repeat for ever. Pure. */
#ifndef PT_SHORTAGE_H
#define PT_SHORTAGE_H

#include <stdbool.h>

#include "kernels/shared/status.h"

/** Start with {0}. */
typedef struct shortage {
    pt_err latest; /* PT_OK: the last try went well */
    bool timed;    /* since means something */
    double since;
} shortage;

/** How a try has ended: what is not PT_E_NOMEM went well.
 *  ranks   any, here and below */
void shortage_note(shortage *self, const pt_err *how);

/** Has nothing gone well for longer than is waited for? Ask again and again.
 *  units   now: seconds of any clock that never goes back
 *  errors  PT_E_NOMEM so it is, with the latest message */
pt_status shortage_look(shortage *self, double now, pt_err *err);

#endif
