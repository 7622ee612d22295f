/* SPDX-License-Identifier: Apache-2.0 */
/* node/setup/wire_values.h - each wire's polynomials A_i, B_i, C_i at tau. Per curve. */
#ifndef PT_WIRE_VALUES_H
#define PT_WIRE_VALUES_H

#include "node/arith/fr.h"
#include "node/format/r1cs.h"
#include "node/pipeline/crew.h"
#include "node/setup/toxic_waste.h"

#define wire_values_sum PT_NAME(wire_values_sum)
#define wire_values_join PT_NAME(wire_values_join)

/** matrix[m][i] = sum over rows j of M_(j,i) L_j(tau), M = A, B, C; snarkjs's rows behind the constraints are A's: wire k in row
 *  n_constraints + k, k <= n_public.
 *  shape   basis: L_j(tau), n_constraints + n_public + 1 of them; matrix[m]: n_wires values, written
 *  thread  one task a matrix: a wire's sums have one writer */
void wire_values_sum(const r1cs *circuit, crew *threads, const fr *basis, fr *const matrix[3]);

/** c[i] = (beta a[i] + alpha b[i] + c[i]) / gamma for i <= n_public, / delta for the private wires. */
void wire_values_join(const r1cs *circuit, crew *threads, const toxic_waste *waste, const fr *a, const fr *b, fr *c);

#endif
