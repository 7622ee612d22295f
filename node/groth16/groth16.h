/* SPDX-License-Identifier: Apache-2.0 */
/* node/groth16/groth16.h - proof and verifying key as plain values that every layer above passes on.
 *
 * Points lie as in a key file: affine, Montgomery form, little-endian, infinity all zero; sizes by the curve
 * (G1: 2 fq_bytes, G2: 4 fq_bytes), arrays are sized for the largest. */
#ifndef PT_GROTH16_H
#define PT_GROTH16_H

#include <stdint.h>

#include "node/curve.h"

enum { PT_G1_BYTES_MAX = 96, PT_G2_BYTES_MAX = 192, PT_FQ12_BYTES_MAX = 576, PT_FR_BYTES = 32 };

typedef struct groth16_proof {
    const pt_curve *curve;
    uint8_t a[PT_G1_BYTES_MAX], b[PT_G2_BYTES_MAX], c[PT_G1_BYTES_MAX];
} groth16_proof;

typedef struct groth16_vkey {
    const pt_curve *curve;
    uint32_t n_public;
    uint8_t alpha1[PT_G1_BYTES_MAX];
    uint8_t beta2[PT_G2_BYTES_MAX], gamma2[PT_G2_BYTES_MAX], delta2[PT_G2_BYTES_MAX];
    uint8_t *ic; /* n_public + 1 points of G1; owned (groth16_vkey_clear) */
} groth16_vkey;

/** Release what the verifying key owns. Zeroed or cleared ones are fine. */
void groth16_vkey_clear(groth16_vkey *vkey);

/** Is the proof right for these public inputs? One multi-pairing: e(A,B) = e(alpha,beta) e(IC(x),gamma) e(C,delta).
 *  shape   public_inputs: n_public canonical values of PT_FR_BYTES, little-endian
 *  errors  PT_E_VERIFY with the reason: a point off the curve or out of the subgroup, an input >= r, a false equation;
 *          PT_E_FORMAT the number of inputs or the curve is not the key's
 *  source  Groth, eprint 2016/260, section 3.2 */
pt_status groth16_verify(const groth16_vkey *vkey, const uint8_t *public_inputs, size_t n_public,
                         const groth16_proof *proof, pt_err *err);

/** Verify n proofs of one key in one multi-pairing, each weighted by 128 random bits drawn after all proofs are fixed.
 *  shape   public_inputs[i]: vkey->n_public canonical values; proofs[n]
 *  errors  as groth16_verify; the message names the first bad proof's index (0-based) when there is one */
pt_status groth16_verify_batch(const groth16_vkey *vkey, const uint8_t *const *public_inputs, const groth16_proof *proofs,
                               size_t n, pt_err *err);

#endif
