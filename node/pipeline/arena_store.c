/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "node/pipeline/arena_store.h"

#include <inttypes.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "node/pipeline/secret_arena.h"
#include "node/pipeline/timed_wait.h"

/* In front of what the caller gets. */
typedef struct arena {
    struct arena *next; /* of those that are kept, the smallest first */
    size_t n_bytes;     /* of all of it */
} arena;

enum { HEADER_BYTES = 64 };

_Static_assert(sizeof(arena) <= HEADER_BYTES, "the header has room in front of the first aligned byte");

typedef struct waiter {
    struct waiter *next; /* by rank */
    uint64_t rank;
} waiter;

struct arena_store {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    arena *kept;
    waiter *waiting;
    arena_figures figures;
    bool huge_pages;
};

pt_status arena_store_create(uint64_t budget_bytes, bool huge_pages, arena_store **out, pt_err *err)
{
    arena_store *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the arenas' store");
    self->figures.budget_bytes = budget_bytes;
    self->huge_pages = huge_pages;
    pthread_mutex_init(&self->lock, NULL);
    timed_wait_init(&self->changed);
    *out = self;
    return PT_OK;
}

void arena_store_bound(arena_store *self, uint64_t budget_bytes)
{
    self->figures.budget_bytes = budget_bytes;
}

/* With the lock held, so that one thread at a time changes the process's mappings. */
static void release_kept(arena_store *self)
{
    arena *first = self->kept;
    self->kept = first->next;
    self->figures.kept_bytes -= first->n_bytes;
    self->figures.n_unmapped++;
    secret_free(first);
}

void arena_store_destroy(arena_store *self)
{
    if (self == NULL)
        return;
    while (self->kept != NULL)
        release_kept(self);
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

/* Every page is there before the work begins, on the node of the thread that asks. */
static void touch(uint8_t *memory, size_t n_bytes, bool huge_pages)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *first = memory - (uintptr_t)memory % page;
    const size_t n_whole = n_bytes + (size_t)(memory - first);
    if (!huge_pages)
        madvise(first, n_whole, MADV_NOHUGEPAGE);
#ifdef MADV_POPULATE_WRITE
    if (madvise(first, n_whole, MADV_POPULATE_WRITE) == 0)
        return;
#endif
    for (size_t at = 0; at < n_bytes; at += page)
        ((volatile uint8_t *)memory)[at] = 0;
}

/* With the lock held: a kept arena that is large enough and not twice as large, or NULL. */
static arena *unkeep(arena_store *self, size_t n_bytes)
{
    arena **at = &self->kept;
    while (*at != NULL && (*at)->n_bytes < n_bytes)
        at = &(*at)->next;
    arena *found = *at;
    if (found == NULL || found->n_bytes / 2 > n_bytes)
        return NULL;
    *at = found->next;
    self->figures.kept_bytes -= found->n_bytes;
    return found;
}

/* With the lock held: may n_bytes be mapped, after kept arenas have made room? */
static bool make_room(arena_store *self, size_t n_bytes)
{
    const arena_figures *f = &self->figures;
    const uint64_t left = f->budget_bytes - f->taken_bytes;
    if (left < n_bytes)
        return false;
    while (left - n_bytes < f->kept_bytes)
        release_kept(self);
    return true;
}

static void wait_begin(arena_store *self, waiter *w)
{
    waiter **at = &self->waiting;
    while (*at != NULL && (*at)->rank <= w->rank)
        at = &(*at)->next;
    w->next = *at;
    *at = w;
}

static void wait_end(arena_store *self, const waiter *w)
{
    waiter **at = &self->waiting;
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    pthread_cond_broadcast(&self->changed);
}

/* With the lock held: an arena, or the right to map one (*found is NULL). */
static pt_status await_room(arena_store *self, size_t n_bytes, const arena_request *request, arena **found, pt_err *err)
{
    waiter me = {.rank = request->rank};
    wait_begin(self, &me);
    for (;;) {
        if (request->wanted != NULL && !request->wanted(request->ctx)) {
            pt_fail(err, PT_E_NOMEM, "cancelled");
            break;
        }
        bool first = self->waiting == &me;
        *found = first ? unkeep(self, n_bytes) : NULL;
        if (*found != NULL || (first && make_room(self, n_bytes)))
            break;
        timed_wait(&self->changed, &self->lock);
    }
    wait_end(self, &me);
    return err->code;
}

/* Where the system has no more memory, kept arenas are released for it. */
static arena *map_arena(arena_store *self, size_t n_bytes)
{
    arena *mapped = secret_alloc(n_bytes);
    if (mapped == NULL) {
        pthread_mutex_lock(&self->lock);
        while (self->kept != NULL)
            release_kept(self);
        pthread_mutex_unlock(&self->lock);
        mapped = secret_alloc(n_bytes);
    }
    return mapped;
}

static pt_status fail_map(arena_store *self, size_t n_bytes, pt_err *err)
{
    pthread_mutex_lock(&self->lock);
    self->figures.taken_bytes -= n_bytes;
    self->figures.n_mapped--;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    return pt_fail(err, PT_E_NOMEM, "no memory for a partition: %zu bytes", n_bytes);
}

size_t arena_bytes(size_t n_bytes)
{
    return n_bytes > SIZE_MAX - HEADER_BYTES ? SIZE_MAX : n_bytes + HEADER_BYTES;
}

pt_status arena_take(arena_store *self, const arena_request *request, void **out, pt_err *err)
{
    const size_t n_bytes = arena_bytes(request->n_bytes);
    if (n_bytes > self->figures.budget_bytes || n_bytes > PTRDIFF_MAX)
        return pt_fail(err, PT_E_NOMEM, "a partition takes %zu bytes, but the budget leaves %" PRIu64 " for partitions",
                       n_bytes, self->figures.budget_bytes);
    arena *found;
    pthread_mutex_lock(&self->lock);
    pt_status status = await_room(self, n_bytes, request, &found, err);
    if (status == PT_OK) {
        self->figures.taken_bytes += found != NULL ? found->n_bytes : n_bytes;
        self->figures.n_mapped += found == NULL;
    }
    pthread_mutex_unlock(&self->lock);
    if (status != PT_OK)
        return status;
    if (found == NULL) {
        found = map_arena(self, n_bytes);
        if (found == NULL)
            return fail_map(self, n_bytes, err);
        touch((uint8_t *)found, n_bytes, self->huge_pages);
        found->n_bytes = n_bytes;
    }
    *out = (uint8_t *)found + HEADER_BYTES;
    return PT_OK;
}

void arena_give(arena_store *self, void *memory)
{
    if (memory == NULL)
        return;
    arena *returned = (arena *)(void *)((uint8_t *)memory - HEADER_BYTES);
    sodium_memzero(memory, returned->n_bytes - HEADER_BYTES);
    pthread_mutex_lock(&self->lock);
    self->figures.taken_bytes -= returned->n_bytes;
    self->figures.kept_bytes += returned->n_bytes;
    arena **at = &self->kept;
    while (*at != NULL && (*at)->n_bytes < returned->n_bytes)
        at = &(*at)->next;
    returned->next = *at;
    *at = returned;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

arena_figures arena_store_figures(arena_store *self)
{
    pthread_mutex_lock(&self->lock);
    arena_figures figures = self->figures;
    pthread_mutex_unlock(&self->lock);
    return figures;
}
