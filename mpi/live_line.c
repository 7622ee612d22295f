/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/live_line.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "mpi/printable.h"

enum { REDRAW_MS = 200, BAR_CELLS = 20 };

struct live_line {
    live_line_look *look;
    void *ctx;
    pthread_mutex_t lock; /* of everything below and of the line on the terminal */
    pthread_cond_t wake;
    pthread_t painter;
    bool closing, begun;
};

static size_t terminal_columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

static void draw_bar(char *out, double fraction)
{
    int filled = (int)(fraction * BAR_CELLS);
    for (int i = 0; i < BAR_CELLS; i++)
        out[i] = i < filled ? '#' : '.';
    out[BAR_CELLS] = '\0';
}

/* The cursor goes back to column 0, so whatever is printed next overwrites the line. */
static void draw(live_line *self)
{
    live_line_view view = {.seconds_left = -1};
    char bar[BAR_CELLS + 1], eta[32] = "", line[LIVE_LINE_ROOM + 128];
    if (!self->look(self->ctx, &view))
        return;
    draw_bar(bar, view.fraction);
    if (view.seconds_left >= 0)
        snprintf(eta, sizeof eta, "  ETA %.0f s", view.seconds_left);
    snprintf(line, sizeof line, "[%s] %s%s  %s", bar, view.doing, eta, view.name);
    printable_line(line);
    fprintf(stderr, "\r%.*s\033[K\r", (int)terminal_columns() - 1, line);
    fflush(stderr);
}

static void *paint(void *arg)
{
    live_line *self = arg;
    pthread_mutex_lock(&self->lock);
    while (!self->closing) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += REDRAW_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        if (pthread_cond_clockwait(&self->wake, &self->lock, CLOCK_MONOTONIC, &until) == ETIMEDOUT && self->begun)
            draw(self);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

live_line *live_line_create(live_line_look *look, void *ctx)
{
    live_line *self = isatty(STDERR_FILENO) ? calloc(1, sizeof *self) : NULL;
    if (self == NULL)
        return NULL;
    self->look = look;
    self->ctx = ctx;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->wake, NULL);
    if (pthread_create(&self->painter, NULL, paint, self) == 0)
        return self;
    pthread_cond_destroy(&self->wake);
    pthread_mutex_destroy(&self->lock);
    free(self);
    return NULL;
}

void live_line_end(live_line *self)
{
    if (self == NULL || self->closing)
        return;
    pthread_mutex_lock(&self->lock);
    self->closing = true;
    pthread_cond_signal(&self->wake);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->painter, NULL);
    fputs("\r\033[K", stderr);
}

void live_line_destroy(live_line *self)
{
    if (self == NULL)
        return;
    live_line_end(self);
    pthread_cond_destroy(&self->wake);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

void live_line_draw(live_line *self)
{
    pthread_mutex_lock(&self->lock);
    self->begun = true;
    if (!self->closing)
        draw(self);
    pthread_mutex_unlock(&self->lock);
}
