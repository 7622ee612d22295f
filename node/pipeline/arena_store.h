/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/arena_store.h - the memory of partitions in flight: a budget, out of which arenas are taken and to which they return.
 *
 * An arena is secret memory (secret_arena.h), zero, whose pages are there when it is handed out, as many as are asked for. What returns is
 * zeroed and kept, so that partitions of one size follow one another without a mapping made or undone; only when the budget is short of
 * an arena of another size are kept ones released, by one thread at a time. The other policies of engine_options.h keep none. */
#ifndef PT_ARENA_STORE_H
#define PT_ARENA_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"
#include "node/pipeline/engine_options.h"

typedef struct arena_store arena_store;

/** Begin with nothing taken. huge_pages: for arenas large enough, if the system gives them.
 *  units   bytes; UINT64_MAX: no bound
 *  owns    *out is the caller's (arena_store_destroy, when every arena has returned)
 *  errors  PT_E_NOMEM memory, or a thread that frees */
pt_status arena_store_create(uint64_t budget_bytes, bool huge_pages, arena_policy policy, arena_store **out, pt_err *err);
void arena_store_destroy(arena_store *self);

/** Bound what is taken from now on. What is out already may be more: it returns as it would have. units: bytes; thread: any */
void arena_store_bound(arena_store *self, uint64_t budget_bytes);

/** units: bytes. What an arena of n_bytes takes of the budget; SIZE_MAX where that can't be said. */
size_t arena_bytes(size_t n_bytes);

/** What is asked for. wanted (may be NULL) is called before an arena is taken and now and then while it is waited for, with the store
 *  locked: false ends the wait. */
typedef struct {
    size_t n_bytes;
    size_t n_ready; /* of these so many bytes will be written; the pages of the others come if they are; 0: all */
    uint64_t rank;  /* of those that wait the smallest is served first, and of equal ones who came first */
    bool (*wanted)(void *ctx);
    void *ctx;
} arena_request;

/** Take an arena of at least n_bytes, 64-byte aligned; wait until the budget has them.
 *  owns    *out is the caller's (arena_give)
 *  thread  any
 *  errors  PT_E_NOMEM more than the whole budget, with the figures, at once; no memory; "cancelled": it is not wanted */
pt_status arena_take(arena_store *self, const arena_request *request, void **out, pt_err *err);

/** Let others have an arena, or the system, zeroed. NULL is fine. thread: any */
void arena_give(arena_store *self, void *arena);

/** The same of an arena that nothing was written to behind its first n_used bytes: that much is zeroed. thread: any */
void arena_give_used(arena_store *self, void *arena, size_t n_used);

/** What the store holds now, and what it has done. thread: any */
typedef struct {
    uint64_t budget_bytes, taken_bytes, kept_bytes;
    size_t n_mapped, n_unmapped; /* arenas so far */
} arena_figures;

arena_figures arena_store_figures(arena_store *self);

#endif
