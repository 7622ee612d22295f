/* SPDX-License-Identifier: Apache-2.0 */
/* node/circuit/csr.h - the matrices A and B of a circuit by row, with one dictionary of their distinct values.
 *
 * Real circuits have hundreds of distinct coefficients at most: an entry is 8 bytes, not 44 as in a zkey. */
#ifndef PT_CSR_H
#define PT_CSR_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"
#include "node/pipeline/crew.h"

typedef struct {
    uint32_t signal; /* column: index into the witness */
    uint32_t value;  /* index into the dictionary */
} csr_entry;

typedef struct {
    uint64_t *row_start; /* n_rows + 1 offsets into entries */
    csr_entry *entries;
} csr_matrix;

typedef struct csr {
    uint32_t n_rows;   /* the domain's size */
    uint32_t n_values; /* distinct coefficients */
    uint8_t *values;   /* n_values x value_bytes, as in a zkey: c 2^(128 n) mod r, twice in Montgomery form */
    size_t value_bytes;
    csr_matrix a, b;
} csr;

/** Sort a zkey's coefficients by row, split over the crew; the result is the same whatever the crew. Values are numbered by
 *  their first places in the file.
 *  shape   coefficients: n records of 12 + value_bytes bytes {matrix u32 0 or 1, row u32, signal u32, value}, already checked
 *          (matrix < 2, row < n_rows, value < r); order of entries in a row is that of the file
 *  owns    *out is the caller's (csr_clear)
 *  errors  PT_E_NOMEM */
pt_status csr_init(crew *threads, const uint8_t *coefficients, size_t n, uint32_t n_rows, size_t value_bytes, csr *out,
                   pt_err *err);
void csr_clear(csr *circuit);

/** units: bytes. What both matrices and the dictionary take. n: non-zeros */
uint64_t csr_bytes(const csr *circuit, size_t n);

#endif
