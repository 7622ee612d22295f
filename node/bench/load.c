/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/load.h"

#include <stdlib.h>

#include "node/topo/process_figures.h"

size_t load_spans(load_shape shape)
{
    return shape.n_proofs * shape.n_partitions * STAGE_COUNT;
}

static pt_status submit_proof(const resident *self, engine_job *jobs, size_t n_partitions, pt_err *err)
{
    for (size_t i = 0; i < n_partitions; i++) {
        resident_order(self, &jobs[i]);
        if (engine_submit(self->engine, &jobs[i], err) != PT_OK)
            return err->code;
    }
    return PT_OK;
}

/* Jobs are given back in the order in which they were handed in. */
static pt_status prove_all(const resident *self, load_shape shape, engine_job *jobs, pt_err *err)
{
    size_t n_submitted = 0;
    for (size_t proof = 0; proof < shape.n_proofs && err->code == PT_OK; proof++) {
        for (; n_submitted < shape.n_proofs && n_submitted < proof + shape.n_at_once && err->code == PT_OK; n_submitted++)
            submit_proof(self, jobs + n_submitted * shape.n_partitions, shape.n_partitions, err);
        for (size_t i = 0; i < shape.n_partitions && err->code == PT_OK; i++)
            engine_next(self->engine);
    }
    while (engine_next(self->engine) != NULL) /* after an error */
        continue;
    return err->code;
}

/* The system's figures before the proofs and after them. */
static pt_status measure(const resident *self, load_shape shape, engine_job *jobs, load_row *row, pt_err *err)
{
    const arena_figures before = engine_figures_now(self->engine).arenas;
    timeline_clear(self->timeline);
    row->peak_is_own = process_forget_peak();
    const double device_before = engine_key_device_seconds(self->prepared);
    double begin = clock_seconds();
    if (prove_all(self, shape, jobs, err) != PT_OK)
        return err->code;
    row->seconds = clock_seconds() - begin;
    row->device_seconds = engine_key_device_seconds(self->prepared) - device_before;
    row->peak_bytes = process_figures_read().peak;
    const arena_figures after = engine_figures_now(self->engine).arenas;
    row->arena_bytes = after.taken_bytes + after.kept_bytes;
    row->n_mapped = after.n_mapped - before.n_mapped + after.n_unmapped - before.n_unmapped;
    return PT_OK;
}

static pt_status judge_all(const resident *self, const engine_job *jobs, size_t n, load_row *row, pt_err *err)
{
    for (size_t i = 0; i < n; i++) {
        pt_err fault = {0};
        if (resident_judge(self, &jobs[i], &fault) == PT_OK)
            continue;
        if (jobs[i].err.code == PT_OK && fault.code != PT_E_INTERNAL)
            return pt_fail(err, fault.code, "%s", fault.msg);
        if (row->n_failed++ == 0)
            row->fault = fault;
    }
    return PT_OK;
}

static pt_status add_times(const resident *self, load_row *row, pt_err *err)
{
    timeline_list list;
    if (timeline_read(self->timeline, &list, err) != PT_OK)
        return err->code;
    row->n_lost = timeline_n_lost(self->timeline);
    if (timeline_stats_of(&list, self->n_threads, TIMELINE_GAP_SECONDS, &row->stats, err) == PT_OK)
        timeline_proofs_of(&list, (uint32_t)row->n_partitions, &row->proofs, err);
    timeline_list_clear(&list);
    return err->code;
}

pt_status load_run(const resident *self, load_shape shape, load_row *out, pt_err *err)
{
    const size_t n = shape.n_proofs * shape.n_partitions;
    load_row row = {.n_proofs = shape.n_proofs, .n_at_once = shape.n_at_once, .n_partitions = shape.n_partitions};
    engine_job *jobs = calloc(n, sizeof *jobs);
    if (jobs == NULL)
        return pt_fail(err, PT_E_NOMEM, "benchmark: no memory for %zu partitions", n);
    if (measure(self, shape, jobs, &row, err) == PT_OK && judge_all(self, jobs, n, &row, err) == PT_OK &&
        add_times(self, &row, err) == PT_OK)
        *out = row;
    for (size_t i = 0; i < n; i++)
        engine_job_clear(&jobs[i]);
    free(jobs);
    return err->code;
}
