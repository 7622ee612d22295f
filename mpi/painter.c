/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/painter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { REDRAW_MS = 200 };

struct painter {
    painter_draw *draw;
    void *ctx;
    pthread_mutex_t lock; /* of everything below and of what is drawn */
    pthread_cond_t wake;
    pthread_t thread;
    bool closing, begun;
};

static void *paint(void *arg)
{
    painter *self = arg;
    pthread_mutex_lock(&self->lock);
    while (!self->closing) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += REDRAW_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        if (pthread_cond_clockwait(&self->wake, &self->lock, CLOCK_MONOTONIC, &until) == ETIMEDOUT && self->begun)
            self->draw(self->ctx);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

painter *painter_create(painter_draw *draw, void *ctx)
{
    painter *self = calloc(1, sizeof *self);
    if (self == NULL)
        return NULL;
    self->draw = draw;
    self->ctx = ctx;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->wake, NULL);
    if (pthread_create(&self->thread, NULL, paint, self) == 0)
        return self;
    pthread_cond_destroy(&self->wake);
    pthread_mutex_destroy(&self->lock);
    free(self);
    return NULL;
}

bool painter_end(painter *self)
{
    if (self->closing)
        return false;
    pthread_mutex_lock(&self->lock);
    self->closing = true;
    pthread_cond_signal(&self->wake);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);
    return true;
}

void painter_destroy(painter *self)
{
    pthread_cond_destroy(&self->wake);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

void painter_now(painter *self)
{
    pthread_mutex_lock(&self->lock);
    self->begun = true;
    if (!self->closing)
        self->draw(self->ctx);
    pthread_mutex_unlock(&self->lock);
}
