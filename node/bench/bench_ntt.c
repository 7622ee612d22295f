/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/bench_curve.h"

#include <stdlib.h>
#include <string.h>

#include "node/domain/quotient.h"
#include "node/pipeline/stage.h"
#include "node/setup/lagrange.h"
#include "node/setup/splitmix.h"

enum { N_CHECKS = 3 };

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

/* sum of v[i] x^i by Horner. */
static fr value_at(const fr *v, size_t n, const fr *x)
{
    fr sum = fr_zero;
    for (size_t i = n; i-- > 0;) {
        fr_mul(&sum, &sum, x);
        fr_add(&sum, &sum, &v[i]);
    }
    return sum;
}

/* x = root^i, root of order 2^log_n. */
static fr root_power(unsigned log_n, uint64_t i)
{
    fr x = FR_ROOT;
    for (unsigned k = log_n; k < FR_TWO_ADICITY; k++)
        fr_sqr(&x, &x);
    fr_pow(&x, &x, &i, 1);
    return x;
}

/* The transform against its definition, at a few points. */
static pt_status check_forward(const ntt_bench *self, uint64_t *state, pt_err *err)
{
    for (int check = 0; check < N_CHECKS; check++) {
        uint64_t i = check == 0 ? 0 : splitmix_next(state) % self->n;
        fr x = root_power(self->log_n, i), expected = value_at(self->input[0], self->n, &x);
        if (!fr_eq(&expected, &self->output[0][i]))
            return pt_fail(err, PT_E_INTERNAL, "benchmark: ntt_forward of 2^%u: value %llu differs from the definition",
                           self->log_n, (unsigned long long)i);
    }
    return PT_OK;
}

static fr dot(const fr *a, const fr *b, size_t n)
{
    fr sum = fr_zero, term;
    for (size_t i = 0; i < n; i++) {
        fr_mul(&term, &a[i], &b[i]);
        fr_add(&sum, &sum, &term);
    }
    return sum;
}

/* h(x) = a(x) b(x) - c(x) at a few points of the odd coset, each polynomial by its Lagrange form. */
static pt_status check_quotient(const ntt_bench *self, uint64_t *state, pt_err *err)
{
    for (int check = 0; check < N_CHECKS; check++) {
        uint64_t i = check == 0 ? 0 : splitmix_next(state) % self->n;
        fr x = root_power(self->log_n + 1, 2 * i + 1), expected, c;
        lagrange_line line;
        lagrange_of_domain(self->log_n, &x, &line);
        lagrange_values(&line, self->job->crew, 0, self->n, self->basis);
        fr a = dot(self->input[0], self->basis, self->n), b = dot(self->input[1], self->basis, self->n);
        c = dot(self->input[2], self->basis, self->n);
        fr_mul(&expected, &a, &b);
        fr_sub(&expected, &expected, &c);
        fr_to_canon(&expected, &expected);
        if (!fr_eq(&expected, &self->output[0][i]))
            return pt_fail(err, PT_E_INTERNAL, "benchmark: quotient of 2^%u: value %llu differs from a b - c", self->log_n,
                           (unsigned long long)i);
    }
    return PT_OK;
}

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
    if (check_forward(self, state, err) != PT_OK)
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
    if (check_quotient(self, state, err) != PT_OK)
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
