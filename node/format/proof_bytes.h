/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/proof_bytes.h - a proof with compressed points: A, B, C as 128 bytes (BN254) or 192 (BLS12-381), and a verifying key's hash.
 *
 * BLS12-381: ZCash's encoding, big-endian x (of G2 c1 before c0), flags in the first byte: 0x80 compressed, 0x40 infinity, 0x20 the larger y.
 * BN254: gnark's, big-endian x alike, the two top bits 10 the smaller y, 11 the larger, 01 infinity. */
#ifndef PT_PROOF_BYTES_H
#define PT_PROOF_BYTES_H

#include "node/groth16/groth16.h"

enum { PROOF_BYTES_MAX = 192, VKEY_HASH_BYTES = 32 };

/** Bytes of a proof of this curve: 4 fq_bytes. */
size_t proof_bytes_of(const pt_curve *curve);

/** shape   out: proof_bytes_of(proof->curve) */
void proof_bytes_write(const groth16_proof *proof, uint8_t *out);

/** Read one proof: every x below q, every point on the curve, one encoding a point. The subgroup is groth16_verify's.
 *  errors  PT_E_FORMAT which point, and what is wrong with it */
pt_status proof_bytes_read(const pt_curve *curve, const uint8_t *bytes, size_t n_bytes, groth16_proof *out, pt_err *err);

/** What names a verifying key: BLAKE2b-256 of its curve's name with its NUL, its number of public inputs (u32) and alpha1, beta2, gamma2, delta2
 *  and IC, their coordinates canonical and little-endian, of Fq2 c0 first. A zkey, the prepared key made of it and its verification_key.json have
 *  the same.
 *  shape   out: VKEY_HASH_BYTES */
void vkey_hash(const groth16_vkey *vkey, uint8_t *out);

#endif
