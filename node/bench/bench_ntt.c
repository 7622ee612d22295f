/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/bench_curve.h"

#include <stdlib.h>
#include <string.h>

#include "node/bench/ntt_check.h"
#include "node/domain/quotient.h"
#include "node/pipeline/stage.h"

typedef struct {
    const bench_job *job;
    unsigned log_n;
    size_t n;
    ntt_domain *domain;
    fr *input[3]; /* a, b, c: n values each; the transform takes the first */
    fr *output[3];
    fr *basis; /* Lagrange values of a check */
    double *samples;
} ntt_bench;

static pt_status report(const ntt_bench *self, const char *name, const char *checked, pt_err *err)
{
    const bench_label label = {name, self->n, crew_size(self->job->crew), "ms", checked, NULL};
    return bench_report_add(self->job->report, &label, self->samples, self->job->n_repeats, err);
}

static void copy_inputs(const ntt_bench *self)
{
    for (int m = 0; m < 3; m++)
        memcpy(self->output[m], self->input[m], self->n * sizeof(fr));
}

static pt_status bench_forward(const ntt_bench *self, uint64_t *state, pt_err *err)
{
    for (size_t sample = 0; sample < self->job->n_repeats; sample++) {
        copy_inputs(self);
        double begin = clock_seconds();
        ntt_forward(self->domain, self->job->crew, self->output[0]);
        self->samples[sample] = 1e3 * (clock_seconds() - begin);
    }
    if (ntt_check_forward(self->log_n, self->input[0], self->output[0], false, state, err) != PT_OK)
        return err->code;
    return report(self, "ntt_forward", "definition at 3 points", err);
}

static pt_status bench_quotient(const ntt_bench *self, uint64_t *state, pt_err *err)
{
    for (size_t sample = 0; sample < self->job->n_repeats; sample++) {
        copy_inputs(self);
        double begin = clock_seconds();
        quotient_run(self->domain, self->job->crew, self->output[0], self->output[1], self->output[2]);
        self->samples[sample] = 1e3 * (clock_seconds() - begin);
    }
    if (ntt_check_quotient(self->log_n, self->job->crew, self->input, self->output[0], self->basis, state, err) != PT_OK)
        return err->code;
    return report(self, "quotient", "Lagrange form at 3 points", err);
}

static pt_status bench_size(ntt_bench *self, pt_err *err)
{
    uint64_t state = self->job->seed;
    fr *memory = malloc(7 * self->n * sizeof *memory);
    self->samples = calloc(self->job->n_repeats, sizeof *self->samples);
    if (memory == NULL || self->samples == NULL)
        pt_fail(err, PT_E_NOMEM, "benchmark: no memory for %zu bytes", 7 * self->n * sizeof *memory);
    else if (ntt_domain_create(self->log_n, self->job->crew, &self->domain, err) == PT_OK) {
        for (int m = 0; m < 3; m++) {
            self->input[m] = memory + (size_t)m * self->n;
            self->output[m] = memory + (size_t)(3 + m) * self->n;
        }
        self->basis = memory + 6 * self->n;
        for (size_t i = 0; i < 3 * self->n; i++)
            memory[i] = bench_draw_fr(&state);
        if (bench_forward(self, &state, err) == PT_OK)
            bench_quotient(self, &state, err);
        ntt_domain_destroy(self->domain);
    }
    free(self->samples);
    free(memory);
    return err->code;
}

pt_status bench_ntt(const bench_job *job, pt_err *err)
{
    for (size_t i = 0; i < job->n_sizes; i++) {
        unsigned log_n = job->log_sizes[i];
        if (log_n > PT_LOG_DOMAIN_MAX)
            return pt_fail(err, PT_E_ARG, "benchmark: a domain is 2^%d at most, not 2^%u", PT_LOG_DOMAIN_MAX, log_n);
        ntt_bench self = {.job = job, .log_n = log_n, .n = (size_t)1 << log_n};
        if (bench_size(&self, err) != PT_OK)
            return err->code;
    }
    return PT_OK;
}
