/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_input.h - what the fuzz targets share. A target, fuzz_<parser>.c, gives any bytes to one reader as the program
 * does, by a path, and uses what it accepts. It is linked with libFuzzer (preset fuzz) or with replay.c, which reads the corpus. */
#ifndef PT_FUZZ_INPUT_H
#define PT_FUZZ_INPUT_H

#include <stdbool.h>
#include <time.h>

#include "kernels/shared/status.h"
#include "node/format/lint.h"
#include "node/format/proving_key.h"

/** The target's one function, by the name that libFuzzer asks for. Returns 0; what is wrong ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

/** What a reader may hold at a time: factor x the file's bytes + fixed bytes. docs/formats.md promises it. */
typedef struct {
    size_t factor, fixed;
} fuzz_bound;

/** Of JSON: the worst text of strings and lists, and the first memory that a file is read into. */
#define FUZZ_JSON_BOUND ((fuzz_bound){.factor = 48, .fixed = 128 << 10})

/** An input as a file in memory. */
typedef struct {
    int fd;
    size_t n_bytes;
    fuzz_bound bound;
    clock_t begun; /* processor time, so that a busy machine finds nothing */
    char path[32];
} fuzz_input;

/** Make the file; memory is watched from here. owns: *out is the caller's (fuzz_input_close) */
void fuzz_input_open(const uint8_t *bytes, size_t n_bytes, fuzz_bound bound, fuzz_input *out);
void fuzz_input_close(fuzz_input *input);

/** After reading: status is PT_OK or PT_E_FORMAT with one printable line that names the file, memory kept to its bound, and 3 s
 *  not passed since the input was opened. Memory is watched anew from here. */
void fuzz_input_check(const fuzz_input *input, pt_status status, const pt_err *err);

/** Nothing but the printable characters of ASCII. */
bool fuzz_is_printable(const char *text);

/** End the process with the place, as a finding, unless what must be true is. */
#define FUZZ_REQUIRE(truth) ((truth) ? (void)0 : fuzz_finding(__FILE__, __LINE__, #truth))
_Noreturn void fuzz_finding(const char *file, int line, const char *what);

/** Lint a file: nothing that stands in it is an error, and every finding has its words. */
void fuzz_lint(const fuzz_input *input,
               pt_status (*lint)(const char *path, cpu_features features, crew *threads, lint_report *out, pt_err *err),
               crew *threads);

/** Prove with a key that was accepted, if it is small: every value 1, which satisfies the circuits of the corpus. Any key may
 *  fail with PT_E_VERIFY or PT_E_FORMAT, nothing else. */
void fuzz_prove(const proving_key *key, crew *threads);

#endif
