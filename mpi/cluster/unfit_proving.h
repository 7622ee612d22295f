/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/unfit_proving.h - the proving of a rank that can't prove, because its device or its machine can't be had: no key of a request
 * can be opened, for that reason. So the root hears it, names the rank and proves with the others. */
#ifndef PT_UNFIT_PROVING_H
#define PT_UNFIT_PROVING_H

#include "mpi/cluster/proving.h"

typedef struct unfit_proving {
    proving base;
    proving_key_state every; /* key */
} unfit_proving;

/** owns    nothing: `why` is copied
 *  ranks   any
 *  returns a proving for a worker, which lives as long as *self does */
proving *unfit_proving_init(unfit_proving *self, const pt_err *why);

#endif
