/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/root_partitions.h"

#include "mpi/publish.h"
#include "mpi/root_stream.h"
#include "node/format/proof_bytes.h"

static void show_progress(root_run *run)
{
    for (; run->n_shown < run->request.n_partitions && run->outcomes[run->n_shown].ended; run->n_shown++)
        progress_done(run->progress, run->n_shown);
}

static void tell_failed(const root_run *run, uint32_t i, const pt_err *how)
{
    char status[32];
    snprintf(status, sizeof status, "\"status\": %d", (int)how->code);
    const run_event event = {.level = LOG_ERROR,
                             .name = "failed",
                             .id = run->request.partitions[i].id,
                             .partition = i,
                             .text = how->msg,
                             .more = status};
    run_log_tell(run->log, &event, how->msg);
}

void root_partition_tell(const root_run *run, const char *name, const char *host, const cluster_proof *of)
{
    run_log_event(run->log, &(run_event){.name = name,
                                         .host = host,
                                         .rank = of->rank,
                                         .id = run->request.partitions[of->partition].id,
                                         .partition = of->partition,
                                         .attempt = of->attempt,
                                         .seconds = of->seconds});
}

/* The run as a whole, at its end. */
static void tell_end(const root_run *run, pt_status first, uint32_t n_done, uint32_t n_left)
{
    const uint32_t n = run->request.n_partitions;
    char more[160];
    snprintf(more, sizeof more, "\"status\": %d, \"partitions\": %u, \"done\": %u, \"failed\": %u, \"left\": %u",
             (int)first, n, n_done, n - n_done - n_left, n_left);
    run_log_event(run->log, &(run_event){.level = first == PT_OK ? LOG_INFO : LOG_ERROR,
                                         .name = "summary",
                                         .seconds = clock_seconds() - run->started,
                                         .more = more});
}

void root_partition_end(root_run *run, uint32_t i, const pt_err *how)
{
    root_outcome *o = &run->outcomes[i];
    o->err = *how;
    o->ended = true;
    if (how->code != PT_OK)
        tell_failed(run, i, how);
    if (run->stream != NULL)
        root_stream_ended(run->stream, i);
    else
        show_progress(run);
}

void root_partition_publish(root_run *run, uint32_t i, const uint8_t *bytes, size_t n_bytes, const uint8_t *public_inputs,
                            size_t n_public)
{
    const request_partition *p = &run->request.partitions[i];
    pt_err err = {0};
    groth16_proof proof;
    timeline_span span = run_timeline_begin(run->timeline, STAGE_WRITE, i, NULL);
    if (run->progress != NULL)
        progress_report(run->progress, i, p->id, STAGE_WRITE);
    if (proof_bytes_read(root_run_key(run, p->key)->curve, bytes, n_bytes, &proof, &err) == PT_OK)
        publish_proof(&proof, public_inputs, n_public, p->proof_path, p->public_path, run->new_dir, run->interrupt, &err);
    run_timeline_end(run->timeline, &span, NULL);
    root_partition_end(run, i, &err);
}

pt_status root_partitions_sum_up(const root_run *run)
{
    const uint32_t n = run->request.n_partitions;
    pt_status first = PT_OK;
    uint32_t n_left = 0, n_done = 0;
    for (uint32_t i = 0; i < n; i++) {
        const root_outcome *o = &run->outcomes[i];
        n_left += !o->ended;
        n_done += o->ended && o->err.code == PT_OK;
        if (first == PT_OK)
            first = o->ended ? o->err.code : PT_E_NOMEM;
    }
    if (n_left > 0)
        run_log_say(run->log, LOG_WARNING, "interrupted", "interrupted: %u of %u partitions were not begun", n_left, n);
    tell_end(run, first, n_done, n_left);
    return first;
}
