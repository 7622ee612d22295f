/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/line_output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void line_output_clear(line_output *self)
{
    free(self->bytes);
    self->bytes = NULL;
    self->begin = self->end = self->capacity = 0;
}

static pt_status make_room(line_output *self, size_t n_bytes, pt_err *err)
{
    const size_t n_waits = line_output_waits(self);
    if (n_waits > 0)
        memmove(self->bytes, self->bytes + self->begin, n_waits);
    self->begin = 0;
    self->end = n_waits;
    if (n_waits + n_bytes <= self->capacity)
        return PT_OK;
    const size_t capacity = 2 * (n_waits + n_bytes);
    char *grown = realloc(self->bytes, capacity);
    if (grown == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for a line", self->name);
    self->bytes = grown;
    self->capacity = capacity;
    return PT_OK;
}

pt_status line_output_add(line_output *self, const char *line, pt_err *err)
{
    const size_t n_bytes = strlen(line);
    if (self->end + n_bytes + 1 > self->capacity && make_room(self, n_bytes + 1, err) != PT_OK)
        return err->code;
    memcpy(self->bytes + self->end, line, n_bytes);
    self->bytes[self->end + n_bytes] = '\n';
    self->end += n_bytes + 1;
    return PT_OK;
}

/* A pipe that poll finds ready takes PIPE_BUF bytes without waiting. */
bool line_output_write(line_output *self, pt_err *err)
{
    struct pollfd ready = {.fd = self->file, .events = POLLOUT};
    bool did = false;
    while (line_output_waits(self) > 0 && poll(&ready, 1, 0) > 0) {
        const size_t n_waits = line_output_waits(self);
        const ssize_t n = write(self->file, self->bytes + self->begin, n_waits < PIPE_BUF ? n_waits : PIPE_BUF);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            break;
        if (n < 0) {
            pt_fail(err, PT_E_IO, "%s: write failed: %s", self->name, strerror(errno));
            self->begin = self->end = 0;
            break;
        }
        self->begin += (size_t)n;
        did = true;
    }
    return did;
}

size_t line_output_waits(const line_output *self)
{
    return self->end - self->begin;
}
