/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf */
#include "gpu/binary_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

/* What a file begins with; key, log and binary follow. */
typedef struct {
    char magic[8];
    uint64_t key_bytes, log_bytes, binary_bytes;
    uint64_t sum; /* XXH3 of all that follows */
} entry_head;

static const char magic[8] = "PTKERN1";
static const uint64_t ENTRY_BYTES_MAX = (uint64_t)1 << 28;

void binary_cache_name(const char *key, char *out)
{
    XXH128_hash_t hash = XXH3_128bits(key, strlen(key));
    snprintf(out, BINARY_CACHE_NAME, "%016llx%016llx.kernel", (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
}

/* owns: the caller's (free); NULL without memory */
static char *entry_path(const char *folder, const char *key)
{
    char name[BINARY_CACHE_NAME], *path;
    binary_cache_name(key, name);
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static bool read_all(int file, void *to, size_t n_bytes)
{
    for (size_t got = 0; got < n_bytes;) {
        ssize_t n = read(file, (char *)to + got, n_bytes - got);
        if (n <= 0 && !(n < 0 && errno == EINTR))
            return false;
        got += n < 0 ? 0 : (size_t)n;
    }
    return true;
}

static bool write_all(int file, const void *from, size_t n_bytes)
{
    for (size_t put = 0; put < n_bytes;) {
        ssize_t n = write(file, (const char *)from + put, n_bytes - put);
        if (n <= 0 && !(n < 0 && errno == EINTR))
            return false;
        put += n < 0 ? 0 : (size_t)n;
    }
    return true;
}

/* A regular file of this user that nobody else can write, as long as its head says. */
static bool head_fits(int file, const entry_head *head)
{
    struct stat is;
    if (fstat(file, &is) != 0 || !S_ISREG(is.st_mode) || is.st_uid != geteuid() || (is.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return false;
    return memcmp(head->magic, magic, sizeof magic) == 0 && head->key_bytes < ENTRY_BYTES_MAX &&
           head->log_bytes < ENTRY_BYTES_MAX && head->binary_bytes - 1 < ENTRY_BYTES_MAX &&
           (uint64_t)is.st_size == sizeof *head + head->key_bytes + head->log_bytes + head->binary_bytes;
}

/* Take the parts of a checked entry. */
static bool take_parts(const entry_head *head, const char *rest, cached_binary *out)
{
    cached_binary entry = {.binary = malloc(head->binary_bytes), .log = calloc(1, head->log_bytes + 1)};
    if (entry.binary == NULL || entry.log == NULL) {
        cached_binary_clear(&entry);
        return false;
    }
    memcpy(entry.log, rest + head->key_bytes, head->log_bytes);
    memcpy(entry.binary, rest + head->key_bytes + head->log_bytes, head->binary_bytes);
    entry.n_bytes = head->binary_bytes;
    *out = entry;
    return true;
}

static bool load_open(int file, const char *key, cached_binary *out)
{
    entry_head head;
    if (!read_all(file, &head, sizeof head) || !head_fits(file, &head) || head.key_bytes != strlen(key))
        return false;
    const size_t n_rest = head.key_bytes + head.log_bytes + head.binary_bytes;
    char *rest = malloc(n_rest);
    bool right = rest != NULL && read_all(file, rest, n_rest) && XXH3_64bits(rest, n_rest) == head.sum &&
                 memcmp(rest, key, head.key_bytes) == 0 && take_parts(&head, rest, out);
    free(rest);
    return right;
}

bool binary_cache_load(const char *folder, const char *key, cached_binary *out)
{
    char *path = folder == NULL ? NULL : entry_path(folder, key);
    int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO would be waited for */
    free(path);
    if (file < 0)
        return false;
    bool found = load_open(file, key, out);
    close(file);
    return found;
}

/* Make the folder and those above it. */
static bool make_folder(const char *folder)
{
    char *path = strdup(folder);
    if (path == NULL)
        return false;
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, S_IRWXU);
        *slash = '/';
    }
    bool made = mkdir(path, S_IRWXU) == 0 || errno == EEXIST;
    free(path);
    return made;
}

static bool write_entry(int file, const char *key, const cached_binary *entry)
{
    entry_head head = {.key_bytes = strlen(key), .log_bytes = strlen(entry->log), .binary_bytes = entry->n_bytes};
    memcpy(head.magic, magic, sizeof magic);
    XXH3_state_t *sum = XXH3_createState();
    if (sum == NULL)
        return false;
    XXH3_64bits_reset(sum);
    XXH3_64bits_update(sum, key, head.key_bytes);
    XXH3_64bits_update(sum, entry->log, head.log_bytes);
    XXH3_64bits_update(sum, entry->binary, head.binary_bytes);
    head.sum = XXH3_64bits_digest(sum);
    XXH3_freeState(sum);
    return write_all(file, &head, sizeof head) && write_all(file, key, head.key_bytes) &&
           write_all(file, entry->log, head.log_bytes) && write_all(file, entry->binary, head.binary_bytes);
}

/* Write beside path and rename: whoever reads finds a whole entry or none. */
static bool store_at(const char *path, const char *key, const cached_binary *entry)
{
    char *temp;
    if (asprintf(&temp, "%s.XXXXXX", path) < 0)
        return false;
    int file = mkostemp(temp, O_CLOEXEC);
    bool kept = false;
    if (file >= 0) {
        bool written = write_entry(file, key, entry);
        kept = close(file) == 0 && written && rename(temp, path) == 0;
        if (!kept)
            unlink(temp);
    }
    free(temp);
    return kept;
}

bool binary_cache_store(const char *folder, const char *key, const cached_binary *entry)
{
    char *path = folder == NULL || !make_folder(folder) ? NULL : entry_path(folder, key);
    bool kept = path != NULL && store_at(path, key, entry);
    free(path);
    return kept;
}

void cached_binary_clear(cached_binary *entry)
{
    free(entry->binary);
    free(entry->log);
    *entry = (cached_binary){0};
}
