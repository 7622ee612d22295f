/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/request.h - what a run is asked to prove: an ordered list of partitions, each naming its key and its witness. */
#ifndef PT_REQUEST_H
#define PT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"
#include "node/format/input_set.h"

enum { REQUEST_HASH_BYTES = 32 };

typedef struct request_partition {
    char *id;      /* unique in the request, fit for a file name; by default the witness file's name without directory and .wtns */
    char *witness; /* path */
    uint32_t key;  /* its place in the request's keys */
    int32_t priority;
    char *proof_path, *public_path; /* what is written: DIR/ID.proof.json and DIR/ID.public.json, or as named */
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
 *  errors  PT_E_ARG both outputs are one path; PT_E_NOMEM */
pt_status request_of_one(const char *key, const char *witness, const char *proof, const char *public, request *out, pt_err *err);

/** Witnesses of one key; an operand that names no file and has *, ? or [ in it is a pattern, whose matches are taken in the order of their
 *  names.
 *  errors  PT_E_ARG no witness, two of one id (both are named), an id that is empty; PT_E_NOINPUT a pattern that matches nothing; PT_E_NOMEM */
pt_status request_of_witnesses(const char *key, char *const *witnesses, size_t n, const char *dir, request *out, pt_err *err);

/** A file of JSON lines: {"witness": PATH, "key": PATH, "id": TEXT, "priority": NUMBER}; id and priority may be missing; empty lines are
 *  passed over. Paths are from the directory of the process, as on the command line.
 *  errors  as above, PT_E_NOINPUT, PT_E_FORMAT: with file and line */
pt_status request_of_file(const char *path, const char *dir, request *out, pt_err *err);

void request_clear(request *self);

/** A partition's identity for the journal: a hash of its id, its key's hash (key_hash: of its verifying key) and its witness's path, size
 *  and time. What is no regular file gets one that no other run has.
 *  errors  PT_E_INTERNAL no randomness */
pt_status request_identity(const request *self, uint32_t partition, const uint8_t *key_hash, uint8_t *out, pt_err *err);

/** The request's own hash: of all identities, in order. */
void request_hash(const uint8_t *const *identities, uint32_t n, uint8_t *out);

/** Keys and witnesses, which none may write to.
 *  owns    *out is the caller's (input_set_clear)
 *  errors  PT_E_NOMEM */
pt_status request_inputs(const request *self, input_set *out, pt_err *err);

/** Refuse, before any work, outputs that could not be written. */
pt_status request_check_outputs(const request *self, pt_err *err);

#endif
