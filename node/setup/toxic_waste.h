/* SPDX-License-Identifier: Apache-2.0 */
/* node/setup/toxic_waste.h - the five secrets of a set-up. Whoever keeps them can forge proofs. Per curve. */
#ifndef PT_TOXIC_WASTE_H
#define PT_TOXIC_WASTE_H

#include "kernels/shared/status.h"
#include "node/arith/fr.h"

#define toxic_waste_draw PT_NAME(toxic_waste_draw)
#define toxic_waste_clear PT_NAME(toxic_waste_clear)

/** In Montgomery form. */
typedef struct {
    fr tau, alpha, beta, gamma, delta;
} toxic_waste;

/** Draw all five uniformly, by rejection from libsodium: none is 0, gamma != delta (equal ones let anyone forge), and
 *  tau^(2^(log_n + 1)) != 1, or the Lagrange values at tau and at the odd coset would not exist.
 *  owns    *out is the caller's (toxic_waste_clear zeroes it)
 *  errors  PT_E_INTERNAL libsodium has no source of randomness */
pt_status toxic_waste_draw(unsigned log_n, toxic_waste *out, pt_err *err);
void toxic_waste_clear(toxic_waste *waste);

#endif
