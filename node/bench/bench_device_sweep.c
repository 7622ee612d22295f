/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/bench_device.h"

#include <stdio.h>
#include <stdlib.h>

#include "gpu/msm_tuned.h"

/* One MSM with every accumulator that is asked for. */
typedef struct {
    const device_msm_case *of;
    sweep_row rows[SWEEP_MAX];
    double *samples; /* of each row SWEEP_PASSES times n_repeats */
} msm_sweep;

static size_t samples_a_row(const msm_sweep *self)
{
    return SWEEP_PASSES * self->of->job->n_repeats;
}

/* Each once, then each once more: what warms up or grows tired in the meantime does so for all. */
static pt_status run_passes(msm_sweep *self, pt_err *err)
{
    const bench_job *job = self->of->job;
    for (size_t pass = 0; pass < SWEEP_PASSES; pass++)
        for (size_t i = 0; i < job->sweep->n_asked && err->code == PT_OK; i++) {
            sweep_row *row = &self->rows[i];
            double *samples = self->samples + i * samples_a_row(self) + pass * job->n_repeats;
            const device_sample_room room = {row, samples, pass > 0};
            device_msm_case of = *self->of;
            of.accumulator = job->sweep->asked[i];
            of.sampled = &room;
            if (row->skipped[0] == '\0' && bench_device_msm(&of, err) == PT_OK && job->sweep->report != NULL)
                job->sweep->report(row, pass, sweep_mean(samples, job->n_repeats));
        }
    return err->code;
}

static void sum_up(msm_sweep *self)
{
    const bench_job *job = self->of->job;
    for (size_t i = 0; i < job->sweep->n_asked; i++) {
        sweep_row *row = &self->rows[i];
        if (row->skipped[0] != '\0')
            continue;
        sweep_row_sum_up(row, self->samples + i * samples_a_row(self), job->n_repeats);
        for (size_t k = 0; k < row->n_shares; k++)
            row->shares[k].ms /= (double)row->n_samples;
    }
}

static pt_status keep_best(const msm_sweep *self, const sweep_row *best, pt_err *err)
{
    const bench_job *job = self->of->job;
    const msm_tuned_key key = {job->curve->name, best->group, self->of->n, best->tables};
    return job->sweep->tune ? msm_tuned_store(job->device, &key, &best->accumulator, err) : PT_OK;
}

static bool is_any_without_room_for_tables(const msm_sweep *self)
{
    for (size_t i = 0; i < self->of->job->sweep->n_asked; i++)
        if (self->rows[i].no_tables)
            return true;
    return false;
}

static pt_status report(msm_sweep *self, pt_err *err)
{
    sweep *asked = self->of->job->sweep;
    sum_up(self);
    const sweep_row *best = sweep_judge(self->rows, asked->n_asked);
    if (best == NULL && is_any_without_room_for_tables(self))
        return PT_OK;
    if (best == NULL)
        return pt_fail(err, PT_E_DEVICE, "benchmark: no accumulator could be measured: %s", self->rows[0].skipped);
    for (size_t i = 0; i < asked->n_asked && err->code == PT_OK; i++)
        sweep_add(asked, &self->rows[i], err);
    return err->code == PT_OK ? keep_best(self, best, err) : err->code;
}

pt_status bench_device_sweep(const device_msm_case *of, const char *scalars, pt_err *err)
{
    const bench_job *job = of->job;
    msm_sweep *self = calloc(1, sizeof *self);
    double *samples = calloc(job->sweep->n_asked * SWEEP_PASSES * job->n_repeats, sizeof *samples);
    if (self == NULL || samples == NULL) {
        pt_fail(err, PT_E_NOMEM, "benchmark: no memory for a sweep");
    } else {
        *self = (msm_sweep){.of = of, .samples = samples};
        for (size_t i = 0; i < job->sweep->n_asked; i++)
            self->rows[i] = (sweep_row){.group = of->group == GROUP_G1 ? GPU_MSM_G1 : GPU_MSM_G2,
                                        .n = of->n,
                                        .scalars = scalars,
                                        .tables = of->tables,
                                        .accumulator = job->sweep->asked[i],
                                        .checked = of->checked};
        if (run_passes(self, err) == PT_OK)
            report(self, err);
    }
    free(samples);
    free(self);
    return err->code;
}
