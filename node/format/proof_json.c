/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/proof_json.h"

#include <stdlib.h>

#include "node/format/json_read.h"
#include "node/format/json_write.h"
#include "node/format/point_check.h"

pt_status proof_json_text(const groth16_proof *proof, char **out, size_t *len_bytes, pt_err *err)
{
    json_text text;
    pt_status status = json_text_open(&text, err);
    if (status != PT_OK)
        return status;
    fputs("{\n \"pi_a\": ", text.stream);
    json_write_point(text.stream, 1, proof->curve, 1, proof->a);
    fputs(",\n \"pi_b\": ", text.stream);
    json_write_point(text.stream, 1, proof->curve, 2, proof->b);
    fputs(",\n \"pi_c\": ", text.stream);
    json_write_point(text.stream, 1, proof->curve, 1, proof->c);
    fprintf(text.stream, ",\n \"protocol\": \"groth16\",\n \"curve\": \"%s\"\n}", proof->curve->json_name);
    return json_text_close(&text, out, len_bytes, err);
}

pt_status public_json_text(const uint8_t *public_inputs, size_t n, char **out, size_t *len_bytes, pt_err *err)
{
    json_text text;
    pt_status status = json_text_open(&text, err);
    if (status != PT_OK)
        return status;
    json_write_integers(text.stream, 0, public_inputs, PT_FR_BYTES, n);
    return json_text_close(&text, out, len_bytes, err);
}

static pt_status read_points(const char *path, const json_t *root, groth16_proof *proof, pt_err *err)
{
    const point_span points[] = {{"pi_a", 1, POINTS_ON_CURVE, proof->a, 1},
                                 {"pi_b", 2, POINTS_ON_CURVE, proof->b, 1},
                                 {"pi_c", 1, POINTS_ON_CURVE, proof->c, 1}};
    uint8_t *const out[] = {proof->a, proof->b, proof->c};
    for (size_t i = 0; i < 3; i++) {
        const json_t *value = NULL;
        pt_status status = json_read_member(path, root, points[i].where, &value, err);
        if (status == PT_OK)
            status = json_read_point(path, proof->curve, points[i].where, points[i].group, value, out[i], err);
        if (status != PT_OK)
            return status;
    }
    return points_check(NULL, proof->curve, path, points, 3, err);
}

pt_status proof_json_read(const char *path, cpu_features features, groth16_proof *out, pt_err *err)
{
    return proof_json_read_from((input_source){.path = path}, features, out, err);
}

pt_status proof_json_read_from(input_source from, cpu_features features, groth16_proof *out, pt_err *err)
{
    const char *path = from.path;
    json_t *root = NULL;
    groth16_proof proof = {0};
    pt_status status = json_read(from, &root, err);
    if (status == PT_OK)
        status = json_read_protocol(path, root, err);
    if (status == PT_OK)
        status = json_read_curve(path, root, features, &proof.curve, err);
    if (status == PT_OK)
        status = read_points(path, root, &proof, err);
    if (status == PT_OK)
        *out = proof;
    json_decref(root);
    return status;
}

static pt_status read_inputs(const char *path, const pt_curve *curve, const json_t *root, uint8_t *inputs, pt_err *err)
{
    for (size_t i = 0; i < json_array_size(root); i++) {
        char where[32];
        snprintf(where, sizeof where, "input %zu", i);
        pt_status status = json_read_fr(path, curve, where, json_array_get(root, i), inputs + i * PT_FR_BYTES, err);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

pt_status public_json_read(const char *path, const pt_curve *curve, uint8_t **out, size_t *n, pt_err *err)
{
    return public_json_read_from((input_source){.path = path}, curve, out, n, err);
}

pt_status public_json_read_from(input_source from, const pt_curve *curve, uint8_t **out, size_t *n, pt_err *err)
{
    const char *path = from.path;
    json_t *root = NULL;
    uint8_t *inputs = NULL;
    pt_status status = json_read(from, &root, err);
    if (status == PT_OK && !json_is_array(root))
        status = pt_fail(err, PT_E_FORMAT, "%s: expected a list of decimal strings", path);
    size_t n_inputs = status == PT_OK ? json_array_size(root) : 0;
    /* One more, so that no inputs are an array too. */
    if (status == PT_OK && (inputs = calloc(n_inputs + 1, PT_FR_BYTES)) == NULL)
        status = pt_fail(err, PT_E_NOMEM, "%s: no memory for %zu inputs", path, n_inputs);
    if (status == PT_OK)
        status = read_inputs(path, curve, root, inputs, err);
    json_decref(root);
    if (status != PT_OK) {
        free(inputs);
        return status;
    }
    *out = inputs;
    *n = n_inputs;
    return PT_OK;
}
