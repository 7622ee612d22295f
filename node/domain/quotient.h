/* SPDX-License-Identifier: Apache-2.0 */
/* node/domain/quotient.h - h = a b - c on the odd coset: the scalars of a snarkjs key's H points (eq. 31). Per curve. */
#ifndef PT_QUOTIENT_H
#define PT_QUOTIENT_H

#include "node/domain/ntt.h"

#define quotient_run PT_NAME(quotient_run)

/** Six transforms: a, b, c from rows to coefficients to the odd coset; then h = a b - c, canonical, in a's place.
 *  shape   a, b, c: n values each, natural order, Montgomery form; b and c are overwritten */
void quotient_run(const ntt_domain *domain, crew *threads, fr *a, fr *b, fr *c);

#endif
