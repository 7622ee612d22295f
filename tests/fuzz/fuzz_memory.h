/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_memory.h - the library's readers of what lies in memory say of any bytes what the readers of files say of them. */
#ifndef PT_FUZZ_MEMORY_H
#define PT_FUZZ_MEMORY_H

#include "node/format/input_file.h"
#include "node/partita.h"
#include "tests/fuzz/fuzz_input.h"

/** The bytes as an input in memory, under the file's name: a copy of just that size, so that a sanitizer sees a read behind it.
 *  owns    the bytes of the result are the caller's to free() */
input_source fuzz_memory_source(const fuzz_input *input, const uint8_t *bytes, size_t n_bytes);

/** The library refused what the reader of files refused, in the same words behind its own name for it. */
void fuzz_memory_refused(const fuzz_input *input, const pt_err *of_file, const char *name, const partita_error *told);

/** Verify texts by the library with a key of generators and one public value. proof or public: bytes, which may end without a NUL; the
 *  other one is NULL, for one that is well-formed. What it was told.
 *  errors  false: the bytes hold a NUL, and a text ends there */
bool fuzz_memory_verify(const pt_curve *curve, const uint8_t *proof, const uint8_t *public, size_t n_bytes,
                        partita_error *told);

#endif
