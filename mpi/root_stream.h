/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/root_stream.h - a request that comes line by line on standard input while the root's run goes on, and whose results go out as lines.
 *
 * A line takes a place of the open request (mpi/cluster/request.h), waits there for its key if that is a new one, is looked up in the journal, and
 * is the coordinator's until it ends; then its place is free for another line. While no place is free, or results wait for their reader, nothing
 * is read. */
#ifndef PT_ROOT_STREAM_H
#define PT_ROOT_STREAM_H

#include "mpi/root_run.h"

typedef struct root_stream root_stream;

/** Make run's request an open one, and its stream. Before the run's states.
 *  owns    *out is the caller's (root_stream_destroy); run is borrowed
 *  ranks   root only, here and below
 *  errors  PT_E_NOMEM */
pt_status root_stream_create(root_run *run, root_stream **out, pt_err *err);
void root_stream_destroy(root_stream *self);

/** Take what has come, open keys, write results. ends: nothing more is begun.
 *  returns true if something was done
 *  errors  PT_E_NOMEM; of the journal; PT_E_IO nobody reads the results */
bool root_stream_turn(root_stream *self, bool ends, pt_err *err);

/** A partition of the run has ended: its result is written. */
void root_stream_ended(root_stream *self, uint32_t place);

/** Is every result written that there is? */
bool root_stream_is_written(const root_stream *self);

/** Is a key being opened? That is not waited for at the end. */
bool root_stream_opens_key(const root_stream *self);

/** The end: what was not begun is said to be so, and the reader gets a moment for what it has not taken.
 *  returns the code of the first line that failed */
pt_status root_stream_sum_up(root_stream *self);

#endif
