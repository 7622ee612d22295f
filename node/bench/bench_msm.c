/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/bench_curve.h"
#include "node/bench/bench_device.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/msm/msm.h"
#include "node/pipeline/stage.h"
#include "node/setup/fixed_base.h"
#include "node/setup/splitmix.h"

enum { N_PARTS = 64 };

/* Points are [k_i] G with known k_i, so the right sum is [sum s_i k_i] G: one product in the group, n in Fr. The k_i have 64 bits: points are
 * as distinct, and made with a quarter of the additions. */
typedef struct {
    const bench_job *job;
    size_t n;
    fr *logs, *scalars; /* logs: Montgomery form; scalars: canonical */
    g1_affine *g1;
    g2_affine *g2;
    double *samples;
} msm_bench;

typedef struct {
    unsigned mask;
    const char *name;
} scalar_kind;

static const scalar_kind scalar_kinds[] = {{SCALARS_FULL, "full"}, {SCALARS_BITS, "bits"}, {SCALARS_SMALL, "small"}};

/* What the crew does with all elements, in parts that are the same whatever its size. */
typedef struct {
    const msm_bench *of;
    unsigned mask;    /* of the scalars that are drawn */
    fr sums[N_PARTS]; /* of scalars times logarithms */
} parts_run;

/* The random values of a part; mask 0: of logarithms. */
static uint64_t stream_of(const parts_run *run, size_t part)
{
    uint64_t kind = run->of->job->seed + run->mask;
    uint64_t state = splitmix_next(&kind) + part;
    return splitmix_next(&state);
}

static void task_draw_logs(void *ctx, size_t part, size_t thread)
{
    const parts_run *run = ctx;
    const crew_range range = crew_part(run->of->n, N_PARTS, part);
    uint64_t state = stream_of(run, part);
    (void)thread;
    for (size_t i = range.begin; i < range.end; i++) {
        const fr log = {{splitmix_next(&state)}};
        fr_to_mont(&run->of->logs[i], &log);
    }
}

static void task_draw_scalars(void *ctx, size_t part, size_t thread)
{
    const parts_run *run = ctx;
    const crew_range range = crew_part(run->of->n, N_PARTS, part);
    uint64_t state = stream_of(run, part);
    fr *scalars = run->of->scalars;
    (void)thread;
    for (size_t i = range.begin; i < range.end; i++) {
        scalars[i] = bench_draw_fr(&state);
        if (run->mask != SCALARS_FULL)
            scalars[i] = (fr){{splitmix_next(&state) & (run->mask == SCALARS_BITS ? 1 : UINT32_MAX)}};
    }
}

static void task_add_logs(void *ctx, size_t part, size_t thread)
{
    parts_run *run = ctx;
    const crew_range range = crew_part(run->of->n, N_PARTS, part);
    fr sum = fr_zero, term;
    (void)thread;
    for (size_t i = range.begin; i < range.end; i++) {
        fr_to_mont(&term, &run->of->scalars[i]);
        fr_mul(&term, &term, &run->of->logs[i]);
        fr_add(&sum, &sum, &term);
    }
    run->sums[part] = sum;
}

static fr expected_log(const msm_bench *self)
{
    parts_run run = {.of = self};
    fr sum = fr_zero;
    crew_run(self->job->crew, N_PARTS, task_add_logs, &run);
    for (size_t i = 0; i < N_PARTS; i++)
        fr_add(&sum, &sum, &run.sums[i]);
    fr_to_canon(&sum, &sum);
    return sum;
}

static void multiple_g1(const fr *log, g1_xyzz *out)
{
    g1_from_affine(out, &g1_generator);
    g1_mul_var(out, out, log->limb, FR_LIMBS);
}

static void multiple_g2(const fr *log, g2_xyzz *out)
{
    g2_from_affine(out, &g2_generator);
    g2_mul_var(out, out, log->limb, FR_LIMBS);
}

