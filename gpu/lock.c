/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/lock.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Threads of one process draw numbers; the one whose turn it is stands for its process. Processes pass two flocks: who has `gate`
 * waits for `device` and is the next to get it. The others of its process come to the gate when the device is given back, and by
 * then another process stands there: none is passed twice. With one flock, whoever gives the device back takes it again before
 * those that it wakes can run. */
struct gpu_lock {
    pthread_mutex_t mutex;
    pthread_cond_t turned;
    uint64_t n_drawn, turn; /* numbers given out; whose turn it is */
    int gate, device;
    char name[NAME_MAX + 1];
};

/* The name as part of a file's. */
static pt_status name_set(gpu_lock *self, const char *name, pt_err *err)
{
    size_t n = strlen(name);
    if (n == 0 || n + sizeof ".device" > sizeof self->name)
        return pt_fail(err, PT_E_ARG, "lock of a device: a name of %zu characters", n);
    for (size_t i = 0; i <= n; i++) {
        const char c = name[i];
        const int stays = c == '\0' || isalnum((unsigned char)c) || strchr(".-_", c) != NULL;
        self->name[i] = stays ? c : '_';
    }
    return PT_OK;
}

/* Without O_CREAT where the file is there: in a sticky folder the system refuses that for a file of another user. O_NONBLOCK: who
 * put a FIFO there holds nobody up. */
static int open_or_make(const char *path)
{
    enum { FLAGS = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, TRIES = 3 };
    int fd = -1;
    for (int i = 0; i < TRIES && fd < 0; i++) {
        fd = open(path, FLAGS);
        if (fd >= 0 || errno != ENOENT)
            break;
        fd = open(path, FLAGS | O_CREAT | O_EXCL, 0644);
        if (fd >= 0)
            (void)fchmod(fd, 0644); /* whatever the umask: other users' processes share the device */
        else if (errno != EEXIST)
            break;
    }
    return fd;
}

static pt_status file_open(const char *dir, const gpu_lock *self, const char *suffix, int *out, pt_err *err)
{
    char path[PATH_MAX];
    struct stat info;
    if ((size_t)snprintf(path, sizeof path, "%s/%s.%s", dir, self->name, suffix) >= sizeof path)
        return pt_fail(err, PT_E_ARG, "lock of device %s: the folder's name is too long", self->name);
    const int fd = open_or_make(path);
    if (fd < 0)
        return pt_fail(err, PT_E_CREATE, "%s: can't open the device's lock: %s", path, strerror(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return pt_fail(err, PT_E_CREATE, "%s: the device's lock is no plain file", path);
    }
    *out = fd;
    return PT_OK;
}

pt_status gpu_lock_open(const char *dir, const char *name, gpu_lock **out, pt_err *err)
{
    gpu_lock *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the lock of device %s", name);
    self->gate = self->device = -1;
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->turned, NULL);
    if (name_set(self, name, err) != PT_OK || file_open(dir, self, "gate", &self->gate, err) != PT_OK ||
        file_open(dir, self, "device", &self->device, err) != PT_OK) {
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

/* 0, or errno. */
static int lock_file(int fd)
{
    while (flock(fd, LOCK_EX) != 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

pt_status gpu_lock_take(gpu_lock *self, pt_err *err)
{
    turn_wait(self);
    int fault = lock_file(self->gate);
    if (fault == 0) {
        fault = lock_file(self->device);
        flock(self->gate, LOCK_UN);
    }
    if (fault == 0)
        return PT_OK;
    turn_pass(self);
    return pt_fail(err, PT_E_DEVICE, "device %s: its lock can't be taken: %s", self->name, strerror(fault));
}

void gpu_lock_give(gpu_lock *self)
{
    flock(self->device, LOCK_UN);
    turn_pass(self);
}
