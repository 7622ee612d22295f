/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/proof_json.h - proof.json and public.json, byte for byte as snarkjs writes them. */
#ifndef PT_PROOF_JSON_H
#define PT_PROOF_JSON_H

#include "node/format/input_file.h"
#include "node/groth16/groth16.h"

/** The texts as they go into the files, NUL-terminated, the caller's to free(). public_inputs: canonical, PT_FR_BYTES each.
 *  errors  PT_E_NOMEM */
pt_status proof_json_text(const groth16_proof *proof, char **out, size_t *len_bytes, pt_err *err);
pt_status public_json_text(const uint8_t *public_inputs, size_t n, char **out, size_t *len_bytes, pt_err *err);

/** Read and check: protocol, curve (BN254 where none is named: rapidsnark's proofs), decimal numbers below q, points on the
 *  curve (the subgroup is groth16_verify's).
 *  errors  PT_E_NOINPUT, PT_E_FORMAT with file, key and expectation */
pt_status proof_json_read(const char *path, cpu_features features, groth16_proof *out, pt_err *err);
pt_status proof_json_read_from(input_source from, cpu_features features, groth16_proof *out, pt_err *err);

/** Read public inputs of a curve: every value a decimal string below r. *out is the caller's to free(). */
pt_status public_json_read(const char *path, const pt_curve *curve, uint8_t **out, size_t *n, pt_err *err);
pt_status public_json_read_from(input_source from, const pt_curve *curve, uint8_t **out, size_t *n, pt_err *err);

#endif