static const uint8_t *points_of(const msm_bench *self, unsigned group)
{
    return group == GROUP_G1 ? (const uint8_t *)self->g1 : (const uint8_t *)self->g2;
}

/* The processor's MSM up to 2^18; beyond, where that takes long, the multiple of the generator that logarithms say. */
static pt_status expect(const msm_bench *self, device_msm_case *of, pt_err *err)
{
    const fr log = expected_log(self);
    const msm_query query = {of->points, 0, self->n};
    of->checked = "sum of known logarithms";
    if (self->n > (size_t)1 << DEVICE_LOG_CHECKED_MAX) {
        multiple_g1(&log, &of->sum1);
        multiple_g2(&log, &of->sum2);
        return PT_OK;
    }
    of->checked = "the processor's MSM";
    return msm_run(self->job->crew, self->scalars, self->n, &query, of->group == GROUP_G1, &of->sum1, &query,
                   of->group == GROUP_G2, &of->sum2, err);
}

/* Without tables of the points' multiples, then with them. */
static pt_status bench_both(const device_msm_case *common, pt_err *err)
{
    device_msm_case of = *common;
    char name[80], suffix[40] = "";
    int len = 0;
    of.name = name;
    if (of.c != 0)
        len = snprintf(suffix, sizeof suffix, "_window_%u", of.c);
    if (of.n_batches != 0)
        snprintf(suffix + len, sizeof suffix - (size_t)len, "_batches_%u", of.n_batches);
    for (int tables = 0; tables <= 1 && err->code == PT_OK; tables++) {
        snprintf(name, sizeof name, "%s%s%s", common->name, tables != 0 ? "_tables" : "", suffix);
        of.tables = tables != 0;
        bench_device_msm(&of, err);
    }
    return err->code;
}

/* The same with every accumulator that a sweep asks for. */
static pt_status sweep_both(const device_msm_case *common, const char *scalars, pt_err *err)
{
    device_msm_case of = *common;
    for (int tables = 0; tables <= 1 && err->code == PT_OK; tables++) {
        of.tables = tables != 0;
        bench_device_sweep(&of, scalars, err);
    }
    return err->code;
}

/* In each number of batches that was asked for. */
static pt_status bench_batches(const device_msm_case *common, pt_err *err)
{
    const bench_job *job = common->job;
    device_msm_case of = *common;
    if (job->n_window_batches == 0)
        return bench_both(&of, err);
    for (size_t i = 0; i < job->n_window_batches && err->code == PT_OK; i++) {
        of.n_batches = job->window_batches[i];
        bench_both(&of, err);
    }
    return err->code;
}

static pt_status bench_on_device(const msm_bench *self, unsigned group, const char *name, const char *scalars, pt_err *err)
{
    const bench_job *job = self->job;
    device_msm_case of = {
        .job = job, .name = name, .group = group, .n = self->n, .points = points_of(self, group), .scalars = self->scalars};
    if (expect(self, &of, err) != PT_OK)
        return err->code;
    if (job->sweep != NULL)
        return sweep_both(&of, scalars, err);
    if (job->n_windows == 0)
        return bench_batches(&of, err);
    for (size_t i = 0; i < job->n_windows && err->code == PT_OK; i++) {
        of.c = job->windows[i];
        bench_batches(&of, err);
    }
    return err->code;
}

