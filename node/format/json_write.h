/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/json_write.h - the pieces of snarkjs's JSON files, byte for byte as its program writes them: as
 * JSON.stringify(value, null, 1) does, but an empty list is "[", newline, "]".
 *
 * depth is that of the line on which the piece begins: one space each. */
#ifndef PT_JSON_WRITE_H
#define PT_JSON_WRITE_H

#include <stdio.h>

#include "node/curve.h"

/** A new line, indented. */
void json_write_line(FILE *out, unsigned depth);

/** A list of decimal strings. shape: n canonical integers of value_bytes */
void json_write_integers(FILE *out, unsigned depth, const uint8_t *canon, size_t value_bytes, size_t n);

/** A list of decimal strings. shape: n elements of Fq, Montgomery form */
void json_write_fq(FILE *out, unsigned depth, const pt_curve *curve, const uint8_t *mont, size_t n);

/** A point of group 1 or 2 with its z, infinity as [0, 1, 0]. shape: as in a key file */
void json_write_point(FILE *out, unsigned depth, const pt_curve *curve, unsigned group, const uint8_t *point);

/** A text in memory that is being written. */
typedef struct {
    FILE *stream;
    char *text;
    size_t n_bytes;
} json_text;

/** errors  PT_E_NOMEM */
pt_status json_text_open(json_text *text, pt_err *err);

/** Close the stream. owns: *out, NUL-terminated, is the caller's to free(). errors: PT_E_NOMEM */
pt_status json_text_close(json_text *text, char **out, size_t *len_bytes, pt_err *err);

#endif
