/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/timeline_files.h - what --timeline FILE writes: a trace if FILE ends in .json, a picture if it ends in .svg. */
#ifndef PT_TIMELINE_FILES_H
#define PT_TIMELINE_FILES_H

#include "mpi/interrupt.h"
#include "node/format/input_set.h"
#include "node/pipeline/timeline_view.h"

/** Refuse before the work what could not be written after it. inputs must not be overwritten.
 *  ranks   root only
 *  errors  PT_E_ARG another ending, one of the inputs; PT_E_CREATE as output_file_check */
pt_status timeline_files_check(const char *path, const input_set *inputs, pt_err *err);

/** Write a file whole or not at all. Meanwhile no signal ends the process, as with publish_open.
 *  shape   path as timeline_files_check passed it
 *  ranks   root only
 *  errors  PT_E_ARG another ending; PT_E_CREATE, PT_E_IO, PT_E_NOMEM */
pt_status timeline_files_write(const char *path, const timeline_view *view, interrupt *signals, pt_err *err);

#endif
