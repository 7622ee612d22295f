/* SPDX-License-Identifier: Apache-2.0 */
/* node/bench/generated_key.h - an insecure key and a witness of a generated circuit, for benchmarks and tests. */
#ifndef PT_GENERATED_KEY_H
#define PT_GENERATED_KEY_H

#include "node/format/wtns.h"
#include "node/format/proving_key.h"
#include "node/setup/circuit_generator.h"

/** Generate, set up and open, by way of files in the system's temporary folder that have no name and vanish with the process.
 *  owns    *key and *witness are the caller's (proving_key_close, wtns_clear)
 *  errors  of circuit_generate, setup_insecure, proving_key_open, wtns_read; PT_E_CREATE no temporary file */
pt_status generated_key_open(const pt_curve *curve, cpu_features features, unsigned log_domain, circuit_witness kind,
                             uint64_t seed, crew *threads, proving_key **key, wtns *witness, pt_err *err);

#endif
