/* SPDX-License-Identifier: Apache-2.0 */
/* A file is a list of blocks, each with its bytes as they are and as they were synced: one buffer, until it is written to. A sync or a crash
 * costs what was written since the last one. */
#include "tests/cluster/memory_vfs.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_BYTES = 4096,
    PIECE_BYTES = 512, /* what a disk writes whole or not at all */
    NAME_BYTES_MAX = 512
};

/* NULL: zeros. A block whose buffers are one is clean. */
typedef struct {
    uint8_t *now, *safe;
    bool listed; /* in the file's list of those that may not be clean */
} block;

typedef struct memory_file {
    struct memory_file *next;
    char *name;
    bool linked_now, linked_safe; /* has it its name? */
    size_t n_bytes_now, n_bytes_safe;
    block *blocks;
    size_t n_blocks;
    size_t *dirty;
    size_t n_dirty, n_dirty_most;
    uint32_t n_shared;  /* who has SQLITE_LOCK_SHARED or more */
    const void *writer; /* who has SQLITE_LOCK_RESERVED or more */
    bool blocked;       /* the writer lets nobody new in */
} memory_file;

/* What SQLite holds of a file that it has opened. */
typedef struct {
    sqlite3_file base;
    struct memory_vfs *system;
    memory_file *file;
    uint64_t life; /* the system's when it was opened */
    int lock;
} memory_handle;

struct memory_vfs {
    sqlite3_vfs base; /* first: SQLite hands it back */
    char name[40];
    memory_file *files;
    uint64_t random, life, n_changes_left;
    size_t n_bytes_most;
    memory_vfs_counts counts;
    bool drops_syncs, stopped;
};

/* splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014) */
static uint64_t next_random(memory_vfs *self)
{
    uint64_t z = self->random += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* ---- blocks ---- */

static bool list_dirty(memory_file *file, size_t place)
{
    if (file->blocks[place].listed)
        return true;
    if (file->n_dirty == file->n_dirty_most) {
        size_t n = file->n_dirty_most == 0 ? 16 : 2 * file->n_dirty_most;
        size_t *grown = realloc(file->dirty, n * sizeof *grown);
        if (grown == NULL)
            return false;
        file->dirty = grown;
        file->n_dirty_most = n;
    }
    file->dirty[file->n_dirty++] = place;
    file->blocks[place].listed = true;
    return true;
}

static bool grow_blocks(memory_file *file, size_t n)
{
    if (n <= file->n_blocks)
        return true;
    size_t n_grown = n < 2 * file->n_blocks ? 2 * file->n_blocks : n;
    block *grown = realloc(file->blocks, n_grown * sizeof *grown);
    if (grown == NULL)
        return false;
    memset(grown + file->n_blocks, 0, (n_grown - file->n_blocks) * sizeof *grown);
    file->blocks = grown;
    file->n_blocks = n_grown;
    return true;
}

/* A block's bytes, to be written to: NULL without memory. */
static uint8_t *block_to_write(memory_file *file, size_t place)
{
    block *one = file->blocks + place;
    if (one->now != NULL && one->now != one->safe)
        return one->now;
    if (!list_dirty(file, place))
        return NULL;
    uint8_t *fresh = malloc(BLOCK_BYTES);
    if (fresh == NULL)
        return NULL;
    if (one->now == NULL)
        memset(fresh, 0, BLOCK_BYTES);
    else
        memcpy(fresh, one->now, BLOCK_BYTES);
    return one->now = fresh;
}

static void forget_now(block *one)
{
    if (one->now != one->safe)
        free(one->now);
    one->now = one->safe;
}

static void forget_safe(block *one)
{
    if (one->safe != one->now)
        free(one->safe);
    one->safe = one->now;
}

static bool cut_file(memory_file *file, size_t n_bytes)
{
    size_t whole = n_bytes / BLOCK_BYTES, rest = n_bytes % BLOCK_BYTES;
    if (rest != 0 && whole < file->n_blocks && file->blocks[whole].now != NULL) {
        uint8_t *bytes = block_to_write(file, whole);
        if (bytes == NULL)
            return false;
        memset(bytes + rest, 0, BLOCK_BYTES - rest);
    }
    for (size_t i = whole + (rest != 0); i < file->n_blocks; i++) {
        block *one = file->blocks + i;
        if (one->now == NULL)
            continue;
        if (!list_dirty(file, i))
            return false;
        if (one->now != one->safe)
            free(one->now);
        one->now = NULL;
    }
    file->n_bytes_now = n_bytes;
    return true;
}

/* ---- syncs and crashes ---- */

static void clean_list(memory_file *file)
{
    for (size_t i = 0; i < file->n_dirty; i++)
        file->blocks[file->dirty[i]].listed = false;
    file->n_dirty = 0;
}

static void sync_file(memory_file *file)
{
    for (size_t i = 0; i < file->n_dirty; i++)
        forget_safe(file->blocks + file->dirty[i]);
    clean_list(file);
    file->n_bytes_safe = file->n_bytes_now;
    file->linked_safe = file->linked_now;
}

static void lose_file(memory_file *file)
{
    for (size_t i = 0; i < file->n_dirty; i++)
        forget_now(file->blocks + file->dirty[i]);
    clean_list(file);
    file->n_bytes_now = file->n_bytes_safe;
    file->linked_now = file->linked_safe;
}

/* Of a block that was written each piece is as it is or as it was. Without memory all of it is as it was. */
static void lose_pieces(memory_vfs *self, memory_file *file, size_t place)
{
    block *one = file->blocks + place;
    uint64_t coins = next_random(self);
    if (one->now == one->safe)
        return;
    uint8_t *bytes = block_to_write(file, place);
    for (size_t i = 0; bytes != NULL && i < BLOCK_BYTES / PIECE_BYTES; i++) {
        if ((coins >> i & 1) != 0)
            continue;
        if (one->safe == NULL)
            memset(bytes + i * PIECE_BYTES, 0, PIECE_BYTES);
        else
            memcpy(bytes + i * PIECE_BYTES, one->safe + i * PIECE_BYTES, PIECE_BYTES);
    }
    if (bytes == NULL)
        forget_now(one);
}

static void lose_some(memory_vfs *self, memory_file *file)
{
    uint64_t coins = next_random(self);
    bool renamed = file->linked_now != file->linked_safe; /* made or removed */
    if ((renamed && (coins & 1) != 0) || (!file->linked_now && !file->linked_safe)) {
        lose_file(file);
        return;
    }
    for (size_t i = 0; file->linked_now && i < file->n_dirty; i++)
        lose_pieces(self, file, file->dirty[i]);
    if ((coins & 2) != 0 && file->linked_now)
        file->n_bytes_now = file->n_bytes_safe;
    if (cut_file(file, file->n_bytes_now))
        sync_file(file);
    else
        lose_file(file);
}

void memory_vfs_crash(memory_vfs *self, memory_vfs_loss loss)
{
    for (memory_file *file = self->files; file != NULL; file = file->next) {
        if (loss == LOSE_ALL)
            lose_file(file);
        else if (loss == LOSE_SOME)
            lose_some(self, file);
        file->n_shared = 0;
        file->writer = NULL;
        file->blocked = false;
    }
    self->life++;
    self->stopped = true;
}

void memory_vfs_start(memory_vfs *self)
{
    self->stopped = false;
    self->n_changes_left = UINT64_MAX;
}

void memory_vfs_stop_after(memory_vfs *self, uint64_t n)
{
    self->n_changes_left = n;
}

void memory_vfs_set_room(memory_vfs *self, size_t n_bytes)
{
    self->n_bytes_most = n_bytes;
}

/* One change more: false when the system has stopped. */
static bool may_change(memory_vfs *self)
{
    if (self->n_changes_left == 0)
        self->stopped = true;
    if (self->stopped)
        return false;
    self->n_changes_left--;
    self->counts.n_changes++;
    return true;
}

/* ---- files ---- */

static const char *plain_name(const char *name)
{
    return strncmp(name, "./", 2) == 0 ? name + 2 : name;
}

static memory_file *find_file(const memory_vfs *self, const char *name)
{
    for (memory_file *file = self->files; file != NULL; file = file->next)
        if (strcmp(file->name, plain_name(name)) == 0)
            return file;
    return NULL;
}

static memory_file *add_file(memory_vfs *self, const char *name)
{
    memory_file *file = calloc(1, sizeof *file);
    if (file != NULL && (file->name = strdup(plain_name(name))) != NULL) {
        file->next = self->files;
        return self->files = file;
    }
    free(file);
    return NULL;
}

static void free_file(memory_file *file)
{
    for (size_t i = 0; i < file->n_blocks; i++) {
        forget_now(file->blocks + i);
        free(file->blocks[i].safe);
    }
    free(file->blocks);
    free(file->dirty);
    free(file->name);
    free(file);
}

static bool remove_file(memory_file *file, bool synced)
{
    if (!cut_file(file, 0))
        return false;
    file->linked_now = false;
    if (synced)
        sync_file(file);
    return true;
}

/* ---- an open file, as SQLite calls it ---- */

static memory_file *living(const memory_handle *handle)
{
    return handle->system->stopped || handle->life != handle->system->life ? NULL : handle->file;
}

static int handle_read(sqlite3_file *base, void *out, int n, sqlite3_int64 offset)
{
    memory_file *file = living((memory_handle *)base);
    if (file == NULL)
        return SQLITE_IOERR_READ;
    size_t from = (size_t)offset, end = from + (size_t)n;
    size_t there = end < file->n_bytes_now ? end : file->n_bytes_now;
    memset(out, 0, (size_t)n);
    for (size_t at = from; at < there;) {
        size_t start = at % BLOCK_BYTES, part = BLOCK_BYTES - start;
        part = part < there - at ? part : there - at;
        const uint8_t *bytes = at / BLOCK_BYTES < file->n_blocks ? file->blocks[at / BLOCK_BYTES].now : NULL;
        if (bytes != NULL)
            memcpy((uint8_t *)out + (at - from), bytes + start, part);
        at += part;
    }
    return there == end ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static bool has_room(memory_vfs *self, const memory_file *file, size_t end)
{
    size_t more = end > file->n_bytes_now ? end - file->n_bytes_now : 0;
    return more == 0 || memory_vfs_count(self).n_bytes + more <= self->n_bytes_most;
}

static int handle_write(sqlite3_file *base, const void *bytes, int n, sqlite3_int64 offset)
{
    memory_handle *handle = (memory_handle *)base;
    memory_file *file = living(handle);
    if (file == NULL || !may_change(handle->system))
        return SQLITE_IOERR_WRITE;
    size_t from = (size_t)offset, end = from + (size_t)n;
    if (!has_room(handle->system, file, end))
        return SQLITE_FULL;
    if (!grow_blocks(file, (end + BLOCK_BYTES - 1) / BLOCK_BYTES))
        return SQLITE_IOERR_NOMEM;
    for (size_t at = from; at < end;) {
        size_t start = at % BLOCK_BYTES, part = BLOCK_BYTES - start;
        part = part < end - at ? part : end - at;
        uint8_t *to = block_to_write(file, at / BLOCK_BYTES);
        if (to == NULL)
            return SQLITE_IOERR_NOMEM;
        memcpy(to + start, (const uint8_t *)bytes + (at - from), part);
        at += part;
    }
    file->n_bytes_now = end > file->n_bytes_now ? end : file->n_bytes_now;
    return SQLITE_OK;
}

static int handle_truncate(sqlite3_file *base, sqlite3_int64 n_bytes)
{
    memory_handle *handle = (memory_handle *)base;
    memory_file *file = living(handle);
    if (file == NULL || !may_change(handle->system))
        return SQLITE_IOERR_TRUNCATE;
    return cut_file(file, (size_t)n_bytes) ? SQLITE_OK : SQLITE_IOERR_NOMEM;
}

static int handle_sync(sqlite3_file *base, int flags)
{
    (void)flags;
    memory_handle *handle = (memory_handle *)base;
    memory_file *file = living(handle);
    if (file == NULL || !may_change(handle->system))
        return SQLITE_IOERR_FSYNC;
    handle->system->counts.n_syncs++;
    if (!handle->system->drops_syncs)
        sync_file(file);
    return SQLITE_OK;
}

static int handle_size(sqlite3_file *base, sqlite3_int64 *out)
{
    memory_file *file = living((memory_handle *)base);
    if (file == NULL)
        return SQLITE_IOERR_FSTAT;
    *out = (sqlite3_int64)file->n_bytes_now;
    return SQLITE_OK;
}

/* SQLite asks for none but the next level, or for EXCLUSIVE from any. */
static int handle_lock(sqlite3_file *base, int level)
{
    memory_handle *handle = (memory_handle *)base;
    memory_file *file = living(handle);
    if (file == NULL)
        return SQLITE_IOERR_LOCK;
    if (handle->lock >= level)
        return SQLITE_OK;
    if (file->writer != NULL && file->writer != handle && (level > SQLITE_LOCK_SHARED || file->blocked))
        return SQLITE_BUSY;
    if (handle->lock == SQLITE_LOCK_NONE)
        file->n_shared++;
    handle->lock = SQLITE_LOCK_SHARED > handle->lock ? SQLITE_LOCK_SHARED : handle->lock;
    if (level == SQLITE_LOCK_SHARED)
        return SQLITE_OK;
    file->writer = handle;
    handle->lock = SQLITE_LOCK_RESERVED > handle->lock ? SQLITE_LOCK_RESERVED : handle->lock;
    if (level == SQLITE_LOCK_RESERVED)
        return SQLITE_OK;
    file->blocked = true;
    handle->lock = file->n_shared > 1 ? SQLITE_LOCK_PENDING : SQLITE_LOCK_EXCLUSIVE;
    return file->n_shared > 1 ? SQLITE_BUSY : SQLITE_OK;
}

static int handle_unlock(sqlite3_file *base, int level)
{
    memory_handle *handle = (memory_handle *)base;
    memory_file *file = living(handle);
    if (file == NULL || handle->lock <= level)
        return SQLITE_OK;
    if (handle->lock >= SQLITE_LOCK_RESERVED) {
        file->writer = NULL;
        file->blocked = false;
    }
    if (level == SQLITE_LOCK_NONE)
        file->n_shared--;
    handle->lock = level;
    return SQLITE_OK;
}

static int handle_close(sqlite3_file *base)
{
    return handle_unlock(base, SQLITE_LOCK_NONE);
}

static int handle_check_reserved(sqlite3_file *base, int *out)
{
    memory_file *file = living((memory_handle *)base);
    if (file == NULL)
        return SQLITE_IOERR_CHECKRESERVEDLOCK;
    *out = file->writer != NULL;
    return SQLITE_OK;
}

static int handle_control(sqlite3_file *base, int operation, void *argument)
{
    (void)base, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int handle_sector_bytes(sqlite3_file *base)
{
    (void)base;
    return BLOCK_BYTES;
}

/* As of a disk: bytes beside those that are written are safe. */
static int handle_device(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = handle_close,
    .xRead = handle_read,
    .xWrite = handle_write,
    .xTruncate = handle_truncate,
    .xSync = handle_sync,
    .xFileSize = handle_size,
    .xLock = handle_lock,
    .xUnlock = handle_unlock,
    .xCheckReservedLock = handle_check_reserved,
    .xFileControl = handle_control,
    .xSectorSize = handle_sector_bytes,
    .xDeviceCharacteristics = handle_device,
};

/* ---- the file system, as SQLite calls it ---- */

static int vfs_open(sqlite3_vfs *base, const char *name, sqlite3_file *out, int flags, int *out_flags)
{
    memory_vfs *self = (memory_vfs *)base;
    memory_handle *handle = (memory_handle *)out;
    out->pMethods = NULL;
    if (self->stopped || name == NULL) /* no file of SQLite's own making: those are held in memory (temp_store) */
        return SQLITE_CANTOPEN;
    memory_file *file = find_file(self, name);
    if ((file == NULL || !file->linked_now) && (flags & SQLITE_OPEN_CREATE) == 0)
        return SQLITE_CANTOPEN;
    if (file == NULL && (file = add_file(self, name)) == NULL)
        return SQLITE_NOMEM;
    file->linked_now = true;
    *handle = (memory_handle){.base = {.pMethods = &methods}, .system = self, .file = file, .life = self->life};
    if (out_flags != NULL)
        *out_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *base, const char *name, int synced)
{
    memory_vfs *self = (memory_vfs *)base;
    memory_file *file = find_file(self, name);
    if (file == NULL || !file->linked_now)
        return SQLITE_IOERR_DELETE_NOENT;
    if (!may_change(self))
        return SQLITE_IOERR_DELETE;
    return remove_file(file, synced != 0 && !self->drops_syncs) ? SQLITE_OK : SQLITE_IOERR_NOMEM;
}

static int vfs_access(sqlite3_vfs *base, const char *name, int what, int *out)
{
    (void)what;
    memory_vfs *self = (memory_vfs *)base;
    const memory_file *file = find_file(self, name);
    *out = file != NULL && file->linked_now && file->n_bytes_now > 0; /* as on a disk, where an empty one is none */
    return self->stopped ? SQLITE_IOERR_ACCESS : SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *base, const char *name, int room, char *out)
{
    (void)base;
    int n = snprintf(out, (size_t)room, "%s", plain_name(name));
    return n >= 0 && n < room ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_random(sqlite3_vfs *base, int n, char *out)
{
    memory_vfs *self = (memory_vfs *)base;
    for (int i = 0; i < n; i++)
        out[i] = (char)(next_random(self) >> 56);
    return n;
}

static int vfs_sleep(sqlite3_vfs *base, int microseconds)
{
    (void)base;
    return microseconds;
}

static int vfs_time(sqlite3_vfs *base, double *julian_day)
{
    (void)base;
    *julian_day = 2451544.5; /* 2000-01-01 */
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *base, int n, char *out)
{
    (void)base, (void)n, (void)out;
    return 0;
}

memory_vfs *memory_vfs_create(const memory_vfs_setup *setup)
{
    memory_vfs *self = calloc(1, sizeof *self);
    if (self == NULL)
        return NULL;
    self->random = setup->seed;
    self->n_bytes_most = SIZE_MAX;
    self->drops_syncs = setup->drops_syncs;
    self->n_changes_left = UINT64_MAX;
    snprintf(self->name, sizeof self->name, "memory-%p", (void *)self);
    self->base = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = sizeof(memory_handle),
        .mxPathname = NAME_BYTES_MAX,
        .zName = self->name,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_name,
        .xRandomness = vfs_random,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
        .xGetLastError = vfs_last_error,
    };
    if (sqlite3_vfs_register(&self->base, 0) == SQLITE_OK)
        return self;
    free(self);
    return NULL;
}

void memory_vfs_destroy(memory_vfs *self)
{
    if (self == NULL)
        return;
    sqlite3_vfs_unregister(&self->base);
    for (memory_file *file = self->files, *next; file != NULL; file = next) {
        next = file->next;
        free_file(file);
    }
    free(self);
}

const char *memory_vfs_name(const memory_vfs *self)
{
    return self->name;
}

memory_vfs_counts memory_vfs_count(const memory_vfs *self)
{
    memory_vfs_counts counts = self->counts;
    for (const memory_file *file = self->files; file != NULL; file = file->next)
        counts.n_bytes += file->n_bytes_now;
    return counts;
}
