/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/contest_tests.inc.h - runs that are open to the same threads together: which of them the threads turn to. */
#ifndef PT_CONTEST_TESTS_H
#define PT_CONTEST_TESTS_H

#include "tests/unit/thread_tests.inc.h"

#include <pthread.h>
#include <sched.h>

#include "node/pipeline/crew.h"

enum { N_RUNS_MAX = 6 };

/* Each of the threads is held in an item of the first run until the others have been opened; what each begins next is counted. */
typedef struct {
    size_t n_threads;
    atomic_size_t n_held, n_begun;
    atomic_bool go;
    atomic_size_t n_first[N_RUNS_MAX]; /* of a run's items, those among the n_threads that were begun next */
} contest;

typedef struct {
    contest *in;
    size_t number, n_items; /* of its run */
    crew *threads;
    pthread_t id;
    atomic_int thread; /* await_asleep */
} contender;

static inline void be_held_or_counted(void *ctx, size_t item, size_t thread)
{
    contender *self = ctx;
    contest *in = self->in;
    (void)thread;
    if (self->number == 0 && item < in->n_threads) {
        atomic_fetch_add(&in->n_held, 1);
        while (!atomic_load(&in->go))
            sleep_ms(1);
        return;
    }
    if (atomic_fetch_add(&in->n_begun, 1) < in->n_threads)
        atomic_fetch_add(&in->n_first[self->number], 1);
    while (atomic_load(&in->n_begun) < in->n_threads) /* so that each thread counts once */
        sched_yield();
}

static inline void *contend(void *arg)
{
    contender *self = arg;
    atomic_store(&self->thread, gettid());
    crew_run(self->threads, self->n_items, be_held_or_counted, self);
    return NULL;
}

/* Until its run has been opened: the first one has all threads then. */
static inline void await_contending(contender *self)
{
    if (self->number > 0)
        await_asleep(&self->thread);
    while (atomic_load(&self->in->n_held) < self->in->n_threads)
        sleep_ms(1);
}

static inline void begin_contending(contender *self)
{
    assert_int_equal(pthread_create(&self->id, NULL, contend, self), 0);
    await_contending(self);
}

#endif
