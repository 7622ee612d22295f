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
    struct arena *next; /* of those that are kept, the smallest first, or of those that leave */
    size_t n_bytes;     /* of all of it */
    arena_store *store;
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
    arena_policy policy;
    arena *leaving;   /* the freeing thread's to free */
    size_t n_leaving; /* not yet freed, whoever frees them */
    pthread_t freer;  /* of ARENAS_FREED_BY_ONE */
    bool has_freer, closing;
};

/* --- arenas that go back to the system, beside the path of partitions --- */

static void free_leaving(arena *leaving)
{
    arena_store *self = leaving->store;
    const size_t n_bytes = leaving->n_bytes;
    secret_free(leaving);
    pthread_mutex_lock(&self->lock);
    self->figures.taken_bytes -= n_bytes;
    self->figures.n_unmapped++;
    self->n_leaving--;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

static void *free_apart(void *leaving)
{
    free_leaving(leaving);
    return NULL;
}

static void *free_by_one(void *store)
{
    arena_store *self = store;
    pthread_mutex_lock(&self->lock);
    while (!self->closing || self->leaving != NULL) {
        arena *first = self->leaving;
        if (first == NULL) {
            pthread_cond_wait(&self->changed, &self->lock);
            continue;
        }
        self->leaving = first->next;
        pthread_mutex_unlock(&self->lock);
        free_leaving(first);
        pthread_mutex_lock(&self->lock);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

/* Where there is no thread for it, the caller's own frees it. */
static void leave_apart(arena *returned)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, free_apart, returned) == 0)
        pthread_detach(thread);
    else
        free_leaving(returned);
}

static void leave(arena_store *self, arena *returned)
{
    pthread_mutex_lock(&self->lock);
    self->n_leaving++;
    if (self->policy == ARENAS_FREED_BY_ONE) {
        returned->next = self->leaving;
        self->leaving = returned;
        pthread_cond_broadcast(&self->changed);
    }
    pthread_mutex_unlock(&self->lock);
    if (self->policy == ARENAS_FREED_APART)
        leave_apart(returned);
}

static void await_leaving(arena_store *self)
{
    pthread_mutex_lock(&self->lock);
    self->closing = true;
    pthread_cond_broadcast(&self->changed);
    while (self->n_leaving > 0)
        pthread_cond_wait(&self->changed, &self->lock);
    pthread_mutex_unlock(&self->lock);
    if (self->has_freer)
        pthread_join(self->freer, NULL);
}

/* --- the store --- */

pt_status arena_store_create(uint64_t budget_bytes, bool huge_pages, arena_policy policy, arena_store **out, pt_err *err)
{
    arena_store *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the arenas' store");
    self->figures.budget_bytes = budget_bytes;
    self->huge_pages = huge_pages;
    self->policy = policy;
    pthread_mutex_init(&self->lock, NULL);
    timed_wait_init(&self->changed);
    if (policy == ARENAS_FREED_BY_ONE && pthread_create(&self->freer, NULL, free_by_one, self) != 0) {
        arena_store_destroy(self);
        return pt_fail(err, PT_E_NOMEM, "no thread to free arenas with");
    }
    self->has_freer = policy == ARENAS_FREED_BY_ONE;
    *out = self;
    return PT_OK;
}

/* With the lock held, so that one thread at a time changes the process's mappings. */
static void release_kept(arena_store *self)
{
    arena *first = self->kept;
    self->kept = first->next;
    self->figures.kept_bytes -= first->n_bytes;
    self->figures.n_unmapped++;
    secret_free_zeroed(first); /* as it was when it returned, but for what the store itself wrote to its head */
}

/* With the lock held: of what is kept, no more than the budget has room for. */
static void trim_kept(arena_store *self)
{
    const arena_figures *f = &self->figures;
    while (self->kept != NULL && f->taken_bytes + f->kept_bytes > f->budget_bytes)
        release_kept(self);
}

void arena_store_bound(arena_store *self, uint64_t budget_bytes)
{
    pthread_mutex_lock(&self->lock);
    self->figures.budget_bytes = budget_bytes;
    trim_kept(self);
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

void arena_store_destroy(arena_store *self)
{
    if (self == NULL)
        return;
    await_leaving(self);
    while (self->kept != NULL)
        release_kept(self);
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

/* The first pages of an arena that will be kept are there before the work begins, on the node of the thread that asks. */
static void prepare_pages(const arena_store *self, uint8_t *memory, size_t n_bytes, size_t n_ready)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), n_before = (uintptr_t)memory % page;
    if (!self->huge_pages)
        madvise(memory - n_before, n_bytes + n_before, MADV_NOHUGEPAGE);
    if (self->policy != ARENAS_KEPT)
        return;
#ifdef MADV_POPULATE_WRITE
    if (madvise(memory - n_before, n_ready + n_before, MADV_POPULATE_WRITE) == 0)
        return;
#endif
    for (size_t at = 0; at < n_ready; at += page)
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
    const uint64_t left = f->budget_bytes > f->taken_bytes ? f->budget_bytes - f->taken_bytes : 0;
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
        const uint64_t budget = self->figures.budget_bytes;
        if (n_bytes > budget || n_bytes > PTRDIFF_MAX) {
            pt_fail(err, PT_E_NOMEM, "a partition takes %zu bytes, but the budget leaves %" PRIu64 " for partitions",
                    n_bytes, budget);
            break;
        }
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
        prepare_pages(self, (uint8_t *)found, n_bytes, request->n_ready != 0 ? arena_bytes(request->n_ready) : n_bytes);
        *found = (arena){.n_bytes = n_bytes, .store = self};
    }
    *out = (uint8_t *)found + HEADER_BYTES;
    return PT_OK;
}

void arena_give(arena_store *self, void *memory)
{
    arena_give_used(self, memory, SIZE_MAX);
}

void arena_give_used(arena_store *self, void *memory, size_t n_used)
{
    if (memory == NULL)
        return;
    arena *returned = (arena *)(void *)((uint8_t *)memory - HEADER_BYTES);
    const size_t n_bytes = returned->n_bytes - HEADER_BYTES;
    if (self->policy != ARENAS_KEPT) {
        leave(self, returned);
        return;
    }
    sodium_memzero(memory, n_used < n_bytes ? n_used : n_bytes);
    pthread_mutex_lock(&self->lock);
    self->figures.taken_bytes -= returned->n_bytes;
    self->figures.kept_bytes += returned->n_bytes;
    arena **at = &self->kept;
    while (*at != NULL && (*at)->n_bytes < returned->n_bytes)
        at = &(*at)->next;
    returned->next = *at;
    *at = returned;
    trim_kept(self);
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