static pt_status bench_group(const msm_bench *self, unsigned group, const scalar_kind *kind, pt_err *err)
{
    const bench_job *job = self->job;
    const msm_query query = {points_of(self, group), 0, self->n};
    const size_t n_g1 = group == GROUP_G1, n_g2 = group == GROUP_G2;
    char name[32];
    g1_xyzz sum1;
    g2_xyzz sum2;
    snprintf(name, sizeof name, "msm_%s_%s", n_g1 ? "g1" : "g2", kind->name);
    if (job->device != NULL)
        return bench_on_device(self, group, name, kind->name, err);
    const fr log = expected_log(self);
    g1_xyzz expected1;
    g2_xyzz expected2;
    multiple_g1(&log, &expected1);
    multiple_g2(&log, &expected2);
    for (size_t sample = 0; sample < job->n_repeats; sample++) {
        double begin = clock_seconds();
        if (msm_run(job->crew, self->scalars, self->n, &query, n_g1, &sum1, &query, n_g2, &sum2, err) != PT_OK)
            return err->code;
        self->samples[sample] = 1e3 * (clock_seconds() - begin);
        if (n_g1 ? !g1_eq(&sum1, &expected1) : !g2_eq(&sum2, &expected2))
            return pt_fail(err, PT_E_INTERNAL, "benchmark: %s of %zu points: wrong sum", name, self->n);
    }
    const bench_label label = {name, self->n, crew_size(job->crew), "ms", "sum of known logarithms", NULL};
    return bench_report_add(job->report, &label, self->samples, job->n_repeats, err);
}

static pt_status make_points(msm_bench *self, pt_err *err)
{
    crew *threads = self->job->crew;
    fixed_base_g1 *base1;
    fixed_base_g2 *base2;
    if (self->job->groups & GROUP_G1) {
        if (fixed_base_g1_create(threads, self->n, &base1, err) != PT_OK)
            return err->code;
        fixed_base_g1_multiples(base1, threads, self->logs, self->n, self->g1);
        fixed_base_g1_destroy(base1);
    }
    if (self->job->groups & GROUP_G2) {
        if (fixed_base_g2_create(threads, self->n, &base2, err) != PT_OK)
            return err->code;
        fixed_base_g2_multiples(base2, threads, self->logs, self->n, self->g2);
        fixed_base_g2_destroy(base2);
    }
    return PT_OK;
}

static pt_status bench_kinds(msm_bench *self, pt_err *err)
{
    parts_run run = {.of = self};
    crew_run(self->job->crew, N_PARTS, task_draw_logs, &run);
    pt_status st = make_points(self, err);
    for (size_t k = 0; st == PT_OK && k < sizeof scalar_kinds / sizeof *scalar_kinds; k++) {
        if (!(self->job->scalars & scalar_kinds[k].mask))
            continue;
        run.mask = scalar_kinds[k].mask;
        crew_run(self->job->crew, N_PARTS, task_draw_scalars, &run);
        if (self->job->groups & GROUP_G1)
            st = bench_group(self, GROUP_G1, &scalar_kinds[k], err);
        if (st == PT_OK && self->job->groups & GROUP_G2)
            st = bench_group(self, GROUP_G2, &scalar_kinds[k], err);
    }
    return st;
}

static pt_status bench_size(const bench_job *job, size_t n, pt_err *err)
{
    const bool g1 = (job->groups & GROUP_G1) != 0, g2 = (job->groups & GROUP_G2) != 0;
    msm_bench self = {.job = job, .n = n};
    self.logs = malloc(n * sizeof *self.logs);
    self.scalars = malloc(n * sizeof *self.scalars);
    self.g1 = g1 ? malloc(n * sizeof *self.g1) : NULL;
    self.g2 = g2 ? malloc(n * sizeof *self.g2) : NULL;
    self.samples = calloc(job->n_repeats, sizeof *self.samples);
    if (self.logs == NULL || self.scalars == NULL || (g1 && self.g1 == NULL) || (g2 && self.g2 == NULL) ||
        self.samples == NULL)
        pt_fail(err, PT_E_NOMEM, "benchmark: no memory for %zu points", n);
    else
        bench_kinds(&self, err);
    free(self.logs);
    free(self.scalars);
    free(self.g1);
    free(self.g2);
    free(self.samples);
    return err->code;
}

pt_status bench_msm(const bench_job *job, pt_err *err)
{
    pt_status st = PT_OK;
    for (size_t i = 0; st == PT_OK && i < job->n_sizes; i++)
        st = bench_size(job, (size_t)1 << job->log_sizes[i], err);
    return st;
}
