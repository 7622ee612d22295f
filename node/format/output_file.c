/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* renameat2 */
#include "node/format/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/format/prepared_layout.h"

enum { MAGIC_BYTES = 4 };

struct output_file {
    FILE *stream;
    char *path;      /* links resolved: what is renamed over, or written in place */
    char *directory; /* of path; NULL: in place */
    char *temp;      /* beside path; NULL: in place */
    bool replaces;   /* an older file was there when this one was opened */
    bool named;      /* path is the new file */
    bool kept;       /* and temp the older one */
};

static pt_status fail_create(const char *path, int cause, pt_err *err)
{
    bool full = cause == ENOSPC || cause == EDQUOT || cause == EIO;
    return pt_fail(err, full ? PT_E_IO : cause == ENOMEM ? PT_E_NOMEM : PT_E_CREATE, "%s: %s", path, strerror(cause));
}

/* The descriptor that a path names (/dev/stdout, /dev/fd/3), or -1. Such an output is written on from where it stands,
 * even if it is a regular file: whoever opened it holds that file and not its name. */
static int descriptor_of(const char *path)
{
    if (strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    const char *number = strncmp(path, "/dev/fd/", 8) == 0          ? path + 8
                         : strncmp(path, "/proc/self/fd/", 14) == 0 ? path + 14
                                                                    : "";
    char *end = NULL;
    long fd = strtol(number, &end, 10);
    return *number != 0 && *end == 0 && fd >= 0 && fd < 1 << 20 ? (int)fd : -1;
}

/* The directory part of a path, "." without one; the caller's to free(). */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* A file is made beside path and renamed: that asks for rights on the directory, whatever path's own are. */
static pt_status check_directory(const char *path, pt_err *err)
{
    char *directory = directory_of(path);
    if (directory == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for its directory's name", path);
    int cause = access(directory, W_OK | X_OK) == 0 ? 0 : errno;
    free(directory);
    return cause == 0 ? PT_OK : fail_create(path, cause, err);
}

static pt_status check_new(const char *path, pt_err *err)
{
    struct stat link;
    if (*path == '\0')
        return pt_fail(err, PT_E_CREATE, "an output has an empty name");
    if (lstat(path, &link) == 0)
        return pt_fail(err, PT_E_CREATE, "%s: a symbolic link to nothing", path);
    return check_directory(path, err);
}

/* A key, witness or circuit took long to make, and its name stands where an output's belongs by mistake. */
static pt_status check_magic(const char *path, const char *remade, pt_err *err)
{
    char magic[MAGIC_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_create(path, errno, err);
    ssize_t got = read(fd, magic, sizeof magic);
    close(fd);
    static const char *const kept[] = {"zkey", "wtns", "r1cs", PREPARED_MAGIC};
    for (size_t i = 0; got == MAGIC_BYTES && i < sizeof kept / sizeof *kept; i++)
        if (memcmp(magic, kept[i], MAGIC_BYTES) == 0 && (remade == NULL || strcmp(kept[i], remade) != 0))
            return pt_fail(err, PT_E_CREATE, "%s: is a %s file; it will not be overwritten", path, kept[i]);
    return PT_OK;
}

static pt_status check_replaced(const char *path, const char *remade, pt_err *err)
{
    char *target = realpath(path, NULL);
    pt_status status = target == NULL ? fail_create(path, errno, err) : check_magic(path, remade, err);
    if (status == PT_OK)
        status = check_directory(target, err);
    free(target);
    return status;
}

pt_status output_file_check_remade(const char *path, const char *magic, const input_set *inputs, pt_err *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return errno == ENOENT ? check_new(path, err) : fail_create(path, errno, err);
    if (S_ISDIR(info.st_mode))
        return fail_create(path, EISDIR, err);
    if (access(path, W_OK) != 0)
        return fail_create(path, errno, err);
    /* A terminal or a socket has two directions: it may well be the witness's source and take the proof. */
    if (!S_ISCHR(info.st_mode) && !S_ISSOCK(info.st_mode) && input_set_holds(inputs, &info))
        return pt_fail(err, PT_E_ARG, "%s: is both an input and an output", path);
    return S_ISREG(info.st_mode) && descriptor_of(path) < 0 ? check_replaced(path, magic, err) : PT_OK;
}

pt_status output_file_check(const char *path, const input_set *inputs, pt_err *err)
{
    return output_file_check_remade(path, NULL, inputs, err);
}

/* Do both names stand in one directory? */
static bool same_directory(const char *a, const char *b)
{
    struct stat sa, sb;
    char *da = directory_of(a), *db = directory_of(b);
    bool same = da != NULL && db != NULL && stat(da, &sa) == 0 && stat(db, &sb) == 0 && sa.st_dev == sb.st_dev &&
                sa.st_ino == sb.st_ino;
    free(da);
    free(db);
    return same;
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

bool output_file_same(const char *a, const char *b)
{
    struct stat sa, sb;
    bool known_a = stat(a, &sa) == 0, known_b = stat(b, &sb) == 0;
    if (known_a && known_b)
        return S_ISREG(sa.st_mode) && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
    return !known_a && !known_b && (strcmp(a, b) == 0 || (strcmp(last_name(a), last_name(b)) == 0 && same_directory(a, b)));
}

bool output_file_in_place(const char *path)
{
    struct stat info;
    return descriptor_of(path) >= 0 || (stat(path, &info) == 0 && !S_ISREG(info.st_mode));
}

static char *temp_in(const char *directory)
{
    static const char form[] = "%s/.partita-%016llx.tmp";
    size_t room = strlen(directory) + sizeof form + 16;
    char *temp = malloc(room);
    uint64_t random;
    randombytes_buf(&random, sizeof random);
    if (temp != NULL)
        snprintf(temp, room, form, directory, (unsigned long long)random);
    return temp;
}

/* A new file with the rights of the one that it will replace. */
static pt_status open_beside(output_file *file, const struct stat *replaced, int *fd, pt_err *err)
{
    file->replaces = replaced != NULL;
    file->directory = directory_of(file->path);
    file->temp = file->directory == NULL ? NULL : temp_in(file->directory);
    if (file->temp == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for a temporary name", file->path);
    int opened = open(file->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (opened < 0) {
        int cause = errno;
        free(file->temp);
        file->temp = NULL;
        return fail_create(file->path, cause, err);
    }
    if (replaced != NULL && fchmod(opened, replaced->st_mode & 07777) != 0) {
        int cause = errno;
        close(opened);
        return fail_create(file->path, cause, err);
    }
    *fd = opened;
    return PT_OK;
}

static pt_status open_descriptor(output_file *file, const char *path, int *fd, pt_err *err)
{
    struct stat info;
    bool exists = stat(path, &info) == 0;
    if (!exists && errno != ENOENT)
        return fail_create(path, errno, err);
    int own = descriptor_of(path);
    file->path = exists && own < 0 ? realpath(path, NULL) : strdup(path);
    if (file->path == NULL)
        return fail_create(path, errno, err);
    if (own < 0 && (!exists || S_ISREG(info.st_mode)))
        return open_beside(file, exists ? &info : NULL, fd, err);
    *fd = own >= 0 ? fcntl(own, F_DUPFD_CLOEXEC, 0) : open(path, O_WRONLY | O_CLOEXEC);
    return *fd >= 0 ? PT_OK : fail_create(path, errno, err);
}

pt_status output_file_open(const char *path, output_file **out, pt_err *err)
{
    int fd = -1;
    output_file *file = calloc(1, sizeof *file);
    if (file == NULL || sodium_init() < 0) {
        free(file);
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to open it", path);
    }
    pt_status status = open_descriptor(file, path, &fd, err);
    if (status == PT_OK && (file->stream = fdopen(fd, "w")) == NULL) {
        status = pt_fail(err, PT_E_NOMEM, "%s: no memory to open it", path);
        close(fd);
    }
    if (status != PT_OK)
        output_file_abandon(file);
    else
        *out = file;
    return status;
}

FILE *output_file_stream(output_file *file)
{
    return file->stream;
}

static bool sync_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* A directory that may be written and not read, and some file systems: there the rename is as durable as it gets. */
    if (fd < 0)
        return errno == EACCES;
    bool done = fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP;
    close(fd);
    return done;
}

/* The stream's content is on its way to whoever reads in place, or safe on its disk; errno has the cause when not. */
static bool finish(output_file *file)
{
    bool written = ferror(file->stream) == 0 && fflush(file->stream) == 0;
    if (written && file->temp != NULL)
        written = fsync(fileno(file->stream)) == 0;
    int cause = written ? 0 : errno;
    bool closed = fclose(file->stream) == 0;
    file->stream = NULL;
    if (!written)
        errno = cause;
    return written && closed;
}

/* An older file changes places with the new one, so that it can come back. Not every file system does that. */
static bool give_name(output_file *file)
{
    if (file->temp == NULL)
        return true;
    file->kept = file->replaces && renameat2(AT_FDCWD, file->temp, AT_FDCWD, file->path, RENAME_EXCHANGE) == 0;
    file->named = file->kept || rename(file->temp, file->path) == 0;
    return file->named && sync_directory(file->directory);
}

static void take_back(const output_file *file)
{
    if (file->kept)
        rename(file->temp, file->path);
    else
        unlink(file->named ? file->path : file->temp);
}

static void release(output_file *file)
{
    if (file->stream != NULL)
        fclose(file->stream);
    free(file->directory);
    free(file->temp);
    free(file->path);
    free(file);
}

static pt_status fail_write(const output_file *file, pt_err *err)
{
    return pt_fail(err, PT_E_IO, "%s: can't be written: %s", file->path, errno != 0 ? strerror(errno) : "a write failed");
}

pt_status output_file_commit_all(output_file *const *files, size_t n, pt_err *err)
{
    pt_status status = PT_OK;
    errno = 0;
    for (size_t i = 0; status == PT_OK && i < n; i++)
        if (!finish(files[i]))
            status = fail_write(files[i], err);
    for (size_t i = 0; status == PT_OK && i < n; i++)
        if (!give_name(files[i]))
            status = fail_write(files[i], err);
    for (size_t i = 0; i < n; i++) {
        if (status != PT_OK) {
            output_file_abandon(files[i]);
            continue;
        }
        if (files[i]->kept)
            unlink(files[i]->temp);
        release(files[i]);
    }
    return status;
}

pt_status output_file_commit(output_file *file, pt_err *err)
{
    return output_file_commit_all(&file, 1, err);
}

void output_file_abandon(output_file *file)
{
    if (file == NULL)
        return;
    if (file->temp != NULL)
        take_back(file);
    release(file);
}
