/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "mpi/live_line.h"
#include "mpi/printable.h"

struct progress {
    live_line *line; /* NULL: none is shown */
    size_t n_partitions;
    pthread_mutex_t lock; /* of everything below */
    const run_log *log;
    bool quiet;
    bool begun;     /* a stage of the first partition that is not done */
    size_t index;   /* its number */
    char name[256]; /* and name */
    progress_state state;
    double run_start, proving_start, stage_start;
};

/* A stage's usual share of a run of one proof, to begin with: what it really takes replaces it as soon as it is known. */
static const double usual_share[STAGE_COUNT] = {
    [STAGE_KEY] = 0.12,    [STAGE_WITNESS] = 0.02, [STAGE_SYNTHESIS] = 0.04, [STAGE_QUOTIENT] = 0.16, [STAGE_MSM_H] = 0.13,
    [STAGE_MSM_G1] = 0.28, [STAGE_MSM_G2] = 0.22,  [STAGE_ASSEMBLE] = 0.01,  [STAGE_VERIFY] = 0.01,   [STAGE_WRITE] = 0.01,
};

double progress_remaining(const progress_state *state)
{
    double known = 0, share = 0;
    if (state->n_done > 0)
        return state->proving / (double)state->n_done * (double)(state->n_partitions_left + 1);
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

/* Until its first stage begins, a partition has nothing to show. */
static bool look(void *ctx, live_line_view *out)
{
    progress *self = ctx;
    pthread_mutex_lock(&self->lock);
    const bool begun = self->begun;
    if (begun) {
        double now = clock_seconds();
        self->state.in_current = now - self->stage_start;
        self->state.elapsed = now - self->run_start;
        self->state.proving = now - self->proving_start;
        double left = progress_remaining(&self->state), all = self->state.elapsed + left;
        out->seconds_left = left;
        out->fraction = left < 0 || all <= 0 ? 0 : self->state.elapsed / all;
        snprintf(out->doing, sizeof out->doing, "%zu/%zu %s", self->index + 1, self->n_partitions,
                 stage_name(self->state.current));
        snprintf(out->name, sizeof out->name, "%s", self->name);
    }
    pthread_mutex_unlock(&self->lock);
    return begun;
}

/* Without a terminal. */
static void print_stage(const progress *self, size_t index, const char *name, stage s)
{
    char line[LIVE_LINE_ROOM];
    if (self->log->form == LOG_JSON) {
        const bool of_key = s == STAGE_KEY;
        run_log_event(self->log, &(run_event){.name = "stage",
                                              .id = of_key ? NULL : name,
                                              .partition = (uint32_t)index,
                                              .stage = stage_name(s),
                                              .text = of_key ? name : NULL});
        return;
    }
    snprintf(line, sizeof line, "%zu/%zu %s: %s", index + 1, self->n_partitions, name, stage_name(s));
    printable_line(line);
    fprintf(stderr, "%s\n", line);
}

pt_status progress_create(size_t n_partitions, const run_log *log, progress **out, pt_err *err)
{
    progress *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory to show progress");
    self->log = log;
    self->quiet = log->quiet;
    self->n_partitions = n_partitions;
    self->state.n_partitions_left = n_partitions - 1;
    self->run_start = clock_seconds();
    for (int s = 0; s < STAGE_COUNT; s++)
        self->state.known[s] = -1;
    pthread_mutex_init(&self->lock, NULL);
    self->line = log->quiet || log->form == LOG_JSON ? NULL : live_line_create(look, self);
    *out = self;
    return PT_OK;
}

void progress_end(progress *self)
{
    if (self == NULL)
        return;
    pthread_mutex_lock(&self->lock);
    self->quiet = true;
    pthread_mutex_unlock(&self->lock);
    live_line_end(self->line);
}

void progress_destroy(progress *self)
{
    if (self == NULL)
        return;
    live_line_destroy(self->line);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

/* With the lock held. */
static void begin_stage(progress *self, const char *name, stage s)
{
    double now = clock_seconds();
    if (self->begun &&
        self->state.current != STAGE_KEY) /* a key may take long, or be prepared: it tells nothing of the rest */
        self->state.known[self->state.current] = now - self->stage_start;
    if (s == STAGE_WITNESS && self->index == 0)
        self->proving_start = now;
    self->begun = true;
    self->state.current = s;
    self->stage_start = now;
    snprintf(self->name, sizeof self->name, "%s", name);
}

void progress_report(progress *self, size_t index, const char *name, stage s)
{
    pthread_mutex_lock(&self->lock);
    if (index == self->index)
        begin_stage(self, name, s);
    if (self->line == NULL && !self->quiet)
        print_stage(self, index, name, s);
    pthread_mutex_unlock(&self->lock);
    if (self->line != NULL)
        live_line_draw(self->line);
}

void progress_done(progress *self, size_t index)
{
    pthread_mutex_lock(&self->lock);
    self->index = index + 1;
    self->state.n_done = index + 1;
    self->state.n_partitions_left = self->n_partitions - (index + 1 < self->n_partitions ? index + 2 : index + 1);
    self->begun = false; /* the time until its next stage belongs to no stage */
    pthread_mutex_unlock(&self->lock);
}
