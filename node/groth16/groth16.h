/* SPDX-License-Identifier: Apache-2.0 */
/* node/groth16/groth16.h - proof and verifying key as plain values that every layer above passes on.
 *
 * Points lie as in a key file: affine, Montgomery form, little-endian, infinity all zero; sizes by the curve
 * (G1: 2 fq_bytes, G2: 4 fq_bytes), arrays are sized for the largest. */
#ifndef PT_GROTH16_H
#define PT_GROTH16_H

#include <stdatomic.h>
#include <stdbool.h>
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

/** Are gamma and delta the same point? Then anyone can forge proofs for this key: nobody contributed to its phase 2. */
bool groth16_gamma_is_delta(const groth16_vkey *vkey);

/** Is the proof right for these public inputs? One multi-pairing: e(A,B) = e(alpha,beta) e(IC(x),gamma) e(C,delta).
 *  shape   public_inputs: n_public canonical values of PT_FR_BYTES, little-endian
 *  errors  PT_E_VERIFY with the reason: a point off the curve or out of the subgroup, an input >= r, a false equation;
 *          PT_E_FORMAT the number of inputs or the curve is not the key's
 *  source  Groth, eprint 2016/260, section 3.2 */
pt_status groth16_verify(const groth16_vkey *vkey, const uint8_t *public_inputs, size_t n_public,
                         const groth16_proof *proof, pt_err *err);

/** Proofs of one key that are verified together. */
typedef struct groth16_batch {
    const groth16_vkey *vkey;
    const uint8_t *const *public_inputs; /* n: vkey->n_public canonical values each */
    const groth16_proof *proofs;         /* n */
    size_t n;
    struct crew *threads; /* NULL: the calling thread alone */
    atomic_size_t *steps; /* counted up meanwhile, GROTH16_BATCH_STEPS a proof; NULL: nobody looks */
} groth16_batch;

/** Of a proof in a batch: its points and inputs are checked, its pairing is computed. Looking for bad ones is no step. */
enum { GROTH16_BATCH_STEPS = 2 };

/** Whoever does a step counts it. thread: any */
void groth16_batch_count(const groth16_batch *batch, size_t n_steps);

/** Verify n proofs in one multi-pairing (eq. 38), each weighted by 128 random bits drawn after all proofs are fixed. If it fails, halves
 *  are tried, so that every bad proof is found: one is missed with probability below 2 n 2^-128, a right one is never named.
 *  shape   verdicts[n]: PT_OK, or PT_E_VERIFY with the reason, of each proof; {0} before. NULL: not asked for
 *  errors  PT_E_VERIFY with the first bad proof's index (0-based) and reason; PT_E_FORMAT a proof is of another curve;
 *          PT_E_NOMEM; verdicts count after PT_OK and PT_E_VERIFY alone */
pt_status groth16_verify_batch(const groth16_batch *batch, pt_err *verdicts, pt_err *err);

#endif
