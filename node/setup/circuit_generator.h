/* SPDX-License-Identifier: Apache-2.0 */
/* node/setup/circuit_generator.h - circuits of any size with a witness, for tests and benchmarks. */
#ifndef PT_CIRCUIT_GENERATOR_H
#define PT_CIRCUIT_GENERATOR_H

#include <stdatomic.h>
#include <stdio.h>

#include "node/curve.h"

typedef enum {
    CIRCUIT_FULL, /* a chain of products: values uniform in Fr */
    CIRCUIT_BITS  /* gates of SHA-256 (xor, majority, choice, adders): at least 99 % of the values 0 or 1 */
} circuit_witness;

typedef struct circuit_generator_job {
    const pt_curve *curve;
    unsigned log_domain; /* 1 to PT_LOG_DOMAIN_MAX */
    circuit_witness witness;
    uint64_t seed;             /* the same files for the same seed */
    FILE *r1cs, *wtns;         /* written from their start; regular files or streams */
    const atomic_bool *cancel; /* may be NULL; set by anyone: the files end within a gate, incomplete */
} circuit_generator_job;

/** Write a circuit that fills the domain 2^log_domain exactly (constraints + public signals + 1 rows) and a witness that satisfies it.
 *  It has one public signal, an output; in the domain of 2, where that is no room beside a constraint, none.
 *  errors  PT_E_ARG log_domain out of range; PT_E_IO; PT_E_NOMEM cancelled */
pt_status circuit_generate(const circuit_generator_job *job, pt_err *err);

#endif
