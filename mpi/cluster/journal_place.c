/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/journal_place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "mpi/printable.h"

enum { HOST_CHARS_MAX = 255, NOTE_BYTES_MAX = HOST_CHARS_MAX + 64 };

static pt_status fail(const char *path, int cause, pt_err *err)
{
    bool full = cause == ENOSPC || cause == EDQUOT || cause == EIO || cause == EFBIG;
    return pt_fail(err, full ? PT_E_IO : cause == ENOMEM ? PT_E_NOMEM : PT_E_CREATE, "%s: %s", path, strerror(cause));
}

/* The directory part of a path without its slash, "." without one; the caller's to free(). */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* 0 or what went wrong. A file system that can't sync a directory keeps names as well as it can. */
static int sync_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES ? 0 : errno;
    int cause = fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : errno;
    close(fd);
    return cause;
}

static int make_directory(const char *directory, bool *made)
{
    if (mkdir(directory, 0777) != 0)
        return errno == EEXIST ? 0 : errno;
    char *above = directory_of(directory);
    int cause = above == NULL ? ENOMEM : sync_directory(above);
    free(above);
    *made = cause == 0;
    if (cause != 0)
        rmdir(directory);
    return cause;
}

pt_status journal_place_make(const char *path, bool *made, pt_err *err)
{
    char *directory = directory_of(path);
    if (directory == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for its directory's name", path);
    int cause = make_directory(directory, made);
    pt_status status = cause == 0 ? PT_OK : fail(directory, cause, err);
    free(directory);
    return status;
}

/* The numbers of linux/magic.h, and of those that it lacks. A write-ahead log needs nothing but a lock that works among processes of this
 * machine, and no second machine. */
static bool is_local_type(unsigned long type)
{
    static const unsigned long local[] = {
        0xef53,     /* ext2, ext3, ext4 */
        0x58465342, /* XFS */
        0x9123683e, /* Btrfs */
        0x2fc12fc1, /* ZFS */
        0xf2f52010, /* F2FS */
        0xca451a4e, /* bcachefs */
        0x3153464a, /* JFS */
        0x52654973, /* ReiserFS */
        0x01021994, /* tmpfs */
        0x858458f6, /* ramfs */
        0x794c7630, /* overlayfs: a container's */
    };
    for (size_t i = 0; i < sizeof local / sizeof *local; i++)
        if (type == local[i])
            return true;
    return false;
}

bool journal_place_is_local(const char *path)
{
    struct statfs info;
    char *directory = directory_of(path);
    bool known = directory != NULL && statfs(directory, &info) == 0;
    free(directory);
    return known && is_local_type((unsigned long)info.f_type & 0xffffffff);
}

/* 0 or what went wrong. */
static int write_note(const char *temp, const char *name, const char *note)
{
    size_t n = strlen(note);
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return errno;
    ssize_t written = write(fd, note, n);
    int cause = written == (ssize_t)n ? 0 : written < 0 ? errno : ENOSPC;
    if (close(fd) != 0 && cause == 0)
        cause = errno;
    if (cause == 0 && rename(temp, name) != 0)
        cause = errno;
    if (cause != 0)
        unlink(temp);
    return cause;
}

/* path and what follows it; the caller's to free(), NULL without memory */
static char *name_with(const char *path, const char *suffix)
{
    size_t room = strlen(path) + strlen(suffix) + 1;
    char *name = malloc(room);
    if (name != NULL)
        snprintf(name, room, "%s%s", path, suffix);
    return name;
}

pt_status journal_owner_write(const char *path, const char *host, uint64_t process, double now_unix, pt_err *err)
{
    char note[NOTE_BYTES_MAX];
    snprintf(note, sizeof note, "%.*s %llu %lld\n", HOST_CHARS_MAX, *host == 0 ? "?" : host, (unsigned long long)process,
             (long long)now_unix);
    char *name = name_with(path, ".owner"), *temp = name_with(path, ".owner.tmp");
    int cause = name == NULL || temp == NULL ? ENOMEM : write_note(temp, name, note);
    free(temp);
    pt_status status = cause == 0 ? PT_OK : fail(name == NULL ? path : name, cause, err);
    free(name);
    return status;
}

/* A note's text, or an empty one. A FIFO in its place is not waited for. */
static void read_note(const char *path, char *note, size_t room)
{
    char *name = name_with(path, ".owner");
    int fd = name == NULL ? -1 : open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    ssize_t got = fd < 0 ? 0 : read(fd, note, room - 1);
    if (fd >= 0)
        close(fd);
    free(name);
    note[got > 0 ? got : 0] = '\0';
}

void journal_owner_read(const char *path, char *text, size_t room)
{
    char note[NOTE_BYTES_MAX], host[HOST_CHARS_MAX + 1], when[64];
    unsigned long long process = 0;
    long long seconds = 0;
    struct tm utc;
    read_note(path, note, sizeof note);
    if (sscanf(note, "%255s %20llu %18lld", host, &process, &seconds) != 3) {
        snprintf(text, room, "it left no note of host and process");
        return;
    }
    time_t time = (time_t)seconds;
    if (gmtime_r(&time, &utc) == NULL || strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0)
        snprintf(when, sizeof when, "an unknown time");
    snprintf(text, room, "host %s, process %llu, since %s", host, process, when);
    printable_line(text);
}

/* Without memory of the heap: what was made for nothing goes even when none is left. */
static void remove_with(const char *path, const char *suffix)
{
    char name[PATH_MAX + 16];
    if (snprintf(name, sizeof name, "%s%s", path, suffix) < (int)sizeof name)
        unlink(name);
}

void journal_owner_remove(const char *path)
{
    remove_with(path, ".owner");
}

void journal_place_remove(const char *path)
{
    static const char *const suffixes[] = {"-wal", "-journal", ""}; /* the file last: then another run may make one */
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        remove_with(path, suffixes[i]);
}

bool journal_place_is_blank(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == 0;
}

/* With SQLite's own lock, so that nobody's is removed who has just begun to write it. */
void journal_place_remove_blank(const char *path)
{
    enum { SQLITE_LOCK_BEGIN = 0x40000000, SQLITE_LOCK_BYTES = 512 };
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = SQLITE_LOCK_BEGIN, .l_len = SQLITE_LOCK_BYTES};
    struct stat info;
    const int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    if (fcntl(fd, F_SETLK, &all) == 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == 0)
        unlink(path);
    close(fd);
}

void journal_place_leave(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL || (size_t)(slash - path) >= sizeof directory)
        return;
    memcpy(directory, path, (size_t)(slash - path));
    directory[slash - path] = '\0';
    rmdir(directory);
}
