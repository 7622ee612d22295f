/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/file_kind.h - which of the ecosystem's files a file is, by its content. */
#ifndef PT_FILE_KIND_H
#define PT_FILE_KIND_H

#include "kernels/shared/status.h"

typedef enum { FILE_ZKEY, FILE_PREPARED, FILE_WTNS, FILE_R1CS, FILE_VKEY, FILE_PROOF, FILE_PUBLIC, FILE_BUNDLE } file_kind;

/** "zkey", "prepared key", "wtns", "r1cs", "verification key", "proof", "public inputs", "bundle".
 *  ranks   any */
const char *file_kind_name(file_kind kind);

/** Look at a regular file: its magic, else the keys of its JSON value.
 *  ranks   any
 *  errors  PT_E_NOINPUT can't be read, or no regular file; PT_E_FORMAT none of the kinds */
pt_status file_kind_find(const char *path, file_kind *out, pt_err *err);

#endif
