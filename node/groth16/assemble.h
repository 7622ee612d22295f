/* SPDX-License-Identifier: Apache-2.0 */
/* node/groth16/assemble.h - from the five sums to the three points of a proof. Per curve. */
#ifndef PT_ASSEMBLE_H
#define PT_ASSEMBLE_H

#include "node/arith/g1.h"
#include "node/arith/g2.h"
#include "node/groth16/prover.h"

#define assemble_run PT_NAME(assemble_run)

/** What the MSMs of one partition give: sums over the witness (and h) of the key's points. */
typedef struct {
    g1_xyzz a, b1, l, h;
    g2_xyzz b2;
} msm_sums;

/** A = alpha + a + r delta, B = beta + b + s delta, C = l + h + s A + r B1 - r s delta; r and s are drawn and zeroed here.
 *  errors  PT_E_INTERNAL no source of randomness */
pt_status assemble_run(const proving_key *key, const msm_sums *sums, groth16_proof *out, pt_err *err);

#endif
