/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_proof.c - any bytes as a proof.json; one that is accepted is written and read again. The library verifies it from
 * memory. */
#include <stdlib.h>
#include <string.h>

#include "node/format/proof_json.h"
#include "tests/fuzz/fuzz_memory.h"

/* A proof that is well-formed has a verdict. */
static void verify(const fuzz_input *input, const uint8_t *bytes, size_t n_bytes, const groth16_proof *of_file,
                   const pt_err *told)
{
    partita_error err;
    const pt_curve *curve = told->code == PT_OK ? of_file->curve : pt_curve_by_name("bn254", cpu_features_read());
    if (!fuzz_memory_verify(curve, bytes, NULL, n_bytes, &err))
        FUZZ_REQUIRE(told->code == PT_E_FORMAT);
    else if (told->code == PT_OK)
        FUZZ_REQUIRE(err.code == PARTITA_OK || err.code == PARTITA_E_VERIFY);
    else
        fuzz_memory_refused(input, told, "proof", &err);
}

static pt_status read_proof(const uint8_t *bytes, size_t n_bytes, groth16_proof *out)
{
    fuzz_input input;
    pt_err err = {0};
    fuzz_input_open(bytes, n_bytes, FUZZ_JSON_BOUND, &input);
    pt_status status = proof_json_read(input.path, cpu_features_read(), out, &err);
    fuzz_input_check(&input, status, &err);
    verify(&input, bytes, n_bytes, out, &err);
    fuzz_input_close(&input);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    char *text;
    size_t len;
    pt_err err = {0};
    groth16_proof proof, again;
    if (read_proof(bytes, n_bytes, &proof) != PT_OK)
        return 0;
    FUZZ_REQUIRE(proof_json_text(&proof, &text, &len, &err) == PT_OK);
    FUZZ_REQUIRE(read_proof((const uint8_t *)text, len, &again) == PT_OK);
    FUZZ_REQUIRE(again.curve == proof.curve && memcmp(again.a, proof.a, sizeof proof.a) == 0);
    FUZZ_REQUIRE(memcmp(again.b, proof.b, sizeof proof.b) == 0 && memcmp(again.c, proof.c, sizeof proof.c) == 0);
    free(text);
    return 0;
}
