/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_vkey.c - any bytes as a verification_key.json; one that is accepted is written, read again, verified with, and
 * linted. The library reads it from memory too. */
#include <stdlib.h>
#include <string.h>

#include "node/format/vkey_json.h"
#include "tests/fuzz/fuzz_memory.h"

static void parse(const fuzz_input *input, input_source from, const groth16_vkey *of_file, const pt_err *told)
{
    partita_vkey *vkey = NULL;
    partita_error err;
    char *text, *expected;
    size_t len;
    pt_err unwritten = {0};
    if (partita_vkey_parse(from.bytes, from.n_bytes, &vkey, &err) != PARTITA_OK) {
        FUZZ_REQUIRE(vkey == NULL);
        fuzz_memory_refused(input, told, "verifying key", &err);
    } else {
        FUZZ_REQUIRE(told->code == PT_OK);
        FUZZ_REQUIRE(partita_vkey_json(vkey, &text, NULL) == PARTITA_OK);
        FUZZ_REQUIRE(vkey_json_text(of_file, &expected, &len, &unwritten) == PT_OK);
        FUZZ_REQUIRE(strcmp(text, expected) == 0);
        free(expected);
        partita_free(text);
        partita_vkey_close(vkey);
    }
    free((void *)(uintptr_t)from.bytes);
}

static pt_status read_vkey(const uint8_t *bytes, size_t n_bytes, groth16_vkey *out)
{
    fuzz_input input;
    pt_err err = {0};
    fuzz_input_open(bytes, n_bytes, FUZZ_JSON_BOUND, &input);
    pt_status status = vkey_json_read(input.path, cpu_features_read(), NULL, out, &err);
    fuzz_input_check(&input, status, &err);
    parse(&input, fuzz_memory_source(&input, bytes, n_bytes), out, &err);
    fuzz_lint(&input, lint_vkey, NULL);
    fuzz_input_close(&input);
    return status;
}

static void read_again(const groth16_vkey *vkey)
{
    char *text;
    size_t len;
    pt_err err = {0};
    groth16_vkey again = {0};
    FUZZ_REQUIRE(vkey_json_text(vkey, &text, &len, &err) == PT_OK);
    FUZZ_REQUIRE(read_vkey((const uint8_t *)text, len, &again) == PT_OK);
    FUZZ_REQUIRE(again.curve == vkey->curve && again.n_public == vkey->n_public);
    FUZZ_REQUIRE(memcmp(again.alpha1, vkey->alpha1, sizeof vkey->alpha1) == 0);
    FUZZ_REQUIRE(memcmp(again.delta2, vkey->delta2, sizeof vkey->delta2) == 0);
    size_t ic_bytes = ((size_t)vkey->n_public + 1) * 2 * vkey->curve->fq_bytes;
    FUZZ_REQUIRE(memcmp(again.ic, vkey->ic, ic_bytes) == 0);
    groth16_vkey_clear(&again);
    free(text);
}

/* A proof of the key's own points: right or wrong, it has a verdict. */
static void verify(const groth16_vkey *vkey)
{
    groth16_proof proof = {.curve = vkey->curve};
    pt_err err = {0};
    memcpy(proof.a, vkey->alpha1, sizeof proof.a);
    memcpy(proof.b, vkey->beta2, sizeof proof.b);
    memcpy(proof.c, vkey->ic, 2 * (size_t)vkey->curve->fq_bytes);
    uint8_t *ones = calloc((size_t)vkey->n_public + 1, PT_FR_BYTES);
    FUZZ_REQUIRE(ones != NULL);
    for (size_t i = 0; i < vkey->n_public; i++)
        ones[i * PT_FR_BYTES] = 1;
    pt_status status = groth16_verify(vkey, ones, vkey->n_public, &proof, &err);
    FUZZ_REQUIRE(status == PT_OK || status == PT_E_VERIFY);
    free(ones);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    groth16_vkey vkey = {0};
    if (read_vkey(bytes, n_bytes, &vkey) == PT_OK) {
        read_again(&vkey);
        verify(&vkey);
    }
    groth16_vkey_clear(&vkey);
    return 0;
}
