/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/pool.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <time.h>

#include "node/pipeline/secret_thread.h"

typedef struct {
    pool *pool;
    size_t thread;
    secret_thread running;
} member;

struct pool {
    pool_options options;
    size_t n_members; /* started */
    member *members;
    pthread_mutex_t lock;
    pthread_cond_t work; /* a run was opened, or the pool is closing */
    pool_run *open;
    atomic_ulong n_opened; /* runs so far: looked at before sleeping */
    atomic_bool hungry;    /* an open run has fewer threads than its share */
    size_t n_asleep;
    bool caller_works; /* thread 0 is taken */
    bool closing;
};

/* Looks at what another thread is about to change before sleeping, some 7 us: the time between two passes of a transform. More
 * would gain little on a quiet machine and cost as much again where threads outnumber cores. */
enum { SPINS = 200 };

static void spin_pause(void)
{
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
}

static bool has_items(const run_items *items)
{
    return atomic_load_explicit(&items->next, memory_order_relaxed) < items->n_items;
}

static uint32_t class_of(const pool_run *run)
{
    return (uint32_t)(run->rank >> 32);
}

/* With the lock held, after runs, their items or their threads have changed: runs of the most urgent class that has items left share
 * the threads evenly, the first ones get what is left over, and other classes nothing. */
static void balance(pool *self)
{
    size_t n = 0;
    uint32_t top = UINT32_MAX;
    bool hungry = false;
    for (const pool_run *run = self->open; run != NULL; run = run->next)
        if (has_items(run->items) && class_of(run) <= top) { /* runs are by rank: the first has the class */
            top = class_of(run);
            n++;
        }
    size_t part = 0;
    for (pool_run *run = self->open; run != NULL; run = run->next) {
        const size_t share =
            part < n && has_items(run->items) ? self->options.n_threads / n + (part < self->options.n_threads % n) : 0;
        part += share > 0;
        atomic_store_explicit(&run->share, share, memory_order_relaxed);
        hungry |= run->n_working < share;
    }
    atomic_store_explicit(&self->hungry, hungry, memory_order_relaxed);
}

/* With the lock held: the most urgent run that has fewer threads than its share, or else that has items; NULL: none has. */
static pool_run *choose_run(pool *self)
{
    pool_run *first = NULL;
    balance(self);
    for (pool_run *run = self->open; run != NULL; run = run->next)
        if (has_items(run->items)) {
            if (run->n_working < run->share)
                return run;
            first = first == NULL ? run : first;
        }
    return first;
}

/* Is a thread of this run wanted elsewhere? */
static bool must_leave(const pool *self, const pool_run *run)
{
    return atomic_load_explicit(&self->hungry, memory_order_relaxed) &&
           atomic_load_explicit(&run->n_working, memory_order_relaxed) >
               atomic_load_explicit(&run->share, memory_order_relaxed);
}

/* With the lock held: thread 0 is free, or another run is the most urgent. Where callers do not join, none of them cares. */
static void wake_callers(pool *self)
{
    for (pool_run *run = self->open; run != NULL && self->options.callers_join; run = run->next)
        pthread_cond_signal(&run->done);
}

/* The last item of a run is taken. */
static void tell_taken(pool *self)
{
    pthread_mutex_lock(&self->lock);
    balance(self);
    wake_callers(self);
    pthread_mutex_unlock(&self->lock);
}

/* The last item is finished: the one thing that a sleeping caller is woken for. */
static void tell_finished(const run_items *items)
{
    pthread_mutex_lock(&items->home->lock);
    pthread_cond_signal(&items->home_run->done);
    pthread_mutex_unlock(&items->home->lock);
}

static bool is_finished(const run_items *items)
{
    return atomic_load(&items->n_finished) == items->n_items;
}

/* Until no item is left, or the thread is wanted elsewhere. */
static void work_on(pool *self, pool_run *run, size_t thread)
{
    run_items *items = run->items;
    while (!must_leave(self, run)) {
        size_t item = atomic_fetch_add_explicit(&items->next, 1, memory_order_relaxed);
        if (item >= items->n_items)
            return;
        if (item + 1 == items->n_items)
            tell_taken(self);
        items->task(items->ctx, item, run->first_thread + thread);
        if (atomic_fetch_add(&items->n_finished, 1) + 1 == items->n_items)
            tell_finished(items);
    }
}

static unsigned long long thread_cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (unsigned long long)t.tv_sec * 1000000000 + (unsigned long long)t.tv_nsec;
}

/* With the lock held, which is let go meanwhile. */
static void join_run(pool *self, pool_run *run, size_t thread)
{
    atomic_fetch_add(&run->n_working, 1);
    balance(self);
    pthread_mutex_unlock(&self->lock);
    unsigned long long begin = thread_cpu_ns();
    work_on(self, run, thread);
    sodium_stackzero(SECRET_STACK_TASK_BYTES); /* what the tasks left must not wait for the next run */
    atomic_fetch_add(&run->items->cpu_ns, thread_cpu_ns() - begin);
    pthread_mutex_lock(&self->lock);
    if (atomic_fetch_sub(&run->n_working, 1) == 1 && run->closing)
        pthread_cond_signal(&run->done);
}

