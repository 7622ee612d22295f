/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/embedded.h - the text of the kernels, within the program: every .cl and .h file of kernels/ by its path in the tree. */
#ifndef PT_EMBEDDED_H
#define PT_EMBEDDED_H

#include <stddef.h>

/** One file, as it lies in the tree; a NUL stands at end. */
typedef struct {
    const char *path; /* "kernels/probe.cl" */
    const char *text, *end;
} embedded_file;

/** All files, sorted by path.
 *  thread  any */
const embedded_file *embedded_files(size_t *n);

/** The file of this path, or NULL.
 *  shape   path[len]: needs no NUL
 *  thread  any */
const embedded_file *embedded_find(const char *path, size_t len);

#endif
