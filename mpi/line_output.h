/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/line_output.h - lines to a descriptor whose reader may be slow: they wait here, and whoever writes them does not. */
#ifndef PT_LINE_OUTPUT_H
#define PT_LINE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "kernels/shared/status.h"

/** Start with file and name, the rest zero. */
typedef struct line_output {
    int file;
    const char *name;
    char *bytes;
    size_t begin, end, capacity;
} line_output;

/** ranks   root only, here and below */
void line_output_clear(line_output *self);

/** A line without its newline.
 *  errors  PT_E_NOMEM */
pt_status line_output_add(line_output *self, const char *line, pt_err *err);

/** Write what the reader has room for.
 *  returns true if something was written
 *  errors  PT_E_IO the reader is gone, the disk full: what waits is forgotten */
bool line_output_write(line_output *self, pt_err *err);

/** units: bytes that wait */
size_t line_output_waits(const line_output *self);

#endif
