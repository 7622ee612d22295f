/* SPDX-License-Identifier: Apache-2.0 */
/* node/setup/setup.h - an insecure proving key for tests and benchmarks: whoever runs it knows the waste. */
#ifndef PT_SETUP_H
#define PT_SETUP_H

#include <stdatomic.h>
#include <stdio.h>

#include "node/format/r1cs.h"
#include "node/groth16/groth16.h"
#include "node/pipeline/crew.h"
#include "node/pipeline/stage.h"

typedef struct setup_job {
    const r1cs *circuit;
    const char *circuit_path; /* for messages */
    crew *crew;
    FILE *zkey;                /* written from its start; a regular file or a stream */
    groth16_vkey *vkey;        /* out: the caller's (groth16_vkey_clear) */
    const atomic_bool *cancel; /* may be NULL; set by anyone: the set-up ends within a chunk of points */
} setup_job;

/** Draw tau, alpha, beta, gamma, delta from libsodium (non-zero, gamma != delta, tau outside the domain), write a zkey that
 *  snarkjs and rapidsnark read, zero the waste. The key carries a section of a type of ours that says it is insecure.
 *  errors  PT_E_FORMAT no constraint, or a domain above 2^PT_LOG_DOMAIN_MAX; PT_E_NOMEM, also when cancelled; PT_E_IO */
pt_status setup_insecure(const setup_job *job, pt_err *err);

/** log2 of the smallest domain that holds constraints + public signals + 1 rows. */
unsigned setup_log_domain(const r1cs *circuit);

#endif
