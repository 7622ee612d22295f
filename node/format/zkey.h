/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/zkey.h - a snarkjs Groth16 proving key, mapped. Layout: docs/formats.md. */
#ifndef PT_ZKEY_H
#define PT_ZKEY_H

#include "node/circuit/csr.h"
#include "node/groth16/groth16.h"
#include "node/pipeline/crew.h"

/** The type of a section (empty) that says a key's waste is known. snarkjs and rapidsnark have types 1 to 17 and skip others. */
enum { ZKEY_SECTION_INSECURE = 0x7074 };

/** An open key. Points are views of the mapped file, as they lie there; all have been checked to be on the curve. */
typedef struct zkey {
    const pt_curve *curve;
    uint32_t n_vars, n_public;
    uint32_t domain_size; /* a power of two */
    unsigned log_domain;
    bool insecure;     /* made by `setup --insecure` */
    groth16_vkey vkey; /* from the header and section 3 */
    const uint8_t *beta1, *delta1;
    const uint8_t *a, *b1, *b2; /* n_vars points each */
    const uint8_t *c;           /* n_vars - n_public - 1 points: private wires */
    const uint8_t *h;           /* domain_size points */
    size_t n_coefficients;
    csr circuit;
    struct binfile *file;
} zkey;

/** Map a key, check it (sections against the header, indices, values, every point on the curve, the verifying key's points
 *  in their subgroups) and sort its coefficients by row. What was only needed for that is given back to the system.
 *  owns    *out is the caller's (zkey_close)
 *  errors  PT_E_NOINPUT, PT_E_FORMAT with file, section, index and expectation; PT_E_NOMEM */
pt_status zkey_open(const char *path, cpu_features features, crew *threads, zkey **out, pt_err *err);
void zkey_close(zkey *key);

#endif
