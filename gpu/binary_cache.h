/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/binary_cache.h - built kernels kept on disk, one a file. The cache may be lost, damaged, or not there: then kernels are
 * built again. Entries appear whole, by rename; several processes may write one at once. */
#ifndef PT_BINARY_CACHE_H
#define PT_BINARY_CACHE_H

#include <stdbool.h>
#include <stddef.h>

/** One built kernel: the driver's binary, and what its compiler said. */
typedef struct {
    unsigned char *binary;
    size_t n_bytes;
    char *log; /* ends in a NUL */
} cached_binary;

/** Find the entry of key: all that the binary depends on, as text. One that is damaged, of another key, or writable by other users
 *  is as none.
 *  shape   folder: NULL finds nothing
 *  owns    *out is the caller's (cached_binary_clear)
 *  thread  any
 *  returns false without an entry, or without memory for it */
bool binary_cache_load(const char *folder, const char *key, cached_binary *out);

/** Keep an entry, in place of an older one. The folder and those above it are made, for this user alone.
 *  thread  any
 *  returns false if that can't be: a kernel is built again next time */
bool binary_cache_store(const char *folder, const char *key, const cached_binary *entry);

/** The name that an entry has in its folder.
 *  shape   out[BINARY_CACHE_NAME] */
enum { BINARY_CACHE_NAME = 32 + sizeof ".kernel" };
void binary_cache_name(const char *key, char *out);

void cached_binary_clear(cached_binary *entry);

#endif
