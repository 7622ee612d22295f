/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/line_input.h - lines from a descriptor as they come, without waiting for any. */
#ifndef PT_LINE_INPUT_H
#define PT_LINE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "kernels/shared/status.h"

typedef struct line_input {
    int file;
    const char *name;
    size_t line_bytes_max;
    char *bytes; /* room for one line and a block more */
    size_t begin, end;
    size_t n_dropped; /* bytes of a line that is too long */
    bool is_over;     /* nothing more will be read */
} line_input;

/** file, name: borrowed
 *  owns    the input's own memory (line_input_clear)
 *  ranks   root only, here and below
 *  errors  PT_E_NOMEM */
pt_status line_input_init(int file, const char *name, size_t line_bytes_max, line_input *out, pt_err *err);
void line_input_clear(line_input *self);

/** Read what is there, if there is room for it.
 *  returns true if something was read, or the end was seen
 *  errors  PT_E_NOINPUT: then it is over as well */
bool line_input_look(line_input *self, pt_err *err);

/** The next line, without its newline; at the end the last one needs none.
 *  shape   of one that is longer than line_bytes_max only the length is right
 *  owns    *line borrows from the input until the next call
 *  returns false: there is no whole line yet, or, when it is over, no more */
bool line_input_next(line_input *self, const char **line, size_t *n_bytes);

/** Was it read to its end, and every line of it given out? */
bool line_input_is_empty(const line_input *self);

#endif
