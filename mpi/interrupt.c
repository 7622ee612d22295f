/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct interrupt {
    atomic_bool raised, exit_allowed, closing;
    atomic_int number; /* of the last signal */
    _Atomic(const run_log *) log;
    pthread_mutex_t publishing;
    sigset_t signals, mask_before;
    pthread_t watcher;
};

/* Not while outputs are written: the flag has been raised, and whoever holds signals off reads it next. */
static void leave(interrupt *self)
{
    if (pthread_mutex_trylock(&self->publishing) != 0)
        return;
    /* Nobody may begin an output or draw progress behind the message: neither lock is released. */
    flockfile(stderr);
    run_log_say(atomic_load(&self->log), LOG_WARNING, "interrupted", "interrupted (%s)",
                strsignal(atomic_load(&self->number)));
    _exit(PT_E_NOMEM);
}

static void *watch_signals(void *arg)
{
    interrupt *self = arg;
    int number;
    while (sigwait(&self->signals, &number) == 0 && !atomic_load(&self->closing)) {
        atomic_store(&self->number, number);
        bool again = atomic_exchange(&self->raised, true);
        if (again || atomic_load(&self->exit_allowed))
            leave(self);
    }
    return NULL;
}

pt_status interrupt_create(interrupt **out, pt_err *err)
{
    interrupt *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory to watch for signals");
    pthread_mutex_init(&self->publishing, NULL);
    sigemptyset(&self->signals);
    sigaddset(&self->signals, SIGINT);
    sigaddset(&self->signals, SIGTERM);
    sigaddset(&self->signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &self->signals, &self->mask_before);
    if (pthread_create(&self->watcher, NULL, watch_signals, self) != 0) {
        pthread_sigmask(SIG_SETMASK, &self->mask_before, NULL);
        pthread_mutex_destroy(&self->publishing);
        free(self);
        return pt_fail(err, PT_E_NOMEM, "can't start the thread that watches for signals");
    }
    *out = self;
    return PT_OK;
}

void interrupt_destroy(interrupt *self)
{
    if (self == NULL)
        return;
    atomic_store(&self->closing, true);
    pthread_kill(self->watcher, SIGTERM);
    pthread_join(self->watcher, NULL);
    pthread_sigmask(SIG_SETMASK, &self->mask_before, NULL);
    pthread_mutex_destroy(&self->publishing);
    free(self);
}

void interrupt_set_log(interrupt *self, const run_log *log)
{
    atomic_store(&self->log, log);
}

const atomic_bool *interrupt_flag(const interrupt *self)
{
    return &self->raised;
}

void interrupt_allow_exit(interrupt *self, bool allowed)
{
    atomic_store(&self->exit_allowed, allowed);
    if (allowed && atomic_load(&self->raised))
        leave(self);
}

void interrupt_hold(interrupt *self)
{
    pthread_mutex_lock(&self->publishing);
}

void interrupt_release(interrupt *self)
{
    pthread_mutex_unlock(&self->publishing);
}
