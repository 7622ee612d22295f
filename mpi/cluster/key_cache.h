/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/key_cache.h - keys that were shipped to this host: a directory of files named by what is in them.
 *
 * A file comes into being under another name, locked by who fetches it, and gets its own when its BLAKE2b-256 was found right and it is on the
 * disk. Who uses a file holds a shared lock on it. When there is no room, files that nobody uses go, the least recently used first. All of
 * it holds between processes that share the directory, whichever of them is killed. docs/formats.md has the names. */
#ifndef PT_KEY_CACHE_H
#define PT_KEY_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

enum { KEY_CACHE_HASH_BYTES = 32, KEY_CACHE_PATH_ROOM = 4096 };

typedef struct key_cache {
    char dir[KEY_CACHE_PATH_ROOM];
    uint64_t max_bytes; /* of all files in it */
} key_cache;

/** A key: one that is there, or one that is being fetched. Its lock goes with the descriptor. */
typedef struct cached_key {
    int file; /* -1: none */
    uint8_t hash[KEY_CACHE_HASH_BYTES];
    uint64_t n_bytes;
    char path[KEY_CACHE_PATH_ROOM]; /* where it is, or will be once it is settled */
} cached_key;

/** BLAKE2b-256 of a file's first n_bytes.
 *  shape   name: for messages; stop: set by anyone who does not wait for it any more, here and below; NULL: nobody does
 *  ranks   any, here and below
 *  errors  PT_E_NOINPUT it can't be read, or has fewer; PT_E_NOMEM it was stopped */
pt_status key_cache_hash(int file, const char *name, uint64_t n_bytes, const atomic_bool *stop, uint8_t *hash, pt_err *err);

/** Make the directory if it is not there.
 *  errors  PT_E_CREATE it can't be made, or is not this user's alone to write to; PT_E_ARG its name is too long */
pt_status key_cache_open(const char *dir, uint64_t max_bytes, key_cache *out, pt_err *err);

/** Is this key there? One that is gets used: it is the last to go.
 *  shape   *found: what it says is not looked at: key_cache_check
 *  owns    *out is the caller's (cached_key_close), if it was found
 *  errors  PT_E_NOINPUT */
pt_status key_cache_find(const key_cache *self, const uint8_t *hash, uint64_t n_bytes, bool *found, cached_key *out,
                         pt_err *err);

/** Is it what its name says? One that is not is taken out of the directory. Reads all of it.
 *  errors  PT_E_FORMAT; PT_E_NOINPUT */
pt_status key_cache_check(const cached_key *key, const atomic_bool *stop, pt_err *err);

/** Begin to fetch a key that is not there: room is made, and taken. *busy: another process does, or has just done so: look again.
 *  owns    *out is the caller's (key_cache_settle, or key_cache_drop), if not *busy
 *  errors  PT_E_CREATE it does not fit, or what is there is in use; PT_E_IO the disk is full */
pt_status key_cache_begin(const key_cache *self, const uint8_t *hash, uint64_t n_bytes, bool *busy, cached_key *out,
                          pt_err *err);

/** Write a piece of what is fetched.
 *  errors  PT_E_IO */
pt_status key_cache_write(const cached_key *key, uint64_t offset, const uint8_t *bytes, size_t n_bytes, pt_err *err);

/** It is whole: give it its name, if it is what that says. Reads all of it, and waits for the disk. After an error it is to be dropped.
 *  errors  PT_E_FORMAT it is something else; PT_E_IO */
pt_status key_cache_settle(cached_key *key, const atomic_bool *stop, pt_err *err);

/** Give up what is being fetched. */
void key_cache_drop(cached_key *key);

/** Zeroed with file -1, or closed before, is fine. */
void cached_key_close(cached_key *key);

#endif
