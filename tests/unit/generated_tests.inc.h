/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/generated_tests.inc.h - generated circuits and keys in files without a name, for the tests of node/setup and node/bench. */
#ifndef PT_GENERATED_TESTS_H
#define PT_GENERATED_TESTS_H

#include "node/setup/circuit_generator.h"
#include "node/setup/setup.h"
#include "tests/unit/arith_tests.inc.h"

/* A file that this process alone can see, and the path by which it can open it again. */
typedef struct {
    FILE *stream;
    char path[40];
} test_file;

static inline test_file test_file_open(void)
{
    test_file file = {.stream = tmpfile()};
    assert_non_null(file.stream);
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", fileno(file.stream));
    return file;
}

/* All that was written so far; the caller's to free(). */
static inline uint8_t *test_file_read(test_file *file, size_t *n_bytes)
{
    fflush(file->stream);
    fseek(file->stream, 0, SEEK_END);
    *n_bytes = (size_t)ftell(file->stream);
    rewind(file->stream);
    uint8_t *bytes = malloc(*n_bytes + 1);
    assert_int_equal(fread(bytes, 1, *n_bytes, file->stream), *n_bytes);
    return bytes;
}

/* What this program was compiled for. */
static inline cpu_features own_features(void)
{
    size_t n;
    const pt_isa *isas = pt_isa_list(&n);
    while (strcmp(isas->name, PT_TEXT(PT_ISA)) != 0)
        isas++;
    return isas->needs;
}

static inline const pt_curve *own_curve(void)
{
    return pt_curve_by_name(PT_TEXT(PT_CURVE), own_features());
}

typedef struct {
    test_file r1cs, wtns;
} generated_circuit;

static inline generated_circuit generate(unsigned log_domain, circuit_witness witness, uint64_t seed)
{
    pt_err err = {0};
    generated_circuit files = {test_file_open(), test_file_open()};
    const circuit_generator_job job = {own_curve(), log_domain, witness, seed, files.r1cs.stream, files.wtns.stream, NULL};
    if (circuit_generate(&job, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return files;
}

static inline void generated_close(generated_circuit *files)
{
    fclose(files->r1cs.stream);
    fclose(files->wtns.stream);
}

#endif
