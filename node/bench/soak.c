/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/soak.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

enum { N_BINS = 100 };           /* of the time */
enum { GROWTH_BYTES = 1 << 20 }; /* what malloc may keep of the turns that sizes come in */

typedef struct {
    const soak_job *job;
    soak_result *result;
    engine_job *orders;
    double begin; /* when the first partition was done */
    double next_report;
    size_t n_enough;     /* partitions, once it has settled */
    size_t bins[N_BINS]; /* partitions that were done in each */
} soak;

/* ---- watching ---- */

static double system_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static soak_sample sample(const soak *self)
{
    return (soak_sample){.seconds = clock_seconds() - self->begin,
                         .clock = system_clock(),
                         .n_done = self->result->n_done,
                         .process = process_figures_read(),
                         .arenas = engine_figures_now(self->job->resident->engine).arenas};
}

/* Partitions that were begun and given back. */
static size_t n_ended(const soak *self)
{
    return self->result->n_done + self->result->n_failed;
}

static void settle(soak *self, double seconds)
{
    soak_result *result = self->result;
    if (result->has_settled || seconds < self->job->seconds / 10 || n_ended(self) < self->job->n_at_once)
        return;
    result->has_settled = true;
    result->settled = sample(self);
    self->n_enough = n_ended(self) + self->job->n_at_once;
}

static void watch(soak *self)
{
    const soak_job *job = self->job;
    double seconds = clock_seconds() - self->begin;
    size_t bin = (size_t)(seconds / job->seconds * N_BINS);
    self->bins[bin < N_BINS ? bin : N_BINS - 1]++;
    settle(self, seconds);
    if (job->report != NULL && seconds >= self->next_report) {
        const soak_sample now = sample(self);
        job->report(job->ctx, &now);
        self->next_report += job->interval;
    }
}

/* Rates of whole bins: a run that was ended before its time has fewer. */
static void add_rates(const soak *self)
{
    const double bin_seconds = self->job->seconds / N_BINS;
    size_t n_bins = (size_t)(self->result->last.seconds / bin_seconds), n_first = 0, n_last = 0;
    n_bins = n_bins > N_BINS ? N_BINS : n_bins;
    const size_t tenth = n_bins / 10;
    if (tenth == 0)
        return;
    for (size_t i = 0; i < tenth; i++) {
        n_first += self->bins[i];
        n_last += self->bins[n_bins - 1 - i];
    }
    self->result->first_rate = (double)n_first / (bin_seconds * (double)tenth);
    self->result->last_rate = (double)n_last / (bin_seconds * (double)tenth);
}

/* ---- proving ---- */

static pt_status submit(const soak *self, engine_job *order, pt_err *err)
{
    resident_order(self->job->resident, order);
    return engine_submit(self->job->resident->engine, order, err);
}

/* A partition was given back. What was never begun is no failure. */
static void count(const soak *self, engine_job *order)
{
    soak_result *result = self->result;
    pt_err fault = {0};
    if (order->begun && resident_judge(self->job->resident, order, &fault) == PT_OK)
        result->n_done++;
    else if (order->begun && result->n_failed++ == 0)
        result->fault = fault;
    engine_job_clear(order);
}

static bool goes_on(const soak *self)
{
    const soak_job *job = self->job;
    const bool shows_enough = self->result->has_settled && n_ended(self) >= self->n_enough;
    return (clock_seconds() - self->begin < job->seconds || !shows_enough) &&
           (job->stop == NULL || !atomic_load(job->stop));
}

static pt_status keep_full(soak *self, pt_err *err)
{
    engine *on = self->job->resident->engine;
    for (size_t i = 0; i < self->job->n_at_once; i++)
        if (submit(self, &self->orders[i], err) != PT_OK)
            return err->code;
    engine_job *order = engine_next(on);
    count(self, order);
    for (self->begin = clock_seconds(); goes_on(self); watch(self)) {
        if (submit(self, order, err) != PT_OK)
            return err->code;
        order = engine_next(on);
        count(self, order);
    }
    return PT_OK;
}

pt_status soak_run(const soak_job *job, soak_result *out, pt_err *err)
{
    soak self = {.job = job, .result = out, .next_report = job->interval};
    *out = (soak_result){0};
    self.orders = calloc(job->n_at_once, sizeof *self.orders);
    if (self.orders == NULL)
        return pt_fail(err, PT_E_NOMEM, "soak: no memory for %zu partitions", job->n_at_once);
    keep_full(&self, err);
    out->last = sample(&self);
    engine_stop(job->resident->engine);
    for (engine_job *order = engine_next(job->resident->engine); order != NULL; order = engine_next(job->resident->engine))
        count(&self, order);
    add_rates(&self);
    for (size_t i = 0; i < job->n_at_once; i++)
        engine_job_clear(&self.orders[i]);
    free(self.orders);
    return err->code;
}

/* ---- judging ---- */

static pt_status judge_growth(const soak_sample *settled, const soak_sample *last, pt_err *err)
{
    if (settled->process.resident == 0 || last->process.resident == 0)
        return pt_fail(err, PT_E_NOINPUT, "soak: the system does not tell what memory a process has");
    if (last->process.anonymous > settled->process.anonymous + GROWTH_BYTES)
        return pt_fail(err, PT_E_INTERNAL, "soak: memory grew from %" PRIu64 " to %" PRIu64 " bytes",
                       settled->process.anonymous, last->process.anonymous);
    if (last->process.n_threads > settled->process.n_threads)
        return pt_fail(err, PT_E_INTERNAL, "soak: threads grew from %zu to %zu", settled->process.n_threads,
                       last->process.n_threads);
    if (last->process.n_files > settled->process.n_files)
        return pt_fail(err, PT_E_INTERNAL, "soak: open files grew from %zu to %zu", settled->process.n_files,
                       last->process.n_files);
    const size_t n_mapped = last->arenas.n_mapped - settled->arenas.n_mapped;
    const size_t n_unmapped = last->arenas.n_unmapped - settled->arenas.n_unmapped;
    return n_mapped + n_unmapped == 0
               ? PT_OK
               : pt_fail(err, PT_E_INTERNAL, "soak: %zu arenas were mapped and %zu unmapped", n_mapped, n_unmapped);
}

pt_status soak_judge(const soak_result *result, pt_err *err)
{
    if (result->n_failed > 0)
        return pt_fail(err, result->fault.code, "soak: %zu of %zu partitions failed, the first: %s", result->n_failed,
                       result->n_failed + result->n_done, result->fault.msg);
    if (!result->has_settled)
        return pt_fail(err, PT_E_NOMEM, "soak: interrupted before it had settled");
    return judge_growth(&result->settled, &result->last, err);
}
