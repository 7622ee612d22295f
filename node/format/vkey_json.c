/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/vkey_json.h"

#include <stdlib.h>
#include <string.h>

#include "node/format/json_read.h"
#include "node/format/json_write.h"

/* e(alpha, beta), nested as Fq12 over Fq6 over Fq2 over Fq. */
static void write_alphabeta(FILE *out, const groth16_vkey *vkey)
{
    uint8_t value[PT_FQ12_BYTES_MAX];
    vkey->curve->pairing(vkey->alpha1, vkey->beta2, value);
    for (size_t i = 0; i < 6; i++) {
        if (i % 3 == 0) {
            fputs(i == 0 ? "[" : ",", out);
            json_write_line(out, 2);
        }
        fputs(i % 3 == 0 ? "[" : ",", out);
        json_write_line(out, 3);
        json_write_fq(out, 3, vkey->curve, value + 2 * i * vkey->curve->fq_bytes, 2);
        if (i % 3 == 2) {
            json_write_line(out, 2);
            fputs("]", out);
        }
    }
    json_write_line(out, 1);
    fputs("]", out);
}

static void write_ic(FILE *out, const groth16_vkey *vkey)
{
    for (size_t i = 0; i <= vkey->n_public; i++) {
        fputs(i == 0 ? "[" : ",", out);
        json_write_line(out, 2);
        json_write_point(out, 2, vkey->curve, 1, vkey->ic + i * 2 * vkey->curve->fq_bytes);
    }
    json_write_line(out, 1);
    fputs("]", out);
}

pt_status vkey_json_text(const groth16_vkey *vkey, char **out, size_t *len_bytes, pt_err *err)
{
    json_text text;
    pt_status status = json_text_open(&text, err);
    if (status != PT_OK)
        return status;
    FILE *f = text.stream;
    fprintf(f, "{\n \"protocol\": \"groth16\",\n \"curve\": \"%s\",\n \"nPublic\": %u,\n \"vk_alpha_1\": ",
            vkey->curve->json_name, vkey->n_public);
    json_write_point(f, 1, vkey->curve, 1, vkey->alpha1);
    fputs(",\n \"vk_beta_2\": ", f);
    json_write_point(f, 1, vkey->curve, 2, vkey->beta2);
    fputs(",\n \"vk_gamma_2\": ", f);
    json_write_point(f, 1, vkey->curve, 2, vkey->gamma2);
    fputs(",\n \"vk_delta_2\": ", f);
    json_write_point(f, 1, vkey->curve, 2, vkey->delta2);
    fputs(",\n \"vk_alphabeta_12\": ", f);
    write_alphabeta(f, vkey);
    fputs(",\n \"IC\": ", f);
    write_ic(f, vkey);
    fputs("\n}", f);
    return json_text_close(&text, out, len_bytes, err);
}

static pt_status read_ic(const char *path, const json_t *root, groth16_vkey *vkey, pt_err *err)
{
    const json_t *count = NULL, *ic = NULL;
    pt_status status = json_read_member(path, root, "nPublic", &count, err);
    if (status == PT_OK)
        status = json_read_member(path, root, "IC", &ic, err);
    if (status != PT_OK)
        return status;
    size_t n = json_array_size(ic), g1_bytes = 2 * (size_t)vkey->curve->fq_bytes;
    if (n == 0 || !json_is_integer(count) || json_integer_value(count) != (json_int_t)n - 1)
        return pt_fail(err, PT_E_FORMAT, "%s: IC: %zu points, expected nPublic + 1", path, n);
    vkey->n_public = (uint32_t)n - 1;
    vkey->ic = malloc(n * g1_bytes);
    if (vkey->ic == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for %zu points of IC", path, n);
    for (size_t i = 0; status == PT_OK && i < n; i++) {
        char where[32];
        snprintf(where, sizeof where, "IC[%zu]", i);
        status = json_read_point(path, vkey->curve, where, 1, json_array_get(ic, i), vkey->ic + i * g1_bytes, err);
    }
    return status;
}

static pt_status read_points(const char *path, const json_t *root, groth16_vkey *vkey, pt_err *err)
{
    const struct {
        const char *name;
        unsigned group;
        uint8_t *out;
    } points[] = {{"vk_alpha_1", 1, vkey->alpha1},
                  {"vk_beta_2", 2, vkey->beta2},
                  {"vk_gamma_2", 2, vkey->gamma2},
                  {"vk_delta_2", 2, vkey->delta2}};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        const json_t *value = NULL;
        pt_status status = json_read_member(path, root, points[i].name, &value, err);
        if (status == PT_OK)
            status = json_read_point(path, vkey->curve, points[i].name, points[i].group, value, points[i].out, err);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

void vkey_json_spans(const groth16_vkey *vkey, point_span out[VKEY_JSON_PLACES])
{
    const point_span spans[VKEY_JSON_PLACES] = {{"vk_alpha_1", 1, POINTS_IN_SUBGROUP_FINITE, vkey->alpha1, 1},
                                                {"vk_beta_2", 2, POINTS_IN_SUBGROUP_FINITE, vkey->beta2, 1},
                                                {"vk_gamma_2", 2, POINTS_IN_SUBGROUP_FINITE, vkey->gamma2, 1},
                                                {"vk_delta_2", 2, POINTS_IN_SUBGROUP_FINITE, vkey->delta2, 1},
                                                {"IC", 1, POINTS_IN_SUBGROUP, vkey->ic, (size_t)vkey->n_public + 1}};
    memcpy(out, spans, sizeof spans);
}

static pt_status parse(input_source from, cpu_features features, groth16_vkey *out, pt_err *err)
{
    const char *path = from.path;
    json_t *root = NULL;
    groth16_vkey vkey = {0};
    pt_status status = json_read(from, &root, err);
    if (status == PT_OK)
        status = json_read_protocol(path, root, err);
    if (status == PT_OK)
        status = json_read_curve(path, root, features, &vkey.curve, err);
    if (status == PT_OK)
        status = read_ic(path, root, &vkey, err);
    if (status == PT_OK)
        status = read_points(path, root, &vkey, err);
    json_decref(root);
    if (status != PT_OK)
        groth16_vkey_clear(&vkey);
    else
        *out = vkey;
    return status;
}

pt_status vkey_json_parse(const char *path, cpu_features features, groth16_vkey *out, pt_err *err)
{
    return parse((input_source){.path = path}, features, out, err);
}

pt_status vkey_json_read(const char *path, cpu_features features, crew *threads, groth16_vkey *out, pt_err *err)
{
    return vkey_json_read_from((input_source){.path = path}, features, threads, out, err);
}

pt_status vkey_json_read_from(input_source from, cpu_features features, crew *threads, groth16_vkey *out, pt_err *err)
{
    groth16_vkey vkey;
    point_span spans[VKEY_JSON_PLACES];
    pt_status status = parse(from, features, &vkey, err);
    if (status != PT_OK)
        return status;
    vkey_json_spans(&vkey, spans);
    status = points_check(threads, vkey.curve, from.path, spans, VKEY_JSON_PLACES, err);
    if (status != PT_OK)
        groth16_vkey_clear(&vkey);
    else
        *out = vkey;
    return status;
}
