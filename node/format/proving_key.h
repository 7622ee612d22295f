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
    KEY_CHECK_LINT,  /* not the verifying key's either: who opens it so judges every point itself */
} key_check;

typedef struct {
    cpu_features features;
    key_check check;
    const struct memory_place *place; /* to read a regular file to (node/topo/pin.h); NULL: it is mapped */
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
    struct binfile *zkey_file;     /* what the views are of: a zkey */
    struct prepared_key *prepared; /* or a prepared key; the other one is NULL */
} proving_key;

/** What is checked when it is first read. */
typedef enum {
    KEY_PART_MATRICES,       /* circuit */
    KEY_PART_WITNESS_POINTS, /* a, b1, b2, c */
    KEY_PART_H,              /* h */
    KEY_PARTS
} key_part;

/** Open a key, a zkey or a prepared key by the file's first bytes, and check it. What is no regular file is read as a zkey.
 *  owns    *out is the caller's (proving_key_close)
 *  errors  as zkey_open and prepared_key_open */
pt_status proving_key_open(const char *path, proving_key_options options, crew *threads, proving_key **out, pt_err *err);
void proving_key_close(proving_key *key);

/** Call before a part is read: a prepared key checks it here, once; a zkey was checked when it was opened.
 *  thread  any, several at a time, each with a crew of its own
 *  errors  PT_E_FORMAT names the array and the place */
pt_status proving_key_check_part(const proving_key *key, key_part part, crew *threads, pt_err *err);

#endif
