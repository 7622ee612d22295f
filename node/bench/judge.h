/* SPDX-License-Identifier: Apache-2.0 */
/* node/bench/judge.h - proofs that were made for a benchmark, verified once more. */
#ifndef PT_JUDGE_H
#define PT_JUDGE_H

#include "node/groth16/groth16.h"

/** The same curve for another instruction set of this processor: portable, or the best for portable itself; NULL if there is none. */
const pt_curve *judge_other_build(const pt_curve *curve);

/** Verify a proof by other's arithmetic.
 *  shape   public_inputs: as many as vkey has
 *  errors  PT_E_INTERNAL the proof is wrong; PT_E_NOMEM */
pt_status judge_proof(const pt_curve *other, const groth16_vkey *vkey, const groth16_proof *proof,
                      const uint8_t *public_inputs, pt_err *err);

#endif
