/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/json_read.h - what the readers of snarkjs's JSON files share: a bounded file, members, numbers and points. */
#ifndef PT_JSON_READ_H
#define PT_JSON_READ_H

#include <jansson.h>

#include "node/curve.h"
#include "node/format/input_file.h"

/** A file larger than this is no proof, key or list of inputs that anyone verifies: 100,000 inputs of 254 bits. None has more
 *  objects, or lists (a point of a key is one) beyond some and one in so many bytes: so the memory of a parsed file is at most 48
 *  times its size (a list of empty lists and strings), where a list of empty objects would take 80. */
enum { JSON_FILE_BYTES_MAX = 8 << 20, JSON_OBJECTS_MAX = 16, JSON_LISTS_FREE = 64, JSON_BYTES_A_LIST = 8 };

/** Read a text and parse it; a name that stands twice in an object is an error.
 *  owns    *out is the caller's (json_decref)
 *  errors  PT_E_NOINPUT; PT_E_FORMAT with line and column; PT_E_NOMEM */
pt_status json_read(input_source from, json_t **out, pt_err *err);

/** Parse a text in memory, of any shape. text: its path is its name in messages; first_line: the number of its first line there.
 *  owns    *out is the caller's (json_decref)
 *  errors  PT_E_FORMAT with line and column; PT_E_NOMEM */
pt_status json_parse(input_source text, size_t first_line, json_t **out, pt_err *err);

/** A member of an object. owns: borrowed from root. errors: PT_E_FORMAT root is no object, or has none of this name. */
pt_status json_read_member(const char *path, const json_t *root, const char *name, const json_t **out, pt_err *err);

/** The member "protocol" must be "groth16". errors: PT_E_FORMAT */
pt_status json_read_protocol(const char *path, const json_t *root, pt_err *err);

/** The curve of the member "curve"; without one it is BN254, the only curve of the provers that leave it out (rapidsnark).
 *  errors  PT_E_FORMAT a curve that is not known */
pt_status json_read_curve(const char *path, const json_t *root, cpu_features features, const pt_curve **out, pt_err *err);

/** A decimal string below r, as fr_bytes canonical bytes; where names the place for the message. errors: PT_E_FORMAT */
pt_status json_read_fr(const char *path, const pt_curve *curve, const char *where, const json_t *value, uint8_t *out,
                       pt_err *err);

/** A point as snarkjs writes it, [x, y, "1"] with coordinates in Fq (group 1) or [c0, c1] in Fq2 (group 2); infinity is
 *  [0, 1, 0]. out: as in a key file. Whether it is on the curve is points_check's. errors: PT_E_FORMAT */
pt_status json_read_point(const char *path, const pt_curve *curve, const char *where, unsigned group, const json_t *value,
                          uint8_t *out, pt_err *err);

#endif
