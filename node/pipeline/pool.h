/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/pool.h - the threads of one group of cores, and the runs that are open to them at one time.
 *
 * Several partitions may have a run open at once. Those of the most urgent class that have items share the threads evenly, so that each
 * partition's data stays near few cores; what one leaves idle another fills. Runs come from crew.h, which is what everybody else
 * includes. */
#ifndef PT_POOL_H
#define PT_POOL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

typedef struct pool pool;

typedef struct pool_options {
    size_t n_threads;  /* >= 1 */
    bool callers_join; /* thread 0 is whoever waits for a run of its own, without a switch of threads */
    void (*begin)(void *ctx, size_t thread); /* each thread that is started, first of all; may be NULL */
    void *ctx;
} pool_options;

/** Start a pool.
 *  owns    *out is the caller's (pool_destroy, when no run is open); the threads' stacks are secret (secret_thread.h), and what a run's
 *          tasks leave there is zeroed before the run ends, but not on a caller's
 *  errors  PT_E_ARG no thread; PT_E_NOMEM no memory or no thread to be had */
pt_status pool_create(pool_options options, pool **out, pt_err *err);
void pool_destroy(pool *self);
size_t pool_size(const pool *self);

/** The items of a run, shared by all pools that it is open to. */
typedef struct {
    void (*task)(void *ctx, size_t item, size_t thread);
    void *ctx;
    size_t n_items;
    atomic_size_t next;       /* the next item that is free; beyond n_items when all are taken */
    atomic_size_t n_finished; /* items that have been worked on */
    atomic_ullong cpu_ns;     /* processor time of the pools' own threads */
    pool *home;               /* whose run is told when the last item is finished */
    struct pool_run *home_run;
} run_items;

/** A run in one pool. It lies on the stack of the thread that waits for it. */
typedef struct pool_run {
    struct pool_run *next; /* of the pool's open runs, the most urgent first */
    run_items *items;
    uint64_t rank;       /* a smaller one is more urgent */
    size_t first_thread; /* the number in the run of the pool's thread 0 */
    atomic_size_t n_working;
    atomic_size_t share; /* threads that it may count on */
    bool closing;        /* the caller waits for those who work */
    pthread_cond_t done; /* the caller has something to look at */
} pool_run;

/** Open a run to a pool's threads. */
void pool_open(pool *self, pool_run *run);

/** Wait until every item is finished; where callers join, work on them.
 *  thread  the one that opened the run, in its home */
void pool_await(pool *self, pool_run *run);

/** Close a run whose items are all finished: nobody looks at it any more. */
void pool_close(pool *self, pool_run *run);

#endif
