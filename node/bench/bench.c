/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/bench/judge.h"
#include "node/pipeline/engine.h"

/* ---- arithmetic: the same chains on another instruction set must end in the same bytes ---- */

static pt_status compare_digests(const bench_job *job, const bench_report *other, size_t first, pt_err *err)
{
    for (size_t i = 0; i < other->n; i++) {
        bench_row *row = &job->report->rows[first + i];
        if (memcmp(row->digest, other->rows[i].digest, BENCH_DIGEST_BYTES) != 0)
            return pt_fail(err, PT_E_INTERNAL, "benchmark: %s on %s: %s and %s differ", row->name, job->curve->name,
                           job->curve->isa, job->other->isa);
        row->checked = "another algorithm, another build";
    }
    return PT_OK;
}

static pt_status run_arith(const bench_job *job, pt_err *err)
{
    size_t first = job->report->n;
    bench_report report = {0};
    bench_job again = *job;
    again.curve = job->other;
    again.n_repeats = 1;
    again.report = &report;
    if (job->curve->bench(job, err) == PT_OK && job->other != NULL && job->other->bench(&again, err) == PT_OK)
        compare_digests(job, &report, first, err);
    bench_report_clear(&report);
    return err->code;
}

/* ---- whole proofs: seconds[0] in all, then each stage ---- */

enum { N_PROVE_ROWS = 1 + STAGE_COUNT };

/* What the samples of one benchmark share. */
typedef struct {
    const bench_job *job;
    engine *engine;
    engine_key *key;
} proof_bench;

static pt_status judge(const bench_job *job, const engine_job *proven, pt_err *err)
{
    const pt_curve *other = job->other != NULL ? job->other : job->curve;
    return judge_proof(other, &job->key->vkey, &proven->proof, proven->public_inputs, err);
}

static pt_status prove_once(const proof_bench *self, double seconds[N_PROVE_ROWS], pt_err *err)
{
    stage_times stages = {{0}};
    const job_watch watch = {.times = &stages};
    engine_job asked = {
        .key = self->key, .witness = {.path = self->job->witness_path}, .ready = self->job->witness, .watch = &watch};
    double begin = clock_seconds();
    if (engine_submit(self->engine, &asked, err) == PT_OK) {
        engine_next(self->engine);
        seconds[0] = clock_seconds() - begin;
        memcpy(seconds + 1, stages.seconds, sizeof stages.seconds);
        if (asked.err.code != PT_OK)
            *err = asked.err;
        else
            judge(self->job, &asked, err);
    }
    engine_job_clear(&asked);
    return err->code;
}

static pt_status report_proofs(const bench_job *job, double *const samples[N_PROVE_ROWS], pt_err *err)
{
    const char *checked = job->other != NULL ? "pairing, another build" : "pairing";
    for (int row = 0; row < N_PROVE_ROWS; row++) {
        char name[40] = "prove";
        double total = 0;
        for (size_t i = 0; i < job->n_repeats; i++)
            total += samples[row][i] *= 1e3;
        if (row > 0)
            snprintf(name, sizeof name, "prove.%s", stage_name((stage)(row - 1)));
        const bench_label label = {name, job->key->domain_size, crew_size(job->crew), "ms", checked, NULL};
        if (total > 0 && bench_report_add(job->report, &label, samples[row], job->n_repeats, err) != PT_OK)
            return err->code;
    }
    return PT_OK;
}

static pt_status run_prove(const bench_job *job, pt_err *err)
{
    double *memory = calloc(N_PROVE_ROWS * job->n_repeats, sizeof *memory), *samples[N_PROVE_ROWS], seconds[N_PROVE_ROWS];
    if (memory == NULL)
        return pt_fail(err, PT_E_NOMEM, "benchmark: no memory for %zu samples", N_PROVE_ROWS * job->n_repeats);
    for (int row = 0; row < N_PROVE_ROWS; row++)
        samples[row] = memory + (size_t)row * job->n_repeats;
    proof_bench self = {.job = job};
    const engine_setup setup = {.options = {.n_threads = crew_size(job->crew), .n_in_flight = 1}};
    pt_status st = engine_create(&setup, &self.engine, err);
    if (st == PT_OK)
        st = engine_key_create(self.engine, job->key, &self.key, err);
    for (size_t i = 0; st == PT_OK && i < job->n_repeats; i++) {
        st = prove_once(&self, seconds, err);
        for (int row = 0; st == PT_OK && row < N_PROVE_ROWS; row++)
            samples[row][i] = seconds[row];
    }
    if (st == PT_OK)
        st = report_proofs(job, samples, err);
    engine_destroy(self.engine);
    engine_key_destroy(self.key);
    free(memory);
    return st;
}

pt_status bench_run(const bench_job *job, pt_err *err)
{
    switch (job->kind) {
    case BENCH_ARITH:
        return job->device != NULL ? job->curve->bench(job, err) : run_arith(job, err);
    case BENCH_PROVE:
        return run_prove(job, err);
    default:
        return job->curve->bench(job, err);
    }
}
