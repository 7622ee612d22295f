/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/format_tests.inc.h - what the tests of node/format share: files in memory that are damaged and written out, the
 * golden example, and errors as they should read. */
#ifndef PT_FORMAT_TESTS_H
#define PT_FORMAT_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernels/shared/status.h"

#define GOLDEN(name) PT_TESTS_DIR "/golden/preimage/preimage_" name

/* ---- a directory that goes away with the test ---- */

static inline int scratch_enter(void **state)
{
    char *dir = strdup("/tmp/partita-test-XXXXXX");
    *state = dir;
    return dir == NULL || mkdtemp(dir) == NULL || chdir(dir) != 0 ? -1 : 0;
}

static inline int scratch_leave(void **state)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", (char *)*state);
    int status = chdir("/") != 0 || system(command) != 0 ? -1 : 0;
    free(*state);
    return status;
}

/* ---- files in memory ---- */

typedef struct {
    uint8_t *bytes;
    size_t n;
} image;

static inline image image_read(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        fail_msg("%s can't be opened", path);
    image file = {.bytes = malloc(1 << 20)};
    file.n = fread(file.bytes, 1, 1 << 20, f);
    assert_true(file.n < 1 << 20);
    fclose(f);
    return file;
}

static inline void image_write(const image *file, const char *path)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(file->bytes, 1, file->n, f), file->n);
    assert_int_equal(fclose(f), 0);
}

static inline void text_write(const char *text, const char *path)
{
    image file = {(uint8_t *)(uintptr_t)text, strlen(text)};
    image_write(&file, path);
}

static inline void image_u32(image *file, size_t offset, uint32_t value)
{
    memcpy(file->bytes + offset, &value, sizeof value);
}

static inline void image_u64(image *file, size_t offset, uint64_t value)
{
    memcpy(file->bytes + offset, &value, sizeof value);
}

static inline uint32_t image_get_u32(const image *file, size_t offset)
{
    uint32_t value;
    memcpy(&value, file->bytes + offset, sizeof value);
    return value;
}

static inline uint64_t image_get_u64(const image *file, size_t offset)
{
    uint64_t value;
    memcpy(&value, file->bytes + offset, sizeof value);
    return value;
}

/* Where the contents of a section begin. */
static inline size_t image_section(const image *file, uint32_t type)
{
    size_t offset = 12;
    while (offset + 12 <= file->n && image_get_u32(file, offset) != type)
        offset += 12 + image_get_u64(file, offset + 4);
    assert_true(offset + 12 <= file->n);
    return offset + 12;
}

static inline void image_append(image *file, const void *bytes, size_t n)
{
    assert_true(file->n + n <= 1 << 20);
    memcpy(file->bytes + file->n, bytes, n);
    file->n += n;
}

/* One more section at the end. */
static inline void image_add_section(image *file, uint32_t type, const void *bytes, size_t n)
{
    uint64_t length = n;
    image_u32(file, 8, image_get_u32(file, 8) + 1);
    image_append(file, &type, sizeof type);
    image_append(file, &length, sizeof length);
    image_append(file, bytes, n);
}

/* The same file, its sections in the opposite order. */
static inline image image_reversed(const image *file)
{
    image out = {.bytes = malloc(1 << 20), .n = 12};
    memcpy(out.bytes, file->bytes, 12);
    for (size_t end = file->n; end > 12;) {
        size_t last = 12;
        for (size_t at = 12; at < end; at += 12 + image_get_u64(file, at + 4))
            last = at;
        image_append(&out, file->bytes + last, end - last);
        end = last;
    }
    return out;
}

/* ---- errors ---- */

/* The status of a call made without root's powers, in a child. */
static inline pt_status status_as_nobody(pt_status (*call)(void))
{
    enum { NOBODY = 65534 };
    int status = -1;
    if (chmod(".", 0755) != 0)
        return PT_E_INTERNAL;
    pid_t child = fork();
    if (child == 0)
        _exit(geteuid() == 0 && setuid(NOBODY) != 0 ? PT_E_INTERNAL : (int)call());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return (pt_status)WEXITSTATUS(status);
}

static inline void assert_error(const pt_err *err, pt_status got, pt_status code, const char *part)
{
    assert_int_equal(got, code);
    assert_int_equal(err->code, code);
    if (strstr(err->msg, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err->msg, part);
    assert_null(strchr(err->msg, '\n'));
}

#endif
