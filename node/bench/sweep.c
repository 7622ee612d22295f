/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/sweep.h"

#include <math.h>
#include <stdlib.h>

enum { SD_LEAST = 4 };

static void ask(sweep *self, const msm_accumulator *knobs)
{
    pt_err err = {0};
    msm_accumulator_complete(knobs, &self->asked[self->n_asked++], &err);
}

void sweep_ask_all(sweep *self)
{
    static const unsigned strands[] = {4, 8, 16};
    enum { N_STRANDS = sizeof strands / sizeof *strands };
    self->n_asked = 0;
    for (unsigned group = 32; group <= MSM_ACCUMULATOR_GROUP_MAX; group *= 2)
        ask(self, &(msm_accumulator){.kind = MSM_BY_TASKS, .group = group});
    for (unsigned group = 64; group <= MSM_ACCUMULATOR_GROUP_MAX; group *= 2)
        for (size_t i = 0; i < N_STRANDS; i++)
            for (int scratch = MSM_SCRATCH_PRIVATE; scratch <= MSM_SCRATCH_GLOBAL; scratch++)
                for (int shared = 0; shared <= 1; shared++)
                    ask(self, &(msm_accumulator){.kind = MSM_BY_WALK,
                                                 .group = group,
                                                 .strands = strands[i],
                                                 .scratch = (msm_scratch)scratch,
                                                 .shared = shared != 0});
}

pt_status sweep_add(sweep *self, const sweep_row *row, pt_err *err)
{
    if (self->n == self->room) {
        const size_t room = 2 * self->room + SWEEP_MAX;
        sweep_row *rows = realloc(self->rows, room * sizeof *rows);
        if (rows == NULL)
            return pt_fail(err, PT_E_NOMEM, "benchmark: no memory for %zu rows of a sweep", room);
        self->rows = rows;
        self->room = room;
    }
    self->rows[self->n++] = *row;
    return PT_OK;
}

void sweep_clear(sweep *self)
{
    free(self->rows);
    *self = (sweep){0};
}

double sweep_mean(const double *samples, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += samples[i];
    return sum / (double)n;
}

void sweep_row_sum_up(sweep_row *row, const double *samples, size_t n_repeats)
{
    double squares = 0;
    row->n_samples = SWEEP_PASSES * n_repeats;
    row->ms = sweep_mean(samples, row->n_samples);
    for (size_t i = 0; i < row->n_samples; i++)
        squares += (samples[i] - row->ms) * (samples[i] - row->ms);
    row->sd_ms = sqrt(squares / (double)(row->n_samples - 1));
    for (size_t pass = 0; pass < SWEEP_PASSES; pass++)
        row->pass_ms[pass] = sweep_mean(samples + pass * n_repeats, n_repeats);
}

static bool is_default(const msm_accumulator *of)
{
    return of->kind == MSM_BY_TASKS && of->group == MSM_ACCUMULATOR_GROUP;
}

const sweep_row *sweep_judge(sweep_row *rows, size_t n)
{
    sweep_row *best = NULL;
    for (size_t i = 0; i < n; i++)
        if (rows[i].skipped[0] == '\0' && (best == NULL || rows[i].ms < best->ms))
            best = &rows[i];
    const sweep_row *chosen = best;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].skipped[0] != '\0')
            continue;
        const double sd = rows[i].sd_ms > best->sd_ms ? rows[i].sd_ms : best->sd_ms, slower = rows[i].ms - best->ms;
        rows[i].is_best = &rows[i] == best;
        rows[i].slower = slower / best->ms;
        rows[i].differs = slower > 0 && slower >= SD_LEAST * sd;
        if (!rows[i].differs && is_default(&rows[i].accumulator))
            chosen = &rows[i];
    }
    return chosen;
}
