/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/progress.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "mpi/printable.h"

enum { REDRAW_MS = 200, BAR_CELLS = 20, LINE_ROOM = 512 };

struct progress {
    bool quiet, live;
    size_t n_partitions, index;
    const char *name;
    pthread_mutex_t lock; /* of everything below and of the line on the terminal */
    pthread_cond_t wake;
    pthread_t painter;
    bool closing, begun;
    progress_state state;
    double run_start, stage_start;
};

/* A stage's usual share of a run of one proof, to begin with: what it really takes replaces it as soon as it is known. */
static const double usual_share[STAGE_COUNT] = {
    [STAGE_KEY] = 0.12,      [STAGE_WITNESS] = 0.02,     [STAGE_SYNTHESIS] = 0.04,
    [STAGE_QUOTIENT] = 0.16, [STAGE_MSM_WITNESS] = 0.50, [STAGE_MSM_H] = 0.13,
    [STAGE_ASSEMBLE] = 0.01, [STAGE_VERIFY] = 0.01,      [STAGE_WRITE] = 0.01,
};

double progress_remaining(const progress_state *state)
{
    double known = 0, share = 0;
    for (int s = 0; s < STAGE_COUNT; s++)
        if (state->known[s] >= 0) {
            known += state->known[s];
            share += usual_share[s];
        }
    if (share == 0)
        return -1;
    double partition = 0, rest = 0;
    for (int s = STAGE_WITNESS; s < STAGE_COUNT; s++) {
        double expected = state->known[s] >= 0 ? state->known[s] : usual_share[s] / share * known;
        partition += expected;
        if (s == (int)state->current)
            rest += expected > state->in_current ? expected - state->in_current : 0;
        else if (s > (int)state->current)
            rest += expected;
    }
    return rest + (double)state->n_partitions_left * partition;
}

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
static void draw(progress *self)
{
    char bar[BAR_CELLS + 1], eta[32] = "", line[LINE_ROOM];
    double now = clock_seconds();
    self->state.in_current = now - self->stage_start;
    self->state.elapsed = now - self->run_start;
    double left = progress_remaining(&self->state), all = self->state.elapsed + left;
    draw_bar(bar, left < 0 || all <= 0 ? 0 : self->state.elapsed / all);
    if (left >= 0)
        snprintf(eta, sizeof eta, "  ETA %.0f s", left);
    snprintf(line, sizeof line, "[%s] %zu/%zu %s%s  %s", bar, self->index + 1, self->n_partitions,
             stage_name(self->state.current), eta, self->name);
    printable_line(line);
    int room = (int)terminal_columns() - 1;
    fprintf(stderr, "\r%.*s\033[K\r", room < LINE_ROOM ? room : LINE_ROOM, line);
    fflush(stderr);
}

/* Without a terminal. */
static void print_stage(const progress *self)
{
    char line[LINE_ROOM];
    snprintf(line, sizeof line, "%zu/%zu %s: %s", self->index + 1, self->n_partitions, self->name,
             stage_name(self->state.current));
    printable_line(line);
    fprintf(stderr, "%s\n", line);
}

static void *paint(void *arg)
{
    progress *self = arg;
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

pt_status progress_create(size_t n_partitions, bool quiet, progress **out, pt_err *err)
{
    progress *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory to show progress");
    self->quiet = quiet;
    self->n_partitions = n_partitions;
    self->name = "";
    self->run_start = clock_seconds();
    for (int s = 0; s < STAGE_COUNT; s++)
        self->state.known[s] = -1;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->wake, NULL);
    /* Without a thread to redraw the line, plain lines do. */
    self->live = !quiet && isatty(STDERR_FILENO) && pthread_create(&self->painter, NULL, paint, self) == 0;
    *out = self;
    return PT_OK;
}

void progress_destroy(progress *self)
{
    if (self == NULL)
        return;
    if (self->live) {
        pthread_mutex_lock(&self->lock);
        self->closing = true;
        pthread_cond_signal(&self->wake);
        pthread_mutex_unlock(&self->lock);
        pthread_join(self->painter, NULL);
        fputs("\r\033[K", stderr);
    }
    pthread_cond_destroy(&self->wake);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

void progress_partition(progress *self, size_t index, const char *name)
{
    pthread_mutex_lock(&self->lock);
    self->index = index;
    self->name = name;
    self->state.n_partitions_left = self->n_partitions - index - 1;
    self->begun = false; /* the time until its first stage belongs to no stage */
    pthread_mutex_unlock(&self->lock);
}

void progress_report(progress *self, stage s)
{
    pthread_mutex_lock(&self->lock);
    double now = clock_seconds();
    if (self->begun)
        self->state.known[self->state.current] = now - self->stage_start;
    self->begun = true;
    self->state.current = s;
    self->stage_start = now;
    if (self->live)
        draw(self);
    else if (!self->quiet)
        print_stage(self);
    pthread_mutex_unlock(&self->lock);
}
