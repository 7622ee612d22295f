/* SPDX-License-Identifier: Apache-2.0 */
/* node/setup/generated_files.h - a generated circuit as .r1cs and .wtns: the entry `generate_circuit` of pt_curve. */
#ifndef PT_GENERATED_FILES_H
#define PT_GENERATED_FILES_H

#include "node/arith/curve_build.h"
#include "node/setup/circuit_generator.h"

#define generated_files_write PT_NAME(generated_files_write)

/** As circuit_generate, for a log_domain that has been checked. */
pt_status generated_files_write(const circuit_generator_job *job, pt_err *err);

#endif
