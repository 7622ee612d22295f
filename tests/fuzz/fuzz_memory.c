/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz_memory.h"

#include <stdlib.h>
#include <string.h>

#include "node/format/proof_json.h"
#include "node/format/vkey_json.h"

enum { N_CURVES = 2, IC = 2 };

input_source fuzz_memory_source(const fuzz_input *input, const uint8_t *bytes, size_t n_bytes)
{
    uint8_t *copy = malloc(n_bytes > 0 ? n_bytes : 1);
    FUZZ_REQUIRE(copy != NULL);
    memcpy(copy, bytes, n_bytes);
    return (input_source){.path = input->path, .bytes = copy, .n_bytes = n_bytes};
}

void fuzz_memory_refused(const fuzz_input *input, const pt_err *of_file, const char *name, const partita_error *told)
{
    FUZZ_REQUIRE((int)told->code == (int)of_file->code);
    FUZZ_REQUIRE(strncmp(told->message, name, strlen(name)) == 0);
    if (strlen(of_file->msg) + 1 < sizeof of_file->msg) /* else its middle is lost */
        FUZZ_REQUIRE(strcmp(told->message + strlen(name), of_file->msg + strlen(input->path)) == 0);
}

/* What texts are verified with: one of each curve, made when it is first asked for. */
typedef struct {
    partita_vkey *vkey;
    char *proof;
} verifier;

static partita_vkey *vkey_of_generators(const pt_curve *curve)
{
    const size_t g1_bytes = 2 * (size_t)curve->fq_bytes;
    uint8_t ic[IC * PT_G1_BYTES_MAX];
    groth16_vkey vkey = {.curve = curve, .n_public = IC - 1, .ic = ic};
    uint8_t *const g2[] = {vkey.beta2, vkey.gamma2, vkey.delta2};
    memcpy(vkey.alpha1, curve->g1_generator, g1_bytes);
    for (size_t i = 0; i < sizeof g2 / sizeof *g2; i++)
        memcpy(g2[i], curve->g2_generator, 2 * g1_bytes);
    for (size_t i = 0; i < IC; i++)
        memcpy(ic + i * g1_bytes, curve->g1_generator, g1_bytes);
    char *text;
    size_t len;
    pt_err err = {0};
    partita_vkey *out;
    FUZZ_REQUIRE(vkey_json_text(&vkey, &text, &len, &err) == PT_OK);
    FUZZ_REQUIRE(partita_vkey_parse(text, len, &out, NULL) == PARTITA_OK);
    free(text);
    return out;
}

static const verifier *verifier_of(const pt_curve *curve)
{
    static verifier made[N_CURVES];
    verifier *v = &made[strcmp(curve->name, "bn254") == 0];
    if (v->vkey != NULL)
        return v;
    groth16_proof proof = {.curve = curve};
    size_t len;
    pt_err err = {0};
    memcpy(proof.a, curve->g1_generator, 2 * (size_t)curve->fq_bytes);
    memcpy(proof.b, curve->g2_generator, 4 * (size_t)curve->fq_bytes);
    memcpy(proof.c, curve->g1_generator, 2 * (size_t)curve->fq_bytes);
    FUZZ_REQUIRE(proof_json_text(&proof, &v->proof, &len, &err) == PT_OK);
    v->vkey = vkey_of_generators(curve);
    return v;
}

bool fuzz_memory_verify(const pt_curve *curve, const uint8_t *proof, const uint8_t *public, size_t n_bytes,
                        partita_error *told)
{
    const uint8_t *bytes = proof != NULL ? proof : public;
    if (n_bytes > 0 && memchr(bytes, '\0', n_bytes) != NULL)
        return false;
    char *text = calloc(1, n_bytes + 1);
    FUZZ_REQUIRE(text != NULL);
    memcpy(text, bytes, n_bytes);
    const verifier *v = verifier_of(curve);
    const partita_statement statement = {public != NULL ? text : "[\"1\"]", proof != NULL ? text : v->proof};
    partita_verify(v->vkey, &statement, told);
    free(text);
    return true;
}
