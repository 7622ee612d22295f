/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/journal_place.h - where a journal lies: its directory, the kind of its file system, and the note beside it of who has it open. */
#ifndef PT_JOURNAL_PLACE_H
#define PT_JOURNAL_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

/** Make the directory above path if it is missing (that one alone), its name synced. *made: it was missing; if this fails it is again.
 *  ranks   root only, here and below
 *  errors  PT_E_CREATE, PT_E_IO, PT_E_NOMEM */
pt_status journal_place_make(const char *path, bool *made, pt_err *err);

/** Remove a journal and what SQLite keeps beside it; whoever has the lock does it before giving it back. */
void journal_place_remove(const char *path);
/** Is there a file without a byte? */
bool journal_place_is_blank(const char *path);
/** Remove a journal that nobody has open and that has no bytes. */
void journal_place_remove_blank(const char *path);
/** Remove the directory above path if it is empty. */
void journal_place_leave(const char *path);

/** Does path's directory lie on a file system of this machine alone, by its type? Of an unknown type: no. */
bool journal_place_is_local(const char *path);

/** Write the note PATH.owner, whole or not at all. Call with the journal's lock held: one process at a time writes it.
 *  units   now_unix: seconds
 *  errors  PT_E_CREATE, PT_E_IO, PT_E_NOMEM */
pt_status journal_owner_write(const char *path, const char *host, uint64_t process, double now_unix, pt_err *err);

/** What the note says, for people: "host H, process N, since T"; without a note that can be read, that there is none. The note of a process
 *  that died stays and means nothing: the lock alone says whether somebody has the journal. */
void journal_owner_read(const char *path, char *text, size_t room);
void journal_owner_remove(const char *path);

#endif
