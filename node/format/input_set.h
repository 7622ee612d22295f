/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/input_set.h - the files that a run reads, by device and inode: none of them may become an output. */
#ifndef PT_INPUT_SET_H
#define PT_INPUT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "kernels/shared/status.h"

typedef struct {
    dev_t device;
    ino_t inode;
} file_identity;

typedef struct {
    file_identity *files; /* sorted: a run has thousands of witnesses and looks for each of its outputs */
    size_t n;
} input_set;

/** Look the files up; those that are not there are left out.
 *  owns    *out is the caller's (input_set_clear)
 *  errors  PT_E_NOMEM */
pt_status input_set_init(const char *const *paths, size_t n, input_set *out, pt_err *err);
void input_set_clear(input_set *set);

bool input_set_holds(const input_set *set, const struct stat *info);

#endif
