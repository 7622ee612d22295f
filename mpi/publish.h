/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/publish.h - a verified proof and its public inputs become files: both or, as far as a file system allows, neither. */
#ifndef PT_PUBLISH_H
#define PT_PUBLISH_H

#include "mpi/interrupt.h"
#include "node/format/output_file.h"
#include "node/groth16/groth16.h"

/** Open an output whose writing takes long, and hold signals off from before it is there: who has closed or abandoned it calls
 *  interrupt_release. While a FIFO waits for its reader a signal ends the process.
 *  owns    *out is the caller's
 *  ranks   root only
 *  errors  as output_file_open; signals are not held then */
pt_status publish_open(const char *path, interrupt *signals, output_file **out, pt_err *err);

/** Write both beside their names, then rename, public inputs first: a proof that is there has its public inputs. Outputs in place
 *  (FIFO, device) are written in the same order, before any file gets its name. While files are written no signal ends the process;
 *  while a FIFO waits for its reader one does.
 *  shape   public_inputs: n_public canonical values, PT_FR_BYTES each; new_dir: the outputs' directory, made if it is missing and
 *          removed if they fail and leave it empty; NULL: it is there
 *  ranks   root only
 *  errors  PT_E_CREATE, PT_E_IO with the path; PT_E_NOMEM. Nothing new is left then */
pt_status publish_proof(const groth16_proof *proof, const uint8_t *public_inputs, size_t n_public, const char *proof_path,
                        const char *public_path, const char *new_dir, interrupt *signals, pt_err *err);

#endif
