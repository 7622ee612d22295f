/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/vkey_json.h - verification_key.json, byte for byte as snarkjs writes it. */
#ifndef PT_VKEY_JSON_H
#define PT_VKEY_JSON_H

#include "node/format/input_file.h"
#include "node/format/point_check.h"
#include "node/groth16/groth16.h"
#include "node/pipeline/crew.h"

/** The text as it goes into the file; vk_alphabeta_12 is computed here. *out is the caller's to free(). */
pt_status vkey_json_text(const groth16_vkey *vkey, char **out, size_t *len_bytes, pt_err *err);

/** Read and check: points on the curve and in their subgroups, split over the crew, and nPublic against IC. vk_alphabeta_12 is not
 *  read: it would have to be trusted.
 *  owns    *out is the caller's (groth16_vkey_clear)
 *  errors  PT_E_NOINPUT, PT_E_FORMAT with file, key and expectation */
pt_status vkey_json_read(const char *path, cpu_features features, crew *threads, groth16_vkey *out, pt_err *err);
pt_status vkey_json_read_from(input_source from, cpu_features features, crew *threads, groth16_vkey *out, pt_err *err);

enum { VKEY_JSON_PLACES = 5 };

/** Its points by the names of their members, and what is asked of them: vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC.
 *  owns    views of the key */
void vkey_json_spans(const groth16_vkey *vkey, point_span out[VKEY_JSON_PLACES]);

/** The same with its points unchecked, for who judges them: coordinates are below q, and that is all. */
pt_status vkey_json_parse(const char *path, cpu_features features, groth16_vkey *out, pt_err *err);

#endif
