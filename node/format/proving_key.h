/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/proving_key.h - a proving key as the prover sees it, whatever file it came from. */
#ifndef PT_PROVING_KEY_H
#define PT_PROVING_KEY_H

#include "node/circuit/csr.h"
#include "node/groth16/groth16.h"
#include "node/pipeline/crew.h"

/** What the points of A, B1, B2, C and H are checked for when a key is opened. Those of its verifying key are always checked in
 *  full, and so are counts and indices: no value makes a damaged file dangerous to read. */
typedef enum {
    KEY_CHECK_QUICK, /* coordinates below q, on the curve */
    KEY_CHECK_FULL,  /* and in the subgroup of order r */
    KEY_CHECK_NONE,  /* nothing: a wrong point shows when the proof is verified, and names no place */
} key_check;

typedef struct {
    cpu_features features;
    key_check check;
} proving_key_options;

/** An open key. Arrays of points are views of the file, as they lie there. */
typedef struct proving_key {
    const char *path; /* as given, for messages */
    const pt_curve *curve;
    uint32_t n_vars, n_public;
    uint32_t domain_size; /* a power of two */
    unsigned log_domain;
    bool insecure; /* made by `setup --insecure` */
    groth16_vkey vkey;
    const uint8_t *beta1, *delta1;
    const uint8_t *a, *b1, *b2; /* n_vars points each */
    const uint8_t *c;           /* n_vars - n_public - 1 points: private wires */
    const uint8_t *h;           /* domain_size points */
    size_t n_coefficients;
    csr circuit;
    struct binfile *zkey_file; /* what the views are of */
} proving_key;

/** Open a key and check it.
 *  owns    *out is the caller's (proving_key_close)
 *  errors  as zkey_open */
pt_status proving_key_open(const char *path, proving_key_options options, crew *threads, proving_key **out, pt_err *err);
void proving_key_close(proving_key *key);

#endif
