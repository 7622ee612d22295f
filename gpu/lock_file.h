/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/lock_file.h - files that processes of a host take locks on: empty, readable for all users, and there for good. */
#ifndef PT_LOCK_FILE_H
#define PT_LOCK_FILE_H

#include <limits.h>

#include "kernels/shared/status.h"

enum { LOCK_NAME_ROOM = NAME_MAX + 1 };

/** A device's name as part of a file's: characters other than letters, digits, '.', '-' and '_' become '_'.
 *  shape   out[LOCK_NAME_ROOM]
 *  errors  PT_E_ARG empty, or too long */
pt_status lock_file_name(const char *name, char *out, pt_err *err);

/** Open dir/name.suffix, which is made if it is not there. name: of lock_file_name
 *  owns    *out is the caller's (close)
 *  errors  PT_E_ARG the path is too long; PT_E_CREATE it can't be opened, or is no plain file */
pt_status lock_file_open(const char *dir, const char *name, const char *suffix, int *out, pt_err *err);

/** Wait for its flock(2). returns 0, or errno */
int lock_file_take(int file);

#endif
