/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/pipeline/secret_arena.h"
#include "node/topo/pin.h"

enum { FIRST_CAPACITY = 64 * 1024, MAGIC_BYTES = 4, ASK_MS = 20 };

static pt_status fail_errno(const char *path, int cause, pt_err *err)
{
    return pt_fail(err, PT_E_NOINPUT, "%s: %s", path, strerror(cause));
}

static bool is_stream(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode);
}

/* A FIFO without a writer opens at once where its bytes are waited for by turns. A file never is: opened so, one with a lease is refused. */
static pt_status open_input(const char *path, bool by_turns, int *fd, struct stat *info, pt_err *err)
{
    int opened = open(path, O_RDONLY | O_CLOEXEC | (by_turns ? O_NONBLOCK : 0));
    if (opened < 0)
        return fail_errno(path, errno, err);
    int cause = fstat(opened, info) != 0 ? errno : S_ISDIR(info->st_mode) ? EISDIR : 0;
    if (cause != 0) {
        close(opened);
        return fail_errno(path, cause, err);
    }
    *fd = opened;
    return PT_OK;
}

static pt_status check_magic(const char *path, input_limits limits, const uint8_t *bytes, size_t n_bytes, pt_err *err)
{
    if (limits.magic == NULL)
        return PT_OK;
    if (n_bytes < MAGIC_BYTES)
        return pt_fail(err, PT_E_FORMAT, "%s: %zu bytes, expected a %s file", path, n_bytes, limits.magic);
    if (memcmp(bytes, limits.magic, MAGIC_BYTES) == 0)
        return PT_OK;
    char seen[MAGIC_BYTES + 1] = {0};
    for (size_t i = 0; i < MAGIC_BYTES; i++)
        seen[i] = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '.';
    return pt_fail(err, PT_E_FORMAT, "%s: offset 0: begins with \"%s\", expected \"%s\"", path, seen, limits.magic);
}

static pt_status check_size(const char *path, input_limits limits, size_t n_bytes, pt_err *err)
{
    if (n_bytes <= limits.max_bytes)
        return PT_OK;
    return pt_fail(err, PT_E_FORMAT, "%s: larger than %zu bytes, the most that is expected", path, limits.max_bytes);
}

