/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct {
    crew *crew;
    size_t thread;
    pthread_t id;
} member;

struct crew {
    size_t n_threads, n_members; /* n_members: those started, thread 1 on */
    member *members;
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    unsigned long run; /* counts runs: a member works when it changes */
    size_t n_working;
    bool closing;
    crew_task task;
    void *ctx;
    size_t n_items;
    atomic_size_t next;
};

static void work(crew *crew, size_t thread)
{
    for (;;) {
        size_t item = atomic_fetch_add_explicit(&crew->next, 1, memory_order_relaxed);
        if (item >= crew->n_items)
            return;
        crew->task(crew->ctx, item, thread);
    }
}

static void *member_main(void *arg)
{
    member *self = arg;
    crew *crew = self->crew;
    unsigned long seen = 0;
    pthread_mutex_lock(&crew->lock);
    for (;;) {
        while (crew->run == seen && !crew->closing)
            pthread_cond_wait(&crew->start, &crew->lock);
        if (crew->closing)
            break;
        seen = crew->run;
        pthread_mutex_unlock(&crew->lock);
        work(crew, self->thread);
        pthread_mutex_lock(&crew->lock);
        if (--crew->n_working == 0)
            pthread_cond_signal(&crew->done);
    }
    pthread_mutex_unlock(&crew->lock);
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
        if (pthread_create(&members[i].id, NULL, member_main, &members[i]) != 0) {
            crew_destroy(c);
            return pt_fail(err, PT_E_NOMEM, "can't start thread %zu of %zu", i + 1, n_threads);
        }
        c->n_members = i;
    }
    *out = c;
    return PT_OK;
}

void crew_destroy(crew *crew)
{
    if (crew == NULL)
        return;
    pthread_mutex_lock(&crew->lock);
    crew->closing = true;
    pthread_cond_broadcast(&crew->start);
    pthread_mutex_unlock(&crew->lock);
    for (size_t i = 1; i <= crew->n_members; i++)
        pthread_join(crew->members[i].id, NULL);
    pthread_cond_destroy(&crew->done);
    pthread_cond_destroy(&crew->start);
    pthread_mutex_destroy(&crew->lock);
    free(crew->members);
    free(crew);
}

size_t crew_size(const crew *crew)
{
    return crew->n_threads;
}

void crew_run(crew *crew, size_t n_items, crew_task task, void *ctx)
{
    bool alone = crew->n_members == 0 || n_items <= 1;
    crew->task = task;
    crew->ctx = ctx;
    crew->n_items = n_items;
    atomic_store_explicit(&crew->next, 0, memory_order_relaxed);
    if (!alone) {
        pthread_mutex_lock(&crew->lock);
        crew->n_working = crew->n_members;
        crew->run++;
        pthread_cond_broadcast(&crew->start);
        pthread_mutex_unlock(&crew->lock);
    }
    work(crew, 0);
    if (alone)
        return;
    pthread_mutex_lock(&crew->lock);
    while (crew->n_working > 0)
        pthread_cond_wait(&crew->done, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
}
