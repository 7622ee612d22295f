/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/verify_dir.h - partita verify VKEY --dir DIR: all proofs of a directory in one batch. */
#ifndef PT_VERIFY_DIR_H
#define PT_VERIFY_DIR_H

#include "mpi/cli.h"
#include "node/groth16/groth16.h"

/** Verify every proof in dir, name the bad ones on stderr and say how many there are.
 *  ranks   root only
 *  errors  of the first bad one in order, without a message: it has been told; PT_E_NOINPUT no such directory or no proof in it;
 *          PT_E_NOMEM */
pt_status verify_dir(const cli *self, const groth16_vkey *vkey, const char *dir, pt_err *err);

#endif
