/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/id_set.h - ids that were given, and the line that each is of: of an id a hash is kept and no text, 24 bytes, so that a request
 * without an end takes 32 to 96 bytes an id, whatever the ids are. */
#ifndef PT_ID_SET_H
#define PT_ID_SET_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

enum { ID_HASH_BYTES = 16 };

typedef struct id_entry {
    uint8_t hash[ID_HASH_BYTES];
    uint64_t line; /* 0: there is none here */
} id_entry;

/** Start with {0}. */
typedef struct id_set {
    id_entry *entries;
    size_t n_entries, capacity; /* a power of two, or 0 */
} id_set;

/** ranks   root only, here and below */
void id_set_clear(id_set *self);

/** The line of an id, or 0. */
uint64_t id_set_find(const id_set *self, const char *id);

/** Add an id that is not in it. line: from 1
 *  errors  PT_E_NOMEM */
pt_status id_set_add(id_set *self, const char *id, uint64_t line, pt_err *err);
/** Removing one that is not in it changes nothing. */
void id_set_remove(id_set *self, const char *id);

#endif
