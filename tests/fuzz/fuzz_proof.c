/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_proof.c - any bytes as a proof.json; one that is accepted is written and read again. */
#include <stdlib.h>
#include <string.h>

#include "node/format/proof_json.h"
#include "tests/fuzz/fuzz_input.h"

static pt_status read_proof(const uint8_t *bytes, size_t n_bytes, groth16_proof *out)
{
    fuzz_input input;
    pt_err err = {0};
    fuzz_input_open(bytes, n_bytes, FUZZ_JSON_BOUND, &input);
    pt_status status = proof_json_read(input.path, cpu_features_read(), out, &err);
    fuzz_input_check(&input, status, &err);
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
