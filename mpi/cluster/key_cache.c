/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/cluster/key_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char of_key[] = ".key", of_part[] = ".part", of_lock[] = ".lock";

enum { HEX_CHARS = 2 * KEY_CACHE_HASH_BYTES, READ_BYTES = 1 << 20 };

/* ---- hashes ---- */

pt_status key_cache_hash(int file, const char *name, uint64_t n_bytes, const atomic_bool *stop, uint8_t *hash, pt_err *err)
{
    crypto_generichash_state state;
    uint8_t *room = malloc(READ_BYTES);
    if (room == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to look at it", name);
    crypto_generichash_init(&state, NULL, 0, KEY_CACHE_HASH_BYTES);
    for (uint64_t at = 0; at < n_bytes && err->code == PT_OK;) {
        const uint64_t left = n_bytes - at;
        const ssize_t n = pread(file, room, left < READ_BYTES ? (size_t)left : READ_BYTES, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (stop != NULL && atomic_load(stop))
            pt_fail(err, PT_E_NOMEM, "%s: nobody waits for it", name);
        else if (n <= 0)
            pt_fail(err, PT_E_NOINPUT, "%s: %s", name, n < 0 ? strerror(errno) : "it ends before it should");
        else
            crypto_generichash_update(&state, room, (size_t)n);
        at += n > 0 ? (uint64_t)n : 0;
    }
    if (err->code == PT_OK)
        crypto_generichash_final(&state, hash, KEY_CACHE_HASH_BYTES);
    free(room);
    return err->code;
}

/* ---- the directory ---- */

pt_status key_cache_open(const char *dir, uint64_t max_bytes, key_cache *out, pt_err *err)
{
    struct stat info, named;
    if (strlen(dir) + HEX_CHARS + sizeof of_part + 1 >= KEY_CACHE_PATH_ROOM)
        return pt_fail(err, PT_E_ARG, "%.200s...: too long a name for a cache", dir);
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return pt_fail(err, PT_E_CREATE, "%s: can't make the directory: %s", dir, strerror(errno));
    if (stat(dir, &info) != 0 || !S_ISDIR(info.st_mode))
        return pt_fail(err, PT_E_CREATE, "%s: expected a directory for keys", dir);
    if (lstat(dir, &named) != 0 || named.st_uid != geteuid() || info.st_uid != geteuid() ||
        (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return pt_fail(err, PT_E_CREATE,
                       "%s: it is another user's, or others may write to it: a cache must be its user's alone", dir);
    *out = (key_cache){.max_bytes = max_bytes};
    snprintf(out->dir, sizeof out->dir, "%s", dir);
    return PT_OK;
}

static void name_file(const char *dir, const uint8_t *hash, const char *ending, char out[KEY_CACHE_PATH_ROOM])
{
    char hex[HEX_CHARS + 1];
    sodium_bin2hex(hex, sizeof hex, hash, KEY_CACHE_HASH_BYTES);
    snprintf(out, KEY_CACHE_PATH_ROOM, "%.*s/%s%s", KEY_CACHE_PATH_ROOM - HEX_CHARS - 8, dir, hex, ending);
}

/* What a key is called while it is fetched. */
static void name_part(const cached_key *key, char out[KEY_CACHE_PATH_ROOM])
{
    const size_t n = strlen(key->path) - (sizeof of_key - 1);
    snprintf(out, KEY_CACHE_PATH_ROOM, "%.*s%s", (int)n, key->path, of_part);
}

static void describe(const key_cache *self, const uint8_t *hash, uint64_t n_bytes, cached_key *out)
{
    *out = (cached_key){.file = -1, .n_bytes = n_bytes};
    memcpy(out->hash, hash, KEY_CACHE_HASH_BYTES);
    name_file(self->dir, hash, of_key, out->path);
}

/* ---- what is there ---- */

/* Does the name still lead to this file? */
static bool is_at(const char *path, int file)
{
    struct stat named, opened;
    return stat(path, &named) == 0 && fstat(file, &opened) == 0 && named.st_dev == opened.st_dev &&
           named.st_ino == opened.st_ino;
}

pt_status key_cache_find(const key_cache *self, const uint8_t *hash, uint64_t n_bytes, bool *found, cached_key *out,
                         pt_err *err)
{
    cached_key key;
    struct stat info;
    describe(self, hash, n_bytes, &key);
    *found = false;
    key.file = open(key.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (key.file < 0 && errno == ENOENT)
        return PT_OK;
    if (key.file < 0)
        return pt_fail(err, PT_E_NOINPUT, "%s: %s", key.path, strerror(errno));
    const bool taken = flock(key.file, LOCK_SH) == 0 && is_at(key.path, key.file);
    if (taken && fstat(key.file, &info) == 0 && (uint64_t)info.st_size == n_bytes) {
        futimens(key.file, NULL);
        *found = true;
        *out = key;
        return PT_OK;
    }
    if (taken)
        unlink(key.path);
    cached_key_close(&key);
    return PT_OK;
}

pt_status key_cache_check(const cached_key *key, const atomic_bool *stop, pt_err *err)
{
    uint8_t hash[KEY_CACHE_HASH_BYTES];
    if (key_cache_hash(key->file, key->path, key->n_bytes, stop, hash, err) != PT_OK)
        return err->code;
    if (memcmp(hash, key->hash, sizeof hash) == 0)
        return PT_OK;
    if (is_at(key->path, key->file))
        unlink(key->path);
    return pt_fail(err, PT_E_FORMAT, "%s: it is not what its name says", key->path);
}

void cached_key_close(cached_key *key)
{
    if (key->file >= 0)
        close(key->file);
    key->file = -1;
}

/* ---- room ---- */

typedef struct {
    char name[NAME_MAX + 1];
    uint64_t n_bytes;
    struct timespec used;
} resident_file;

typedef struct {
    resident_file *files;
    size_t n;
    uint64_t n_bytes;
} residents;

static bool ends_with(const char *name, const char *ending)
{
    const size_t n = strlen(name), m = strlen(ending);
    return n == HEX_CHARS + m && strcmp(name + n - m, ending) == 0;
}

static bool add_resident(residents *all, int dir, const char *name)
{
    struct stat info;
    if ((!ends_with(name, of_key) && !ends_with(name, of_part)) || fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return true;
    resident_file *more = realloc(all->files, (all->n + 1) * sizeof *more);
    if (more == NULL)
        return false;
    all->files = more;
    more[all->n] = (resident_file){.n_bytes = (uint64_t)info.st_size, .used = info.st_mtim};
    snprintf(more[all->n].name, sizeof more->name, "%s", name);
    all->n_bytes += more[all->n].n_bytes;
    all->n++;
    return true;
}

static int by_use(const void *a, const void *b)
{
    const struct timespec *s = &((const resident_file *)a)->used, *t = &((const resident_file *)b)->used;
    if (s->tv_sec != t->tv_sec)
        return s->tv_sec < t->tv_sec ? -1 : 1;
    return s->tv_nsec < t->tv_nsec ? -1 : s->tv_nsec > t->tv_nsec;
}

/* Least recently used first. */
static pt_status list_residents(const key_cache *self, residents *out, pt_err *err)
{
    DIR *dir = opendir(self->dir);
    bool whole = true;
    *out = (residents){0};
    if (dir == NULL)
        return pt_fail(err, PT_E_CREATE, "%s: can't be read: %s", self->dir, strerror(errno));
    for (const struct dirent *e; whole && (e = readdir(dir)) != NULL;)
        whole = add_resident(out, dirfd(dir), e->d_name);
    closedir(dir);
    if (!whole)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for what is in it", self->dir);
    if (out->n > 1)
        qsort(out->files, out->n, sizeof *out->files, by_use);
    return PT_OK;
}

/* Unless somebody holds it: a file that is used, or is being fetched. */
static bool evict(const key_cache *self, const resident_file *file)
{
    char path[KEY_CACHE_PATH_ROOM + NAME_MAX + 1];
    snprintf(path, sizeof path, "%s/%s", self->dir, file->name);
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    const bool gone = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && is_at(path, fd) && unlink(path) == 0;
    if (fd >= 0)
        close(fd);
    return gone;
}

static pt_status make_room(const key_cache *self, uint64_t n_bytes, pt_err *err)
{
    residents all;
    if (n_bytes > self->max_bytes)
        return pt_fail(err, PT_E_CREATE, "%s: a key of %llu bytes, but --cache-size is %llu", self->dir,
                       (unsigned long long)n_bytes, (unsigned long long)self->max_bytes);
    list_residents(self, &all, err);
    for (size_t i = 0; i < all.n && err->code == PT_OK && all.n_bytes > self->max_bytes - n_bytes; i++)
        if (evict(self, &all.files[i]))
            all.n_bytes -= all.files[i].n_bytes;
    if (err->code == PT_OK && all.n_bytes > self->max_bytes - n_bytes)
        pt_fail(err, PT_E_CREATE, "%s: no room for a key of %llu bytes: --cache-size is %llu, and %llu are in use",
                self->dir, (unsigned long long)n_bytes, (unsigned long long)self->max_bytes,
                (unsigned long long)all.n_bytes);
    free(all.files);
    return err->code;
}

/* ---- what is fetched ---- */

/* Take the name that it is fetched under. The lock of who was killed meanwhile is free, and what it left is overwritten. */
static pt_status take_part(cached_key *key, bool *busy, pt_err *err)
{
    char part[KEY_CACHE_PATH_ROOM];
    name_part(key, part);
    const int file = open(part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return pt_fail(err, PT_E_CREATE, "%s: %s", part, strerror(errno));
    const bool taken = flock(file, LOCK_EX | LOCK_NB) == 0 && is_at(part, file), is_there = access(key->path, F_OK) == 0;
    *busy = !taken || is_there;
    if (!*busy) {
        key->file = file;
        return PT_OK;
    }
    if (taken)
        unlink(part);
    close(file);
    return PT_OK;
}

static pt_status reserve(const cached_key *key, pt_err *err)
{
    const off_t n = (off_t)key->n_bytes;
    if (ftruncate(key->file, 0) == 0 &&
        (fallocate(key->file, 0, 0, n) == 0 || ((errno == EOPNOTSUPP || errno == ENOSYS) && ftruncate(key->file, n) == 0)))
        return PT_OK;
    return pt_fail(err, PT_E_IO, "%s: no room for %llu bytes: %s", key->path, (unsigned long long)key->n_bytes,
                   strerror(errno));
}

/* Room is made by one process at a time. */
static int lock_directory(const key_cache *self)
{
    char path[KEY_CACHE_PATH_ROOM + sizeof of_lock];
    snprintf(path, sizeof path, "%s/%s", self->dir, of_lock);
    const int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock >= 0)
        flock(lock, LOCK_EX);
    return lock;
}

pt_status key_cache_begin(const key_cache *self, const uint8_t *hash, uint64_t n_bytes, bool *busy, cached_key *out,
                          pt_err *err)
{
    cached_key key;
    describe(self, hash, n_bytes, &key);
    const int lock = lock_directory(self);
    if (lock < 0)
        return pt_fail(err, PT_E_CREATE, "%s: can't be written to: %s", self->dir, strerror(errno));
    if (take_part(&key, busy, err) == PT_OK && !*busy && make_room(self, n_bytes, err) == PT_OK)
        reserve(&key, err);
    close(lock);
    if (err->code != PT_OK && key.file >= 0)
        key_cache_drop(&key);
    else if (err->code == PT_OK && !*busy)
        *out = key;
    return err->code;
}

pt_status key_cache_write(const cached_key *key, uint64_t offset, const uint8_t *bytes, size_t n_bytes, pt_err *err)
{
    for (size_t at = 0; at < n_bytes;) {
        const ssize_t n = pwrite(key->file, bytes + at, n_bytes - at, (off_t)(offset + at));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return pt_fail(err, PT_E_IO, "%s: write failed: %s", key->path, strerror(n < 0 ? errno : ENOSPC));
        at += (size_t)n;
    }
    return PT_OK;
}

static void sync_directory_of(const char *path)
{
    char dir[KEY_CACHE_PATH_ROOM];
    snprintf(dir, sizeof dir, "%s", path);
    *strrchr(dir, '/') = '\0';
    const int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

pt_status key_cache_settle(cached_key *key, const atomic_bool *stop, pt_err *err)
{
    char part[KEY_CACHE_PATH_ROOM];
    uint8_t hash[KEY_CACHE_HASH_BYTES];
    name_part(key, part);
    if (key_cache_hash(key->file, key->path, key->n_bytes, stop, hash, err) != PT_OK)
        return err->code;
    if (memcmp(hash, key->hash, sizeof hash) != 0)
        return pt_fail(err, PT_E_FORMAT, "%s: what was sent is not what its name says", key->path);
    if (fsync(key->file) != 0 || rename(part, key->path) != 0)
        return pt_fail(err, PT_E_IO, "%s: %s", key->path, strerror(errno));
    sync_directory_of(key->path);
    flock(key->file, LOCK_SH);
    return PT_OK;
}

void key_cache_drop(cached_key *key)
{
    char part[KEY_CACHE_PATH_ROOM];
    name_part(key, part);
    if (is_at(part, key->file))
        unlink(part);
    cached_key_close(key);
}
