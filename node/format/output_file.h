/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/output_file.h - outputs that appear whole or not at all.
 *
 * A regular file is written beside its name and renamed over it; a device, FIFO or /dev/stdout is written in place; a
 * directory, one of the job's inputs, or a file that begins with the magic of a zkey, wtns, r1cs or prepared key is refused. */
#ifndef PT_OUTPUT_FILE_H
#define PT_OUTPUT_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "kernels/shared/status.h"
#include "node/format/input_set.h"

typedef struct output_file output_file;

/** Refuse early what could not be written later: call before the work. inputs must not be overwritten.
 *  errors  PT_E_CREATE a directory, no permission, a file that looks like a key, witness or circuit; PT_E_ARG one of the inputs */
pt_status output_file_check(const char *path, const input_set *inputs, pt_err *err);

/** As output_file_check, but a file that begins with magic may be replaced: what is made again stands under its old name. */
pt_status output_file_check_remade(const char *path, const char *magic, const input_set *inputs, pt_err *err);

/** Would both be one regular file, under whatever names? One device or FIFO may well take two outputs. */
bool output_file_same(const char *a, const char *b);

/** Is this a device, a FIFO or an open descriptor, written from where it stands? What went there can't be taken back. */
bool output_file_in_place(const char *path);

/** Open for writing (beside its name, if regular). owns: *out is the caller's: commit or abandon it.
 *  errors  PT_E_CREATE */
pt_status output_file_open(const char *path, output_file **out, pt_err *err);
FILE *output_file_stream(output_file *file);

/** Flush and fsync all, then rename one after the other: all files appear, or a failure takes back those that did, and older
 *  files of their names are as before (lost where the file system can't exchange two names). What went out in place stays out.
 *  Frees the files either way.
 *  errors  PT_E_IO a full disk, a failed write or rename */
pt_status output_file_commit_all(output_file *const *files, size_t n, pt_err *err);
/** The same of one. */
pt_status output_file_commit(output_file *file, pt_err *err);
void output_file_abandon(output_file *file);

#endif