/* With the lock held: until a run is opened or the pool is closing, looking a while before sleeping. */
static void wait_for_run(pool *self)
{
    const unsigned long before = self->n_opened;
    pthread_mutex_unlock(&self->lock);
    for (int i = 0; i < SPINS && atomic_load_explicit(&self->n_opened, memory_order_relaxed) == before; i++)
        spin_pause();
    pthread_mutex_lock(&self->lock);
    if (self->n_opened == before && !self->closing) {
        self->n_asleep++;
        pthread_cond_wait(&self->work, &self->lock);
        self->n_asleep--;
    }
}

static void *member_main(void *arg)
{
    member *me = arg;
    pool *self = me->pool;
    if (self->options.begin != NULL)
        self->options.begin(self->options.ctx, me->thread);
    pthread_mutex_lock(&self->lock);
    while (!self->closing) {
        pool_run *run = choose_run(self);
        if (run != NULL)
            join_run(self, run, me->thread);
        else
            wait_for_run(self);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

static pt_status start_members(pool *self, pt_err *err)
{
    for (size_t thread = self->options.callers_join ? 1 : 0; thread < self->options.n_threads; thread++) {
        member *m = &self->members[self->n_members];
        *m = (member){.pool = self, .thread = thread};
        if (secret_thread_start(member_main, m, &m->running, err) != PT_OK)
            return err->code;
        self->n_members++;
    }
    return PT_OK;
}

pt_status pool_create(pool_options options, pool **out, pt_err *err)
{
    if (options.n_threads == 0)
        return pt_fail(err, PT_E_ARG, "a crew needs at least one thread");
    pool *p = calloc(1, sizeof *p);
    member *members = calloc(options.n_threads, sizeof *members);
    if (p == NULL || members == NULL) {
        free(members);
        free(p);
        return pt_fail(err, PT_E_NOMEM, "no memory for a crew of %zu threads", options.n_threads);
    }
    p->options = options;
    p->members = members;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    if (start_members(p, err) != PT_OK) {
        pool_destroy(p);
        return err->code;
    }
    *out = p;
    return PT_OK;
}

void pool_destroy(pool *self)
{
    if (self == NULL)
        return;
    pthread_mutex_lock(&self->lock);
    self->closing = true;
    atomic_fetch_add(&self->n_opened, 1); /* ends the looking */
    pthread_cond_broadcast(&self->work);
    pthread_mutex_unlock(&self->lock);
    for (size_t i = 0; i < self->n_members; i++)
        secret_thread_join(&self->members[i].running);
    pthread_cond_destroy(&self->work);
    pthread_mutex_destroy(&self->lock);
    free(self->members);
    free(self);
}

size_t pool_size(const pool *self)
{
    return self->options.n_threads;
}

void pool_open(pool *self, pool_run *run)
{
    pthread_cond_init(&run->done, NULL);
    pthread_mutex_lock(&self->lock);
    pool_run **at = &self->open;
    while (*at != NULL && (*at)->rank <= run->rank)
        at = &(*at)->next;
    run->next = *at;
    *at = run;
    balance(self);
    atomic_fetch_add(&self->n_opened, 1);
    if (self->n_asleep > 0)
        pthread_cond_broadcast(&self->work);
    pthread_mutex_unlock(&self->lock);
}

/* With the lock held: may the caller be thread 0 now? */
static bool may_join(const pool *self, const pool_run *run)
{
    return self->options.callers_join && !self->caller_works && has_items(run->items) &&
           (!self->hungry || run->n_working < run->share);
}

/* With the lock held, which is let go meanwhile. */
static void join_as_caller(pool *self, pool_run *run)
{
    self->caller_works = true;
    atomic_fetch_add(&run->n_working, 1);
    balance(self);
    pthread_mutex_unlock(&self->lock);
    work_on(self, run, 0);
    for (int i = 0; i < SPINS && !is_finished(run->items); i++)
        spin_pause();
    pthread_mutex_lock(&self->lock);
    self->caller_works = false;
    atomic_fetch_sub(&run->n_working, 1);
    balance(self);
    wake_callers(self);
}

void pool_await(pool *self, pool_run *run)
{
    pthread_mutex_lock(&self->lock);
    while (!is_finished(run->items))
        if (may_join(self, run))
            join_as_caller(self, run);
        else
            pthread_cond_wait(&run->done, &self->lock);
    pthread_mutex_unlock(&self->lock);
}

void pool_close(pool *self, pool_run *run)
{
    for (int i = 0; i < SPINS && atomic_load_explicit(&run->n_working, memory_order_relaxed) > 0; i++)
        spin_pause();
    pthread_mutex_lock(&self->lock);
    run->closing = true;
    while (run->n_working > 0)
        pthread_cond_wait(&run->done, &self->lock);
    pool_run **at = &self->open;
    while (*at != run)
        at = &(*at)->next;
    *at = run->next;
    balance(self);
    pthread_mutex_unlock(&self->lock);
    pthread_cond_destroy(&run->done);
}
