/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/line_input.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 16 };

pt_status line_input_init(int file, const char *name, size_t line_bytes_max, line_input *out, pt_err *err)
{
    char *bytes = malloc(line_bytes_max + BLOCK_BYTES);
    if (bytes == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to read it", name);
    *out = (line_input){.file = file, .name = name, .line_bytes_max = line_bytes_max, .bytes = bytes};
    return PT_OK;
}

void line_input_clear(line_input *self)
{
    free(self->bytes);
    *self = (line_input){.is_over = true};
}

static void make_room(line_input *self)
{
    memmove(self->bytes, self->bytes + self->begin, self->end - self->begin);
    self->end -= self->begin;
    self->begin = 0;
}

/* Whoever writes may write a part of a line and then nothing for long: what poll says is there is read, and no more. */
bool line_input_look(line_input *self, pt_err *err)
{
    struct pollfd ready = {.fd = self->file, .events = POLLIN};
    const size_t capacity = self->line_bytes_max + BLOCK_BYTES;
    if (self->is_over)
        return false;
    make_room(self);
    if (self->end == capacity || poll(&ready, 1, 0) <= 0)
        return false;
    const ssize_t n = read(self->file, self->bytes + self->end, capacity - self->end);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return false;
    if (n < 0)
        pt_fail(err, PT_E_NOINPUT, "%s: %s", self->name, strerror(errno));
    self->is_over = n <= 0;
    self->end += n > 0 ? (size_t)n : 0;
    return true;
}

/* Of a line that is too long for anybody only its length is kept. */
static void drop(line_input *self)
{
    self->n_dropped += self->end - self->begin;
    self->begin = self->end;
}

bool line_input_next(line_input *self, const char **line, size_t *n_bytes)
{
    char *begin = self->bytes + self->begin;
    const size_t n_there = self->end - self->begin;
    const char *newline = n_there > 0 ? memchr(begin, '\n', n_there) : NULL;
    if (newline == NULL && !self->is_over) {
        if (n_there > self->line_bytes_max)
            drop(self);
        return false;
    }
    const size_t n = newline != NULL ? (size_t)(newline - begin) : n_there;
    if (newline == NULL && n + self->n_dropped == 0)
        return false;
    *line = begin;
    *n_bytes = n + self->n_dropped;
    self->n_dropped = 0;
    self->begin += n + (newline != NULL);
    return true;
}

bool line_input_is_empty(const line_input *self)
{
    return self->is_over && self->begin == self->end && self->n_dropped == 0;
}
