/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "gpu/claims.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "gpu/lock_file.h"

/* A claim is a shared lock on as many bytes of the file, far beyond its end, as it has of the device; those of different claims are apart. Such
 * locks need no right to write, are there for all to see (F_OFD_GETLK) and go with the process: there is nothing to be damaged, to be stale,
 * or to be cleaned up. */
struct gpu_claims {
    pthread_mutex_t mutex; /* flock is of the process: its threads take turns by this one */
    int file;
    uint64_t end; /* behind all claims of its own */
    char name[LOCK_NAME_ROOM];
};

enum { DEPTH_MAX = 1000 }; /* claims of one device: nobody has so many */

static const uint64_t file_end = INT64_MAX;

/* What the others have between two places: their bytes, and the end of the last. Locks are not told in order, so both sides of each are looked at. */
static void look(int file, uint64_t from, uint64_t to, unsigned depth, uint64_t *n_bytes, uint64_t *end)
{
    while (from < to) {
        struct flock f = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)from, .l_len = (off_t)(to - from)};
        if (depth == DEPTH_MAX || fcntl(file, F_OFD_GETLK, &f) != 0 || f.l_type == F_UNLCK)
            return;
        const uint64_t first = (uint64_t)f.l_start > from ? (uint64_t)f.l_start : from;
        const uint64_t last = f.l_len == 0 || (uint64_t)(f.l_start + f.l_len) > to ? to : (uint64_t)(f.l_start + f.l_len);
        *n_bytes += last - first;
        *end = last > *end ? last : *end;
        look(file, from, first, ++depth, n_bytes, end);
        from = last;
    }
}

pt_status gpu_claims_open(const char *dir, const char *name, gpu_claims **out, pt_err *err)
{
    gpu_claims *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the claims of device %s", name);
    self->file = -1;
    pthread_mutex_init(&self->mutex, NULL);
    if (lock_file_name(name, self->name, err) == PT_OK &&
        lock_file_open(dir, self->name, "memory", &self->file, err) == PT_OK)
        *out = self;
    else
        gpu_claims_close(self);
    return err->code;
}

void gpu_claims_close(gpu_claims *self)
{
    if (self == NULL)
        return;
    if (self->file >= 0)
        close(self->file);
    pthread_mutex_destroy(&self->mutex);
    free(self);
}

uint64_t gpu_claims_of_others(const gpu_claims *self)
{
    uint64_t n_bytes = 0, end = 0;
    look(self->file, 0, file_end, 0, &n_bytes, &end);
    return n_bytes;
}

pt_status gpu_claims_begin(gpu_claims *self, pt_err *err)
{
    pthread_mutex_lock(&self->mutex);
    const int fault = lock_file_take(self->file);
    if (fault == 0)
        return PT_OK;
    pthread_mutex_unlock(&self->mutex);
    return pt_fail(err, PT_E_DEVICE, "device %s: its memory can't be planned for: %s", self->name, strerror(fault));
}

void gpu_claims_end(gpu_claims *self)
{
    flock(self->file, LOCK_UN);
    pthread_mutex_unlock(&self->mutex);
}

/* One byte apart from the one before: claims that touch would be one to the system. */
pt_status gpu_claims_add(gpu_claims *self, uint64_t n_bytes, gpu_claim *out, pt_err *err)
{
    uint64_t of_others = 0, end = self->end;
    look(self->file, 0, file_end, 0, &of_others, &end);
    const gpu_claim claim = {end + 1, n_bytes};
    struct flock f = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = (off_t)claim.first, .l_len = (off_t)n_bytes};
    *out = (gpu_claim){0};
    if (n_bytes == 0)
        return PT_OK;
    if (end >= file_end || n_bytes > file_end - end - 1)
        return pt_fail(err, PT_E_DEVICE, "device %s: its memory is claimed", self->name);
    if (fcntl(self->file, F_OFD_SETLK, &f) != 0)
        return errno == EINVAL
                   ? PT_OK
                   : pt_fail(err, PT_E_DEVICE, "device %s: its memory can't be claimed: %s", self->name, strerror(errno));
    self->end = claim.first + n_bytes;
    *out = claim;
    return PT_OK;
}

void gpu_claims_drop(gpu_claims *self, gpu_claim claim)
{
    struct flock f = {
        .l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = (off_t)claim.first, .l_len = (off_t)claim.n_bytes};
    if (claim.n_bytes > 0)
        fcntl(self->file, F_OFD_SETLK, &f);
}
