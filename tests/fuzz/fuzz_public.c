/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_public.c - any bytes as a public.json, of both curves; one that is accepted is written and read
 * again. The library verifies a proof with it from memory. */
#include <stdlib.h>
#include <string.h>

#include "node/format/proof_json.h"
#include "tests/fuzz/fuzz_memory.h"

typedef struct {
    uint8_t *values; /* the caller's to free() */
    size_t n;
} inputs;

/* Values that are well-formed have a verdict if they are as many as the key's. */
static void verify(const fuzz_input *input, const pt_curve *curve, const uint8_t *bytes, size_t n_bytes,
                   const inputs *of_file, const pt_err *told)
{
    partita_error err;
    if (!fuzz_memory_verify(curve, NULL, bytes, n_bytes, &err))
        FUZZ_REQUIRE(told->code == PT_E_FORMAT);
    else if (told->code != PT_OK)
        fuzz_memory_refused(input, told, "public values", &err);
    else if (of_file->n == 1)
        FUZZ_REQUIRE(err.code == PARTITA_OK || err.code == PARTITA_E_VERIFY);
    else
        FUZZ_REQUIRE(err.code == PARTITA_E_FORMAT && strstr(err.message, " public inputs, but the verifying key has 1"));
}

static pt_status read_public(const pt_curve *curve, const uint8_t *bytes, size_t n_bytes, inputs *out)
{
    fuzz_input input;
    pt_err err = {0};
    fuzz_input_open(bytes, n_bytes, FUZZ_JSON_BOUND, &input);
    pt_status status = public_json_read(input.path, curve, &out->values, &out->n, &err);
    fuzz_input_check(&input, status, &err);
    verify(&input, curve, bytes, n_bytes, out, &err);
    fuzz_input_close(&input);
    return status;
}

static void read_of(const pt_curve *curve, const uint8_t *bytes, size_t n_bytes)
{
    char *text;
    size_t len;
    pt_err err = {0};
    inputs public, again;
    if (read_public(curve, bytes, n_bytes, &public) != PT_OK)
        return;
    FUZZ_REQUIRE(curve->fr_find_unreduced(public.values, PT_FR_BYTES, public.n) == public.n);
    FUZZ_REQUIRE(public_json_text(public.values, public.n, &text, &len, &err) == PT_OK);
    FUZZ_REQUIRE(read_public(curve, (const uint8_t *)text, len, &again) == PT_OK);
    FUZZ_REQUIRE(again.n == public.n && memcmp(again.values, public.values, public.n * PT_FR_BYTES) == 0);
    free(text);
    free(again.values);
    free(public.values);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    read_of(pt_curve_by_name("bn254", cpu_features_read()), bytes, n_bytes);
    read_of(pt_curve_by_name("bls12_381", cpu_features_read()), bytes, n_bytes);
    return 0;
}
