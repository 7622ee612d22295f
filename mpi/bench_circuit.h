/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/bench_circuit.h - `partita bench circuit`: a circuit of a given domain and its witness, as files for other provers to be measured with. */
#ifndef PT_BENCH_CIRCUIT_H
#define PT_BENCH_CIRCUIT_H

#include "mpi/cli.h"

/** What was asked for; NULL and 0: it was not given. */
typedef struct bench_circuit_args {
    const char *dir, *curve;
    unsigned log_domain;
    bool bits; /* the witness is of bits, else of full-width values */
    uint64_t seed;
} bench_circuit_args;

/** Write DIR/circuit.r1cs and DIR/circuit.wtns: both, or neither.
 *  ranks   root only
 *  errors  PT_E_ARG what is missing or unknown; PT_E_CREATE; of circuit_generate and output_file_commit_all */
pt_status bench_circuit(const cli *options, const bench_circuit_args *args, pt_err *err);

#endif
