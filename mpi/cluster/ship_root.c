/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/cluster/ship_root.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mpi/cluster/key_cache.h"

enum { OPEN_MAX_FILES = 64 }; /* witnesses that are held open: of ranks that fetch at the same time */

/* A key: its hash is computed when the first rank asks, beside the thread that answers. */
typedef struct {
    char *path;
    int file;
    uint64_t n_bytes;
    uint8_t hash[KEY_CACHE_HASH_BYTES];
    pthread_t hasher;
    bool begun;
    atomic_bool hashed, unwanted;
    pt_err err;
} sent_key;

typedef struct {
    bool used;
    uint32_t partition;
    int file;
} open_witness;

struct ship_root {
    const request *of;
    ship_source *source;
    sent_key **keys;
    uint32_t n_keys;
    open_witness witnesses[OPEN_MAX_FILES];
};

static pt_status open_regular(const char *path, int *file, uint64_t *n_bytes, pt_err *err)
{
    struct stat info;
    *file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*file < 0)
        return pt_fail(err, PT_E_NOINPUT, "%s: %s", path, strerror(errno));
    if (fstat(*file, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
        *n_bytes = (uint64_t)info.st_size;
        return PT_OK;
    }
    close(*file);
    *file = -1;
    return pt_fail(err, PT_E_FORMAT, "%s: it can't be sent: it is %s", path,
                   S_ISREG(info.st_mode) ? "empty" : "no regular file");
}

/* ---- keys ---- */

static void *hash_key(void *arg)
{
    sent_key *key = arg;
    key_cache_hash(key->file, key->path, key->n_bytes, &key->unwanted, key->hash, &key->err);
    atomic_store(&key->hashed, true);
    return NULL;
}

static void begin_key(sent_key *key, const char *path)
{
    key->path = strdup(path);
    if (key->path == NULL)
        pt_fail(&key->err, PT_E_NOMEM, "no memory to send a key");
    else if (open_regular(path, &key->file, &key->n_bytes, &key->err) == PT_OK &&
             pthread_create(&key->hasher, NULL, hash_key, key) != 0)
        pt_fail(&key->err, PT_E_NOMEM, "can't start the thread that hashes a key");
    key->begun = key->err.code == PT_OK;
    if (!key->begun)
        atomic_store(&key->hashed, true);
}

/* NULL: no memory for it. */
static sent_key *key_of(ship_root *self, uint32_t i)
{
    if (i >= self->n_keys) {
        sent_key **more = realloc(self->keys, (i + 1) * sizeof(sent_key *));
        if (more == NULL)
            return NULL;
        for (self->keys = more; self->n_keys <= i; self->n_keys++)
            more[self->n_keys] = NULL;
    }
    if (self->keys[i] == NULL && (self->keys[i] = calloc(1, sizeof **self->keys)) != NULL) {
        self->keys[i]->file = -1;
        begin_key(self->keys[i], self->of->keys[i]);
    }
    return self->keys[i];
}

static pt_status find_key(ship_root *self, uint32_t i, ship_item *out, pt_err *err)
{
    sent_key *key = i < self->of->n_keys ? key_of(self, i) : NULL;
    if (key == NULL || !atomic_load(&key->hashed))
        return PT_OK;
    if (key->err.code != PT_OK)
        return pt_fail(err, key->err.code, "%s", key->err.msg);
    *out = (ship_item){.known = true, .file = key->file, .n_bytes = key->n_bytes, .hash = key->hash};
    return PT_OK;
}

static void key_destroy(sent_key *key)
{
    if (key == NULL)
        return;
    atomic_store(&key->unwanted, true);
    if (key->begun)
        pthread_join(key->hasher, NULL);
    if (key->file >= 0)
        close(key->file);
    free(key->path);
    free(key);
}

/* ---- witnesses ---- */

static pt_status find_witness(ship_root *self, uint32_t i, ship_item *out, pt_err *err)
{
    open_witness *w = &self->witnesses[i % OPEN_MAX_FILES];
    struct stat info;
    if (i >= self->of->n_partitions)
        return PT_OK;
    if (!w->used || w->partition != i) {
        if (w->used)
            close(w->file);
        w->used = open_regular(self->of->partitions[i].witness, &w->file, &out->n_bytes, err) == PT_OK;
        w->partition = i;
        if (!w->used)
            return err->code;
    }
    if (fstat(w->file, &info) != 0)
        return pt_fail(err, PT_E_NOINPUT, "%s: %s", self->of->partitions[i].witness, strerror(errno));
    *out = (ship_item){.known = true, .file = w->file, .n_bytes = (uint64_t)info.st_size};
    return PT_OK;
}

void ship_root_forget(ship_root *self, uint32_t i)
{
    open_witness *w = &self->witnesses[i % OPEN_MAX_FILES];
    if (!w->used || w->partition != i)
        return;
    close(w->file);
    w->used = false;
}

static pt_status find(void *ctx, wire_file file, ship_item *out, pt_err *err)
{
    return file.kind == WIRE_OF_KEY ? find_key(ctx, file.index, out, err) : find_witness(ctx, file.index, out, err);
}

/* ---- the whole ---- */

pt_status ship_root_create(const request *of, uint32_t n_ranks, ship_root **out, pt_err *err)
{
    ship_root *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory to send files");
    self->of = of;
    if (ship_source_create((ship_shelf){.ctx = self, .find = find}, n_ranks, &self->source, err) == PT_OK)
        *out = self;
    else
        ship_root_destroy(self);
    return err->code;
}

void ship_root_destroy(ship_root *self)
{
    if (self == NULL)
        return;
    for (uint32_t i = 0; i < self->n_keys; i++)
        key_destroy(self->keys[i]);
    for (size_t i = 0; i < OPEN_MAX_FILES; i++)
        if (self->witnesses[i].used)
            close(self->witnesses[i].file);
    ship_source_destroy(self->source);
    free(self->keys);
    free(self);
}

void ship_root_take(ship_root *self, const ship_line *line, uint32_t from, const wire_frame *want)
{
    ship_source_take(self->source, line, from, want);
}

bool ship_root_is_at_work(const ship_root *self)
{
    for (uint32_t i = 0; i < self->n_keys; i++)
        if (self->keys[i] != NULL && !atomic_load(&self->keys[i]->hashed))
            return true;
    return false;
}

ship_figures ship_root_figures(const ship_root *self, wire_file_kind kind)
{
    return ship_source_figures(self->source, kind);
}
