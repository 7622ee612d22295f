/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/secret_arena.h - memory for witnesses and what is computed from them: in no core dump, zeroed when released.
 *
 * Each allocation is a mapping of its own, so that what is released goes back to the system at once. */
#ifndef PT_SECRET_ARENA_H
#define PT_SECRET_ARENA_H

#include <stddef.h>

/** Take n_bytes, all zero, 64-byte aligned.
 *  owns    the result is the caller's (secret_free)
 *  returns NULL when there is no memory, or none that could be kept out of core dumps */
void *secret_alloc(size_t n_bytes);

/** Zero all of an allocation and give it back. NULL is fine. */
void secret_free(void *memory);

/** Give back an allocation that is all zero: the caller has zeroed what was written to. Pages that were never there stay so. */
void secret_free_zeroed(void *memory);

#endif
