/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/r1cs.h - a circom circuit: its constraints, read into memory and checked. Layout: docs/formats.md. */
#ifndef PT_R1CS_H
#define PT_R1CS_H

#include "node/curve.h"

typedef struct r1cs {
    const pt_curve *curve;
    uint32_t n_wires, n_outputs, n_public_inputs, n_private_inputs, n_constraints;
    uint32_t n_public; /* outputs + public inputs */
    uint64_t n_labels;
    uint64_t n_terms[3];        /* of A, B, C, all constraints together */
    const uint8_t *constraints; /* section 2 as it lies; every wire and value checked: see r1cs_next_terms */
    size_t constraints_bytes;
    struct binfile *file;
} r1cs;

/** errors  PT_E_NOINPUT, PT_E_FORMAT with file, section, constraint and expectation; custom gates are refused by name */
pt_status r1cs_open(const char *path, cpu_features features, r1cs **out, pt_err *err);
void r1cs_close(r1cs *circuit);

/** A linear combination: n terms of 4 + fr_bytes bytes {wire u32, value canonical}, unaligned. */
typedef struct {
    const uint8_t *terms;
    uint32_t n;
} r1cs_terms;

/** The linear combination at *cursor (start with constraints; A, B, C in turn); moves the cursor behind it. */
r1cs_terms r1cs_next_terms(const r1cs *circuit, const uint8_t **cursor);

#endif
