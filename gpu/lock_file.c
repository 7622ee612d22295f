/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/lock_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

pt_status lock_file_name(const char *name, char *out, pt_err *err)
{
    const size_t n = strlen(name);
    if (n == 0 || n + sizeof ".device" > LOCK_NAME_ROOM)
        return pt_fail(err, PT_E_ARG, "lock of a device: a name of %zu characters", n);
    for (size_t i = 0; i <= n; i++) {
        const char c = name[i];
        const int stays = c == '\0' || isalnum((unsigned char)c) || strchr(".-_", c) != NULL;
        out[i] = stays ? c : '_';
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

pt_status lock_file_open(const char *dir, const char *name, const char *suffix, int *out, pt_err *err)
{
    char path[PATH_MAX];
    struct stat info;
    if ((size_t)snprintf(path, sizeof path, "%s/%s.%s", dir, name, suffix) >= sizeof path)
        return pt_fail(err, PT_E_ARG, "lock of device %s: the folder's name is too long", name);
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

int lock_file_take(int file)
{
    while (flock(file, LOCK_EX) != 0)
        if (errno != EINTR)
            return errno;
    return 0;
}
