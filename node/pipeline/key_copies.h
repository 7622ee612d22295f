/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/key_copies.h - a proving key as a placement wants it: mapped, read to memory, or read to the memory of each NUMA node. */
#ifndef PT_KEY_COPIES_H
#define PT_KEY_COPIES_H

#include "node/format/proving_key.h"
#include "node/topo/placement.h"

/** The same key, several times. */
typedef struct key_copies {
    size_t n;
    proving_key *of[PLACEMENT_COPIES_MAX]; /* one, or the i-th for the placement's i-th node */
} key_copies;

/** Open a key. The first copy is checked as options say, each other one is held against it; options.place is set here. where: NULL: mapped.
 *  owns    *out is the caller's (key_copies_close)
 *  errors  of proving_key_open; PT_E_FORMAT the file changed meanwhile */
pt_status key_copies_open(const char *path, proving_key_options options, const placement *where, const topology *machine,
                          crew *threads, key_copies *out, pt_err *err);

/** Zeroed ones are fine. */
void key_copies_close(key_copies *self);

#endif
