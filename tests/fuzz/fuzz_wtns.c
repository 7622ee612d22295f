/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_wtns.c - any bytes as a witness, in a file and in memory, as partita_prove_memory reads it. */
#include "node/format/wtns.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz_memory.h"
#include "tests/unit/sanitizers.h"

/* A copy, and the stack of the thread that reads: see secret_thread.c. */
static const fuzz_bound bound = {.factor = 2, .fixed = (SANITIZED_THREADS ? 2304 : 1280) << 10};

/* From memory the same values come out, or the same words. */
static void read_from_memory(const fuzz_input *input, input_source from, uint32_t n_max, const wtns *of_file,
                             const pt_err *told)
{
    wtns witness = {0};
    pt_err err = {0};
    pt_status status = wtns_read_from(from, cpu_features_read(), n_max, &witness, &err);
    fuzz_input_check(input, status, &err);
    FUZZ_REQUIRE(status == told->code && strcmp(err.msg, told->msg) == 0);
    FUZZ_REQUIRE(witness.curve == of_file->curve && witness.n == of_file->n);
    FUZZ_REQUIRE(status != PT_OK ||
                 memcmp(witness.values, of_file->values, witness.n * (size_t)witness.curve->fr_bytes) == 0);
    wtns_clear(&witness);
    free((void *)(uintptr_t)from.bytes);
}

static void read_up_to(uint32_t n_max, const uint8_t *bytes, size_t n_bytes)
{
    fuzz_input input;
    wtns witness = {0};
    pt_err err = {0};
    fuzz_input_open(bytes, n_bytes, bound, &input);
    pt_status status = wtns_read(input.path, cpu_features_read(), n_max, &witness, &err);
    fuzz_input_check(&input, status, &err);
    if (status == PT_OK) {
        const size_t value_bytes = witness.curve->fr_bytes;
        FUZZ_REQUIRE(witness.n >= 1 && witness.n * value_bytes < n_bytes);
        FUZZ_REQUIRE((uintptr_t)witness.values % 64 == 0 && witness.values[0] == 1);
        FUZZ_REQUIRE(witness.curve->fr_find_unreduced(witness.values, value_bytes, witness.n) == witness.n);
    } else {
        FUZZ_REQUIRE(witness.memory == NULL && witness.n == 0);
    }
    read_from_memory(&input, fuzz_memory_source(&input, bytes, n_bytes), n_max, &witness, &err);
    wtns_clear(&witness);
    fuzz_input_close(&input);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    read_up_to(UINT32_MAX, bytes, n_bytes);
    read_up_to(3, bytes, n_bytes);
    return 0;
}
