/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/root_end.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "node/pipeline/stage.h"

enum {
    NAP_MS = 20, /* nothing else is waited for: rank 0's threads are to have the core */
    BEAT_S = 3
};

struct root_end {
    transport *to;
    pthread_t beats;
    pthread_mutex_t lock;
    pthread_cond_t ends;
    bool over;
};

static pt_status send_all(transport *to, size_t n_bytes, pt_err *err)
{
    static const uint8_t alive[1] = {1};
    for (uint32_t rank = 1; rank < to->n_ranks; rank++)
        if (transport_send(to, rank, alive, n_bytes, err) != PT_OK)
            return err->code;
    return PT_OK;
}

/* What has been taken goes on only where what comes back is read. */
static void beat(transport *to)
{
    const uint8_t *frame;
    size_t n_bytes;
    pt_err ignored = {0}; /* the next one is as good */
    while (transport_receive(to, &(uint32_t){0}, &frame, &n_bytes))
        ;
    send_all(to, 1, &ignored);
}

static void *beat_until_over(void *arg)
{
    root_end *self = arg;
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    pthread_mutex_lock(&self->lock);
    while (!self->over) {
        beat(self->to);
        next.tv_sec += BEAT_S;
        while (!self->over && pthread_cond_timedwait(&self->ends, &self->lock, &next) == 0)
            ;
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

static void clear(root_end *self)
{
    pthread_cond_destroy(&self->ends);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

/* No signal may be taken by a thread that the command which waits for it does not know. */
static int start_beats(root_end *self)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    const int failed = pthread_create(&self->beats, NULL, beat_until_over, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

pt_status root_end_create(transport *to, root_end **out, pt_err *err)
{
    pthread_condattr_t steady;
    root_end *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory to tell the other ranks that rank 0 is there");
    self->to = to;
    pthread_mutex_init(&self->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&self->ends, &steady);
    pthread_condattr_destroy(&steady);
    if (start_beats(self) != 0) {
        clear(self);
        return pt_fail(err, PT_E_NOMEM, "can't start the thread that tells the other ranks that rank 0 is there");
    }
    *out = self;
    return PT_OK;
}

pt_status root_end_tell(root_end *self, pt_err *err)
{
    pthread_mutex_lock(&self->lock);
    self->over = true;
    pthread_cond_signal(&self->ends);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->beats, NULL);
    send_all(self->to, 0, err);
    clear(self);
    return err->code;
}

pt_status root_end_wait(transport *from, double patience_s, pt_err *err)
{
    const struct timespec nap = {.tv_nsec = NAP_MS * 1000 * 1000};
    const uint8_t *frame;
    size_t n_bytes;
    double heard = clock_seconds();
    for (;;) {
        if (transport_receive(from, &(uint32_t){0}, &frame, &n_bytes)) {
            if (n_bytes == 0)
                return PT_OK;
            heard = clock_seconds();
        } else if (clock_seconds() - heard > patience_s)
            return pt_fail(err, PT_E_NOMEM, "rank 0 was not heard any more");
        nanosleep(&nap, NULL);
    }
}
