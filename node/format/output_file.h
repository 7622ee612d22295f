/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/output_file.h - outputs that appear whole or not at all.
 *
 * A regular file is written beside its name and renamed over it; a device, FIFO or /dev/stdout is written in place; a
 * directory, one of the job's inputs, or a file that begins with the magic of a zkey, wtns or r1cs is refused. */
#ifndef PT_OUTPUT_FILE_H
#define PT_OUTPUT_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "kernels/shared/status.h"

typedef struct output_file output_file;

/** Refuse early what could not be written later: call before the work.
 *  shape   inputs: paths that must not be overwritten (compared by device and inode)
 *  errors  PT_E_CREATE a directory, no permission, a file that looks like a key, witness or circuit; PT_E_ARG one of the inputs */
pt_status output_file_check(const char *path, const char *const *inputs, size_t n_inputs, pt_err *err);

/** Open for writing (beside its name, if regular). owns: *out is the caller's: commit or abandon it.
 *  errors  PT_E_CREATE */
pt_status output_file_open(const char *path, output_file **out, pt_err *err);
FILE *output_file_stream(output_file *file);

/** Flush, fsync, rename: the file appears. On failure nothing is left. Frees file either way.
 *  errors  PT_E_IO a full disk, a failed write */
pt_status output_file_commit(output_file *file, pt_err *err);
void output_file_abandon(output_file *file);

#endif
