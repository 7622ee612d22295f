/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_zkey.c - any bytes as a zkey: opened with the quick check, then with the full one, proven with, and linted. */
#include "node/format/zkey.h"
#include "tests/fuzz/fuzz_input.h"

/* Rows, a dictionary of up to all coefficients, IC; fewer than 256 points are asked for their subgroup without scratch. */
static const fuzz_bound bound = {.factor = 8, .fixed = 64 << 10};

/* The key, or NULL. */
static proving_key *open_key(const fuzz_input *input, key_check check, crew *threads)
{
    pt_err err = {0};
    proving_key *key = NULL;
    const proving_key_options options = {.features = cpu_features_read(), .check = check};
    pt_status status = zkey_open(input->path, options, threads, &key, &err);
    fuzz_input_check(input, status, &err);
    FUZZ_REQUIRE((status == PT_OK) == (key != NULL));
    return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    crew *threads;
    fuzz_input input;
    pt_err err = {0};
    FUZZ_REQUIRE(crew_create(1, &threads, &err) == PT_OK);
    fuzz_input_open(bytes, n_bytes, bound, &input);
    proving_key *quick = open_key(&input, KEY_CHECK_QUICK, threads);
    if (quick != NULL) {
        proving_key_close(open_key(&input, KEY_CHECK_FULL, threads));
        fuzz_prove(quick, threads);
    }
    proving_key_close(quick);
    fuzz_lint(&input, lint_key, threads);
    fuzz_input_close(&input);
    crew_destroy(threads);
    return 0;
}
