/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_r1cs.c - any bytes as a circuit, whose terms are then walked over as the setup does, and linted. */
#include "node/format/binfile.h"
#include "node/format/r1cs.h"
#include "tests/fuzz/fuzz_input.h"

/* A copy. */
static const fuzz_bound bound = {.factor = 2, .fixed = 128 << 10};

static void walk(const r1cs *circuit)
{
    const uint8_t *cursor = circuit->constraints, *end = cursor + circuit->constraints_bytes;
    const size_t term_bytes = 4 + (size_t)circuit->curve->fr_bytes;
    uint64_t n_terms[3] = {0};
    for (uint64_t i = 0; i < 3 * (uint64_t)circuit->n_constraints; i++) {
        r1cs_terms terms = r1cs_next_terms(circuit, &cursor);
        FUZZ_REQUIRE(cursor <= end);
        for (uint32_t j = 0; j < terms.n; j++)
            FUZZ_REQUIRE(binfile_load_u32(terms.terms + j * term_bytes) < circuit->n_wires);
        n_terms[i % 3] += terms.n;
    }
    FUZZ_REQUIRE(cursor == end);
    for (int i = 0; i < 3; i++)
        FUZZ_REQUIRE(n_terms[i] == circuit->n_terms[i]);
    FUZZ_REQUIRE(circuit->n_public < circuit->n_wires);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    fuzz_input input;
    r1cs *circuit = NULL;
    pt_err err = {0};
    fuzz_input_open(bytes, n_bytes, bound, &input);
    pt_status status = r1cs_open(input.path, cpu_features_read(), &circuit, &err);
    fuzz_input_check(&input, status, &err);
    FUZZ_REQUIRE((status == PT_OK) == (circuit != NULL));
    if (circuit != NULL)
        walk(circuit);
    r1cs_close(circuit);
    fuzz_lint(&input, lint_r1cs, NULL);
    fuzz_input_close(&input);
    return 0;
}
