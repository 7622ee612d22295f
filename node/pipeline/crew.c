/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/crew.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "node/pipeline/secret_arena.h"
#include "node/pipeline/secret_thread.h"

typedef struct {
    crew *crew;
    size_t thread;
    secret_thread running;
} member;

struct crew {
    size_t n_threads, n_members; /* n_members: those started, thread 1 on */
    member *members;
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    atomic_ulong run;        /* counts runs */
    atomic_size_t n_working; /* members in the run under way */
    size_t n_asleep;
    bool open; /* may a member that wakes join the run? */
    bool closing;
    crew_task task;
    void *ctx;
    size_t n_items;
    atomic_size_t next;
    void *kept; /* scratch, zeroed but when it is used */
    size_t kept_bytes, kept_used_bytes;
};

/* Looks at what another thread is about to change before sleeping, some 7 us: the time between two passes of a transform. More
 * would gain little on a quiet machine and cost as much again where threads outnumber cores. */
enum { SPINS = 200 };

/* More than a task of a proof takes of its stack. */
enum { TASK_STACK_BYTES = 64 << 10 };

/* Larger scratch is worth its pages, and would add to the memory of what comes after it. */
enum { KEPT_BYTES_MAX = 2 << 20 };

static void spin_pause(void)
{
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
}

static void work(crew *self, size_t thread)
{
    for (;;) {
        size_t item = atomic_fetch_add_explicit(&self->next, 1, memory_order_relaxed);
        if (item >= self->n_items)
            return;
        self->task(self->ctx, item, thread);
    }
}

/* With the lock held: until there is a run to join, or the crew is closing. */
static void wait_for_run(crew *self, unsigned long seen)
{
    while (!(self->open && self->run != seen) && !self->closing) {
        const unsigned long before = self->run;
        pthread_mutex_unlock(&self->lock);
        for (int i = 0; i < SPINS && atomic_load_explicit(&self->run, memory_order_relaxed) == before; i++)
            spin_pause();
        pthread_mutex_lock(&self->lock);
        if (self->run == before && !self->closing) {
            self->n_asleep++;
            pthread_cond_wait(&self->start, &self->lock);
            self->n_asleep--;
        }
    }
}

static void *member_main(void *arg)
{
    member *me = arg;
    crew *self = me->crew;
    unsigned long seen = 0;
    pthread_mutex_lock(&self->lock);
    for (;;) {
        wait_for_run(self, seen);
        if (self->closing)
            break;
        seen = self->run;
        self->n_working++;
        pthread_mutex_unlock(&self->lock);
        work(self, me->thread);
        sodium_stackzero(TASK_STACK_BYTES); /* what the tasks left must not wait for the next run */
        pthread_mutex_lock(&self->lock);
        if (--self->n_working == 0 && !self->open)
            pthread_cond_signal(&self->done);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

pt_status crew_create(size_t n_threads, crew **out, pt_err *err)
{
    if (n_threads == 0)
        return pt_fail(err, PT_E_ARG, "a crew needs at least one thread");
    crew *c = calloc(1, sizeof *c);
    member *members = calloc(n_threads, sizeof *members);
    if (c == NULL || members == NULL) {
        free(members);
        free(c);
        return pt_fail(err, PT_E_NOMEM, "no memory for a crew of %zu threads", n_threads);
    }
    c->n_threads = n_threads;
    c->members = members;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->start, NULL);
    pthread_cond_init(&c->done, NULL);
    for (size_t i = 1; i < n_threads; i++) {
        members[i] = (member){.crew = c, .thread = i};
        if (secret_thread_start(member_main, &members[i], &members[i].running, err) != PT_OK) {
            crew_destroy(c);
            return err->code;
        }
        c->n_members = i;
    }
    *out = c;
    return PT_OK;
}

void crew_destroy(crew *self)
{
    if (self == NULL)
        return;
    pthread_mutex_lock(&self->lock);
    self->closing = true;
    pthread_cond_broadcast(&self->start);
    pthread_mutex_unlock(&self->lock);
    for (size_t i = 1; i <= self->n_members; i++)
        secret_thread_join(&self->members[i].running);
    pthread_cond_destroy(&self->done);
    pthread_cond_destroy(&self->start);
    pthread_mutex_destroy(&self->lock);
    secret_free(self->kept);
    free(self->members);
    free(self);
}

size_t crew_size(const crew *self)
{
    return self->n_threads;
}

static void run_open(crew *self, size_t n_items, crew_task task, void *ctx)
{
    pthread_mutex_lock(&self->lock);
    self->task = task;
    self->ctx = ctx;
    self->n_items = n_items;
    atomic_store_explicit(&self->next, 0, memory_order_relaxed);
    self->open = true;
    self->run++;
    if (self->n_asleep > 0)
        pthread_cond_broadcast(&self->start);
    pthread_mutex_unlock(&self->lock);
}

/* Every item is taken: who has not joined by now never will, and is not waited for. */
static void run_close(crew *self)
{
    pthread_mutex_lock(&self->lock);
    self->open = false;
    pthread_mutex_unlock(&self->lock);
    for (int i = 0; i < SPINS && atomic_load_explicit(&self->n_working, memory_order_relaxed) > 0; i++)
        spin_pause();
    pthread_mutex_lock(&self->lock);
    while (self->n_working > 0)
        pthread_cond_wait(&self->done, &self->lock);
    pthread_mutex_unlock(&self->lock);
}

void crew_run(crew *self, size_t n_items, crew_task task, void *ctx)
{
    if (self->n_members == 0 || n_items <= 1) {
        for (size_t item = 0; item < n_items; item++)
            task(ctx, item, 0);
        return;
    }
    run_open(self, n_items, task, ctx);
    work(self, 0);
    run_close(self);
}

void *crew_scratch_alloc(crew *self, size_t n_bytes)
{
    if (n_bytes > KEPT_BYTES_MAX || self->kept_used_bytes > 0)
        return secret_alloc(n_bytes);
    if (n_bytes > self->kept_bytes) {
        secret_free(self->kept);
        self->kept = secret_alloc(n_bytes);
        self->kept_bytes = self->kept != NULL ? n_bytes : 0;
    }
    self->kept_used_bytes = self->kept_bytes > 0 ? n_bytes : 0;
    return self->kept;
}

void crew_scratch_free(crew *self, void *scratch)
{
    if (scratch == NULL || scratch != self->kept) {
        secret_free(scratch);
        return;
    }
    sodium_memzero(scratch, self->kept_used_bytes);
    self->kept_used_bytes = 0;
}
