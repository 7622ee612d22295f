/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/request.h - what a run is asked to prove: an ordered list of partitions, each naming its key and its witness. */
#ifndef PT_REQUEST_H
#define PT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"
#include "node/format/input_set.h"

enum {
    REQUEST_HASH_BYTES = 32,
    REQUEST_ID_BYTES_MAX = 243,       /* ID.public.json is the name of a file */
    REQUEST_PATH_BYTES_MAX = 4095,    /* what the system opens */
    REQUEST_LINE_BYTES_MAX = 1 << 16, /* both paths and the id, every character of them escaped */
    REQUEST_FILE_BYTES_MAX = 1 << 28,
    REQUEST_KEYS_MAX = 1024
};

typedef struct request_partition {
    char *
        id; /* unique in the request, fit for a file name; by default the witness file's name without directory and .wtns */
    char *witness; /* path */
    uint32_t key;  /* its place in the request's keys */
    int32_t priority;
    char *proof_path,
        *public_path; /* what is written: DIR/ID.proof.json and DIR/ID.public.json, or as named; NULL: no files */
} request_partition;

typedef struct request {
    char **keys; /* paths; each once, in the order in which they are named */
    uint32_t n_keys;
    request_partition *partitions;
    uint32_t n_partitions;
} request;

/** One witness, both outputs named.
 *  owns    *out is the caller's (request_clear), here and below
 *  ranks   root only, here and below
 *  errors  PT_E_ARG both outputs are one path; PT_E_NOINPUT a path that is longer than any; PT_E_NOMEM */
pt_status request_of_one(const char *key, const char *witness, const char *proof, const char *public, request *out,
                         pt_err *err);

/** Witnesses of one key; an operand that names no file and has *, ? or [ in it is a pattern, whose matches are taken in the order of their
 *  names, byte by byte. dir: for the outputs; NULL: there are none.
 *  errors  PT_E_ARG no witness, two of one id (both are named), an id that is empty, "." or too long; PT_E_NOINPUT a pattern that matches
 *          nothing or asks for a directory that can't be read, a path that is longer than any; PT_E_NOMEM */
pt_status request_of_witnesses(const char *key, char *const *witnesses, size_t n, const char *dir, request *out,
                               pt_err *err);

/** A file of JSON lines: {"witness": PATH, "key": PATH, "id": TEXT, "priority": NUMBER}; id and priority may be missing; empty lines are
 *  passed over. Paths are from the directory of the process, as on the command line. dir as above.
 *  errors  PT_E_NOINPUT; PT_E_FORMAT with file and line; PT_E_NOMEM */
pt_status request_of_file(const char *path, const char *dir, request *out, pt_err *err);

/** Lines that come one by one: what is known of those before. */
typedef struct request_lines request_lines;

/** name: of where the lines come from, for messages; dir as above.
 *  owns    *out is the caller's (request_lines_destroy); name and dir are borrowed until then
 *  errors  PT_E_NOMEM */
pt_status request_lines_create(const char *name, const char *dir, request_lines **out, pt_err *err);
void request_lines_destroy(request_lines *self);

/** One line, as of a file: its partition joins the request, and its key if it is a new one. A line that is refused changes nothing, but is
 *  counted: the next may be read.
 *  shape   line: n_bytes without the newline; to: begins as {0}, and no other adds to it or takes from it; its arrays move when it grows
 *  errors  PT_E_FORMAT with name and line; PT_E_NOMEM */
pt_status request_line_read(request_lines *self, const char *line, size_t n_bytes, request *to, pt_err *err);

/** An open request: places for partitions that come one after the other, none taken yet.
 *  owns    *out is the caller's (request_clear)
 *  errors  PT_E_NOMEM */
pt_status request_open(uint32_t n_places, request *out, pt_err *err);

/** One line for a place of an open request; what was there is released. An id is refused that another line has, until it is given back. A
 *  line that is refused is counted, and changes nothing.
 *  shape   line, to: as of request_line_read; id: room for REQUEST_ID_BYTES_MAX + 1, gets the line's id, "" where none can be told
 *  returns PT_OK with *any false: the line is empty
 *  errors  as request_line_read */
pt_status request_line_place(request_lines *self, const char *line, size_t n_bytes, request *to, uint32_t place, char *id,
                             bool *any, pt_err *err);
/** The lines that have come. */
size_t request_lines_count(const request_lines *self);
/** What had this id has failed: another line may have it. */
void request_lines_give_back(request_lines *self, const char *id);

void request_clear(request *self);

/** A partition's identity for the journal: a hash of its id, its key's hash (key_hash: of its verifying key) and its witness's path (in
 *  full, links resolved), size and time. What is no regular file gets one that no other run has.
 *  shape   key_hash, out: REQUEST_HASH_BYTES
 *  errors  PT_E_INTERNAL no randomness */
pt_status request_identity(const request *self, uint32_t partition, const uint8_t *key_hash, uint8_t *out, pt_err *err);

/** The request's own hash, by which --resume knows it: of every partition's id, key hash and witness path, in order. What the files hold, and
 *  whether they are there, is not in it: a FIFO, or a witness that is gone, keeps nobody from going on.
 *  shape   key_hashes: REQUEST_HASH_BYTES for each of the request's keys; out: REQUEST_HASH_BYTES */
void request_hash(const request *self, const uint8_t *key_hashes, uint8_t *out);

/** Keys and witnesses, which none may write to.
 *  owns    *out is the caller's (input_set_clear)
 *  errors  PT_E_NOMEM */
pt_status request_inputs(const request *self, input_set *out, pt_err *err);

/** Refuse, before any work, outputs that could not be written: output_file_check of each.
 *  errors  of output_file_check */
pt_status request_check_outputs(const request *self, pt_err *err);

#endif