/* Move what was read to memory of new_capacity bytes. */
static pt_status grow(input_file *file, size_t new_capacity, pt_err *err)
{
    uint8_t *larger = secret_alloc(new_capacity);
    if (larger == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to read %zu bytes", file->path, new_capacity);
    if (file->n_bytes > 0)
        memcpy(larger, file->bytes, file->n_bytes);
    secret_free((void *)(uintptr_t)file->bytes);
    file->bytes = larger;
    file->capacity_bytes = new_capacity;
    return PT_OK;
}

/* Where there is memory to read to, nothing else is taken. */
static pt_status take_first(input_file *file, input_limits limits, size_t n_bytes, pt_err *err)
{
    if (limits.memory == NULL)
        return grow(file, n_bytes, err);
    file->bytes = limits.memory;
    file->capacity_bytes = limits.max_bytes + 1;
    file->lent = true;
    return PT_OK;
}

/* A turn of waiting for a stream's next bytes, or its end. What has no writer yet has no end either, though a read would find one. */
static pt_status wait_for_more(const input_file *file, const input_source *from, int fd, bool *may_read, pt_err *err)
{
    struct pollfd more = {.fd = fd, .events = POLLIN};
    *may_read = poll(&more, 1, ASK_MS) > 0 || file->n_bytes > 0;
    if (more.revents == 0 && !from->wanted(from->ctx))
        return pt_fail(err, PT_E_NOMEM, "%s: no longer waited for", file->path);
    return PT_OK;
}

/* One read at the end of what is there; *ended when there is no more. */
static pt_status read_more(input_file *file, const input_source *from, int fd, bool *ended, pt_err *err)
{
    uint8_t *end = (uint8_t *)(uintptr_t)file->bytes + file->n_bytes;
    bool may_read = true;
    if (from->wanted != NULL && wait_for_more(file, from, fd, &may_read, err) != PT_OK)
        return err->code;
    if (!may_read)
        return PT_OK;
    ssize_t got = read(fd, end, file->capacity_bytes - file->n_bytes);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN ? PT_OK : fail_errno(file->path, errno, err);
    file->n_bytes += (size_t)got;
    *ended = got == 0;
    return PT_OK;
}

/* A regular file's size in one step, a stream's by doubling; one byte more, so that the read which finds the end, or the first
 * byte above the limit, does not grow the memory again. */
static size_t next_capacity(const input_file *file, input_limits limits, size_t size_hint)
{
    size_t doubled = 2 * file->capacity_bytes, next = doubled > size_hint ? doubled : size_hint + 1;
    return limits.max_bytes < next ? limits.max_bytes + 1 : next;
}

/* The first bytes, by their magic, then the rest. size_hint: a regular file's size, 0 of a stream. */
static pt_status read_all(input_file *file, const input_source *from, int fd, input_limits limits, size_t size_hint,
                          pt_err *err)
{
    bool ended = false, magic_seen = false;
    pt_status status = take_first(file, limits, FIRST_CAPACITY, err);
    while (status == PT_OK && !ended) {
        if (file->n_bytes == file->capacity_bytes)
            status = grow(file, next_capacity(file, limits, size_hint), err);
        if (status == PT_OK)
            status = read_more(file, from, fd, &ended, err);
        if (status == PT_OK && !magic_seen && (ended || file->n_bytes >= MAGIC_BYTES)) {
            status = check_magic(file->path, limits, file->bytes, file->n_bytes, err);
            magic_seen = true;
        }
        if (status == PT_OK)
            status = check_size(file->path, limits, file->n_bytes > size_hint ? file->n_bytes : size_hint, err);
    }
    return status;
}

static pt_status map_all(input_file *file, int fd, input_limits limits, size_t n_bytes, pt_err *err)
{
    if (n_bytes > 0) {
        void *mapped = mmap(NULL, n_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
        if (mapped == MAP_FAILED)
            return pt_fail(err, errno == ENOMEM ? PT_E_NOMEM : PT_E_NOINPUT, "%s: can't map %zu bytes: %s", file->path,
                           n_bytes, strerror(errno));
        file->bytes = mapped;
        file->n_bytes = n_bytes;
        madvise(mapped, n_bytes, limits.sparse ? MADV_RANDOM : MADV_WILLNEED);
    }
    return check_magic(file->path, limits, file->bytes, n_bytes, err);
}

/* Read to the end of what there was when it was opened. */
static pt_status fill_place(const input_file *file, int fd, pt_err *err)
{
    uint8_t *at = (uint8_t *)(uintptr_t)file->bytes;
    for (size_t n_left = file->n_bytes; n_left > 0;) {
        ssize_t got = read(fd, at, n_left);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? fail_errno(file->path, errno, err)
                           : pt_fail(err, PT_E_NOINPUT, "%s: truncated while it was read", file->path);
        at += got;
        n_left -= (size_t)got;
    }
    return PT_OK;
}

static pt_status place_all(input_file *file, int fd, input_limits limits, size_t n_bytes, pt_err *err)
{
    if (n_bytes > 0) {
        void *block = pin_map(limits.place, n_bytes);
        if (block == NULL)
            return pt_fail(err, PT_E_NOMEM, "%s: no memory to read %zu bytes", file->path, n_bytes);
        file->bytes = block;
        file->n_bytes = n_bytes;
        if (fill_place(file, fd, err) != PT_OK)
            return err->code;
        mprotect(block, n_bytes, PROT_READ);
    }
    return check_magic(file->path, limits, file->bytes, n_bytes, err);
}

static pt_status load(input_source from, input_limits limits, bool map, input_file *out, pt_err *err)
{
    int fd = -1;
    struct stat info;
    if (from.wanted != NULL && !is_stream(from.path))
        from.wanted = NULL;
    pt_status status = open_input(from.path, from.wanted != NULL, &fd, &info, err);
    if (status != PT_OK)
        return status;
    input_file file = {.path = strdup(from.path)};
    size_t size = S_ISREG(info.st_mode) ? (size_t)info.st_size : 0;
    if (file.path == NULL)
        status = pt_fail(err, PT_E_NOMEM, "%s: no memory for its name", from.path);
    else if (map && S_ISREG(info.st_mode))
        status = (limits.place != NULL ? place_all : map_all)(&file, fd, limits, size, err);
    else
        status = read_all(&file, &from, fd, limits, size, err);
    close(fd);
    if (status != PT_OK)
        input_file_close(&file);
    else
        *out = file;
    return status;
}

pt_status input_file_map(const char *path, input_limits limits, input_file *out, pt_err *err)
{
    return load((input_source){.path = path}, limits, true, out, err);
}

pt_status input_file_read(const char *path, input_limits limits, input_file *out, pt_err *err)
{
    return load((input_source){.path = path}, limits, false, out, err);
}

static pt_status copy_all(input_file *file, input_source from, input_limits limits, pt_err *err)
{
    pt_status status = check_size(file->path, limits, from.n_bytes, err);
    if (status == PT_OK)
        status = check_magic(file->path, limits, from.bytes, from.n_bytes, err);
    if (status == PT_OK)
        status = take_first(file, limits, from.n_bytes + 1, err);
    if (status != PT_OK)
        return status;
    memcpy((void *)(uintptr_t)file->bytes, from.bytes, from.n_bytes);
    file->n_bytes = from.n_bytes;
    return PT_OK;
}

pt_status input_file_read_from(input_source from, input_limits limits, input_file *out, pt_err *err)
{
    if (from.bytes == NULL)
        return load(from, limits, false, out, err);
    input_file file = {.path = strdup(from.path)};
    pt_status status = file.path == NULL ? pt_fail(err, PT_E_NOMEM, "%s: no memory for its name", from.path)
                                         : copy_all(&file, from, limits, err);
    if (status != PT_OK)
        input_file_close(&file);
    else
        *out = file;
    return status;
}

void input_file_release(const input_file *file, const uint8_t *bytes, size_t n_bytes)
{
    if (file->capacity_bytes > 0 || file->n_bytes == 0)
        return;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = ((uintptr_t)bytes + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)bytes + n_bytes) / page * page;
    if (begin < end)
        madvise((void *)begin, end - begin, MADV_DONTNEED);
}

void input_file_close(input_file *file)
{
    void *bytes = (void *)(uintptr_t)file->bytes;
    if (file->lent) {
        sodium_memzero(bytes, file->n_bytes);
    } else if (file->capacity_bytes > 0) {
        secret_free(bytes);
    } else if (file->n_bytes > 0) {
        munmap(bytes, file->n_bytes);
    }
    free(file->path);
    *file = (input_file){0};
}
