/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/shortage.h"

static const double patience_s = 2.5; /* three tries, a second apart, and sooner than a rank counts as lost */

void shortage_note(shortage *self, const pt_err *how)
{
    if (how->code == PT_E_NOMEM)
        self->latest = *how;
    else
        *self = (shortage){0};
}

pt_status shortage_look(shortage *self, double now, pt_err *err)
{
    if (self->latest.code == PT_OK)
        return PT_OK;
    if (!self->timed) {
        self->timed = true;
        self->since = now;
    }
    if (now - self->since < patience_s)
        return PT_OK;
    return pt_fail(err, PT_E_NOMEM, "%s, again and again", self->latest.msg);
}
