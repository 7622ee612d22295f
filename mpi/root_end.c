/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/root_end.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "node/pipeline/stage.h"

enum {
    NAP_MS = 20, /* nothing else is waited for: rank 0's threads are to have the core */
    BEAT_S = 3
};

typedef struct {
    root_work *work;
    void *ctx;
    int code;
    sigset_t signals; /* that the work may take */
    pthread_mutex_t lock;
    pthread_cond_t ends;
    bool over;
} working;

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

static void *do_work(void *arg)
{
    working *self = arg;
    pthread_sigmask(SIG_SETMASK, &self->signals, NULL);
    self->code = self->work(self->ctx);
    pthread_mutex_lock(&self->lock);
    self->over = true;
    pthread_cond_signal(&self->ends);
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

static void beat_until_over(working *self, transport *to)
{
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    pthread_mutex_lock(&self->lock);
    while (!self->over) {
        beat(to);
        next.tv_sec += BEAT_S;
        while (!self->over && pthread_cond_timedwait(&self->ends, &self->lock, &next) == 0)
            ;
    }
    pthread_mutex_unlock(&self->lock);
}

static void init(working *self, root_work *work, void *ctx)
{
    pthread_condattr_t steady;
    *self = (working){.work = work, .ctx = ctx};
    pthread_mutex_init(&self->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&self->ends, &steady);
    pthread_condattr_destroy(&steady);
}

static void clear(working *self)
{
    pthread_cond_destroy(&self->ends);
    pthread_mutex_destroy(&self->lock);
}

/* Signals are the command's, as without ranks that wait: none is taken by the thread that only waits. */
pt_status root_end_work(transport *to, root_work *work, void *ctx, int *code, pt_err *err)
{
    working self;
    pthread_t thread;
    sigset_t all;
    init(&self, work, ctx);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &self.signals);
    if (pthread_create(&thread, NULL, do_work, &self) != 0) {
        pt_fail(err, PT_E_NOMEM,
                "can't start a thread for the command, while this one tells the other ranks that rank 0 is there");
    } else {
        beat_until_over(&self, to);
        pthread_join(thread, NULL);
        *code = self.code;
    }
    pthread_sigmask(SIG_SETMASK, &self.signals, NULL);
    clear(&self);
    send_all(to, 0, err);
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
