/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/lock.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "gpu/lock_file.h"

/* Threads of one process draw numbers; the one whose turn it is stands for its process. Processes pass two flocks: who has `gate`
 * waits for `device` and is the next to get it. The others of its process come to the gate when the device is given back, and by
 * then another process stands there: none is passed twice. With one flock, whoever gives the device back takes it again before
 * those that it wakes can run. */
struct gpu_lock {
    pthread_mutex_t mutex;
    pthread_cond_t turned;
    uint64_t n_drawn, turn; /* numbers given out; whose turn it is */
    int gate, device;
    char name[LOCK_NAME_ROOM];
};

pt_status gpu_lock_open(const char *dir, const char *name, gpu_lock **out, pt_err *err)
{
    gpu_lock *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the lock of device %s", name);
    self->gate = self->device = -1;
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->turned, NULL);
    if (lock_file_name(name, self->name, err) != PT_OK ||
        lock_file_open(dir, self->name, "gate", &self->gate, err) != PT_OK ||
        lock_file_open(dir, self->name, "device", &self->device, err) != PT_OK) {
        gpu_lock_close(self);
        return err->code;
    }
    *out = self;
    return PT_OK;
}

void gpu_lock_close(gpu_lock *self)
{
    if (self == NULL)
        return;
    if (self->gate >= 0)
        close(self->gate);
    if (self->device >= 0)
        close(self->device);
    pthread_cond_destroy(&self->turned);
    pthread_mutex_destroy(&self->mutex);
    free(self);
}

static void turn_wait(gpu_lock *self)
{
    pthread_mutex_lock(&self->mutex);
    const uint64_t number = self->n_drawn++;
    while (self->turn != number)
        pthread_cond_wait(&self->turned, &self->mutex);
    pthread_mutex_unlock(&self->mutex);
}

static void turn_pass(gpu_lock *self)
{
    pthread_mutex_lock(&self->mutex);
    self->turn++;
    pthread_cond_broadcast(&self->turned);
    pthread_mutex_unlock(&self->mutex);
}

pt_status gpu_lock_take(gpu_lock *self, pt_err *err)
{
    if (self == NULL)
        return PT_OK;
    turn_wait(self);
    int fault = lock_file_take(self->gate);
    if (fault == 0) {
        fault = lock_file_take(self->device);
        flock(self->gate, LOCK_UN);
    }
    if (fault == 0)
        return PT_OK;
    turn_pass(self);
    return pt_fail(err, PT_E_DEVICE, "device %s: its lock can't be taken: %s", self->name, strerror(fault));
}

void gpu_lock_give(gpu_lock *self)
{
    if (self == NULL)
        return;
    flock(self->device, LOCK_UN);
    turn_pass(self);
}
