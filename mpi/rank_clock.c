/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/rank_clock.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/pipeline/stage.h"

enum { NAME_ROOM = 64, PATH_ROOM = 512, DEPTH_MAX = 4 };

static const double between_s = 0.05;
static const double grace_s = 10;

typedef struct {
    pid_t pid;
    double talking, all; /* seconds; what was seen last */
} rank_seen;

/* The sums of all ranks. */
typedef struct {
    double at, talking, all;
} moment;

struct rank_clock {
    const char *program;
    rank_seen *ranks;
    size_t n_ranks, n_ranks_max;
    moment *moments;
    size_t n_moments, room;
};

static double seconds_of(struct timespec t)
{
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

pt_status rank_clock_create(const char *program, size_t n_ranks_max, rank_clock **out, pt_err *err)
{
    rank_clock *self = calloc(1, sizeof *self);
    if (self != NULL) {
        *self = (rank_clock){.program = program, .n_ranks_max = n_ranks_max};
        self->ranks = calloc(n_ranks_max, sizeof *self->ranks);
    }
    if (self == NULL || self->ranks == NULL) {
        rank_clock_destroy(self);
        return pt_fail(err, PT_E_NOMEM, "no memory for the clocks of %zu ranks", n_ranks_max);
    }
    *out = self;
    return PT_OK;
}

void rank_clock_destroy(rank_clock *self)
{
    if (self == NULL)
        return;
    free(self->ranks);
    free(self->moments);
    free(self);
}

/* ---- finding ---- */

static bool is_rank(const rank_clock *self, pid_t pid)
{
    char name[NAME_ROOM], program[PATH_ROOM];
    snprintf(name, sizeof name, "/proc/%jd/exe", (intmax_t)pid);
    const ssize_t n = readlink(name, program, sizeof program - 1);
    if (n <= 0)
        return false;
    program[n] = '\0';
    return strcmp(program, self->program) == 0;
}

static void remember(rank_clock *self, pid_t pid)
{
    for (size_t i = 0; i < self->n_ranks; i++)
        if (self->ranks[i].pid == pid)
            return;
    if (self->n_ranks < self->n_ranks_max)
        self->ranks[self->n_ranks++].pid = pid;
}

static void find(rank_clock *self, pid_t pid, unsigned depth)
{
    char name[NAME_ROOM];
    intmax_t child;
    if (is_rank(self, pid)) {
        remember(self, pid);
        return;
    }
    snprintf(name, sizeof name, "/proc/%jd/task/%jd/children", (intmax_t)pid, (intmax_t)pid);
    FILE *children = depth < DEPTH_MAX ? fopen(name, "re") : NULL;
    while (children != NULL && fscanf(children, "%jd", &child) == 1)
        find(self, (pid_t)child, depth + 1);
    if (children != NULL)
        fclose(children);
}

void rank_clock_find(rank_clock *self, pid_t started)
{
    if (self->n_ranks < self->n_ranks_max)
        find(self, started, 0);
}

/* ---- looking ---- */

/* Of a process's first thread. */
static bool read_talking(pid_t pid, double *out)
{
    char name[NAME_ROOM];
    uint64_t ns = 0;
    snprintf(name, sizeof name, "/proc/%jd/schedstat", (intmax_t)pid);
    FILE *file = fopen(name, "re");
    const bool read = file != NULL && fscanf(file, "%" SCNu64, &ns) == 1;
    if (file != NULL)
        fclose(file);
    if (read)
        *out = (double)ns * 1e-9;
    return read;
}

/* One that has ended keeps what was seen last. */
static void look(rank_seen *rank)
{
    clockid_t clock;
    struct timespec all;
    double talking;
    if (clock_getcpuclockid(rank->pid, &clock) != 0 || clock_gettime(clock, &all) != 0 ||
        !read_talking(rank->pid, &talking))
        return;
    rank->all = seconds_of(all);
    rank->talking = talking;
}

static bool has_room(rank_clock *self)
{
    if (self->n_moments < self->room)
        return true;
    const size_t room = self->room == 0 ? 256 : 2 * self->room;
    moment *more = realloc(self->moments, room * sizeof *more);
    if (more == NULL)
        return false;
    self->moments = more;
    self->room = room;
    return true;
}

pt_status rank_clock_note(rank_clock *self, pt_err *err)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    moment m = {.at = seconds_of(now)};
    if (self->n_moments > 0 && m.at - self->moments[self->n_moments - 1].at < between_s)
        return PT_OK;
    if (!has_room(self))
        return pt_fail(err, PT_E_NOMEM, "no memory for the clocks of ranks");
    for (size_t i = 0; i < self->n_ranks; i++) {
        look(&self->ranks[i]);
        m.talking += self->ranks[i].talking;
        m.all += self->ranks[i].all;
    }
    self->moments[self->n_moments++] = m;
    return PT_OK;
}

/* ---- what it shows ---- */

/* The last moment that was noted no later; the first one before all. */
static const moment *moment_at(const rank_clock *self, double at)
{
    size_t i = 0;
    while (i + 1 < self->n_moments && self->moments[i + 1].at <= at)
        i++;
    return &self->moments[i];
}

double rank_clock_share(const rank_clock *self, double from, double to)
{
    if (self->n_moments == 0)
        return NAN;
    const moment *a = moment_at(self, from), *b = moment_at(self, to);
    return b->all > a->all && b->talking > 0 ? (b->talking - a->talking) / (b->all - a->all) : NAN;
}

static bool any_runs(const rank_clock *self, bool kill_it)
{
    bool runs = false;
    for (size_t i = 0; i < self->n_ranks; i++)
        if (is_rank(self, self->ranks[i].pid)) {
            runs = true;
            if (kill_it)
                kill(self->ranks[i].pid, SIGKILL);
        }
    return runs;
}

void rank_clock_outlast(const rank_clock *self)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    const double since = clock_seconds();
    while (any_runs(self, clock_seconds() - since > grace_s))
        nanosleep(&pause, NULL);
}
