/* SPDX-License-Identifier: Apache-2.0 */
/* node/groth16/bad_proofs.h - which proofs make the equation of a batch false? Per curve. */
#ifndef PT_BAD_PROOFS_H
#define PT_BAD_PROOFS_H

#include "node/groth16/equation.h"

#define bad_proofs_find PT_NAME(bad_proofs_find)

/** Halve the terms of an equation that does not hold until every false one stands alone: first by chunks, whose products of pairings
 *  are at hand, then within the bad chunks by proofs. If one half holds the other does not, so k bad ones of n cost about
 *  k log2(n / k) exponentiations, shared by the crew.
 *  shape   is_bad[self->n], all false before; at least one is true after
 *  thread  as crew_run of the equation's crew
 *  errors  PT_E_NOMEM */
pt_status bad_proofs_find(const equation *self, bool *is_bad, pt_err *err);

#endif
