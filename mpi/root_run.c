/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/root_run.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "mpi/build_info.h"
#include "mpi/cluster/proof_judge.h"
#include "mpi/cluster/transport_join.h"
#include "mpi/cluster/transport_loop.h"
#include "mpi/root_journal.h"
#include "mpi/root_partitions.h"
#include "mpi/root_request.h"
#include "mpi/root_stream.h"
#include "node/format/proof_bytes.h"

enum { TRIES_MAX = 4 };

static const double lease_s = 3;

/* ---- what is done for the coordinator and the engine ---- */

static void deliver(void *ctx, const cluster_proof *proof, const char *host)
{
    root_run *run = ctx;
    root_outcome *o = &run->outcomes[proof->partition];
    o->seconds = proof->seconds;
    root_partition_publish(run, proof->partition, proof->bytes, proof->n_bytes, proof->public_inputs, proof->n_public);
    if (o->err.code == PT_OK)
        root_partition_tell(run, "published", host, proof);
}

static void fail(void *ctx, uint32_t partition, const pt_err *why)
{
    root_partition_end(ctx, partition, why);
}

static void tell(void *ctx, const cluster_event *e)
{
    const root_run *run = ctx;
    const bool is_news = cluster_event_is_news(e->kind);
    const run_event event = {.level = is_news || e->kind == ATTEMPT_FAILED ? LOG_WARNING : LOG_INFO,
                             .name = cluster_event_name(e->kind),
                             .host = e->host,
                             .rank = e->rank,
                             .id = e->attempt == 0 ? NULL : run->request.partitions[e->partition].id,
                             .partition = e->partition,
                             .attempt = e->attempt,
                             .seconds = e->seconds,
                             .text = e->text};
    char line[WIRE_NAME_MAX + 600];
    snprintf(line, sizeof line, "rank %u on %s %s", e->rank, e->host, e->text == NULL ? event.name : e->text);
    if (is_news)
        run_log_tell(run->log, &event, line);
    else
        run_log_event(run->log, &event);
}

static void report_stage(void *ctx, uint32_t number, stage s)
{
    root_run *run = ctx;
    const bool of_key = s == STAGE_KEY;
    progress_report(run->progress, of_key ? 0 : number,
                    of_key ? run->request.keys[number] : run->request.partitions[number].id, s);
}

static pt_status judge(void *ctx, const cluster_proof *proofs, size_t n, pt_err *verdicts, pt_err *err)
{
    root_run *run = ctx;
    if (proof_judge(engine_proving_look(run->proving).keys, proofs, n, verdicts, err) == PT_OK)
        public_judge_look(run->publics, proofs, n, verdicts);
    return err->code;
}

/* ---- making one ---- */

pt_status root_run_make_states(root_run *run, pt_err *err)
{
    const request *r = &run->request;
    run->outcomes = calloc(r->n_partitions, sizeof *run->outcomes);
    run->key_hashes = calloc(run->stream != NULL ? REQUEST_KEYS_MAX : r->n_keys, VKEY_HASH_BYTES);
    run->identities = calloc(r->n_partitions, JOURNAL_HASH_BYTES);
    if (run->outcomes == NULL || run->key_hashes == NULL || run->identities == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %u partitions", r->n_partitions);
    return public_judge_create(r, &run->publics, err);
}

static pt_status make_proving(root_run *run, pt_err *err)
{
    const prove_args *args = run->args;
    const bool shared = run->options->transport != NULL, is_stream = run->stream != NULL;
    const run_timeline_plan recorded = {
        .request = &run->request, .files = args->timeline_files, .n_files = args->n_timeline_files};
    if ((args->stats || recorded.n_files > 0) && run_timeline_create(&recorded, &run->timeline, err) != PT_OK)
        return err->code;
    if (run->timeline != NULL && shared && span_gather_create((uint32_t)run->options->n_ranks, &run->spans, err) != PT_OK)
        return err->code;
    const engine_proving_setup setup = {.options = run->options,
                                        .largest_key = is_stream ? NULL : run->request.keys[0],
                                        .n_partitions = is_stream ? 0 : run->request.n_partitions,
                                        .check = args->check,
                                        .n_ahead = shared ? PROVE_AHEAD_SHARED : PROVE_AHEAD_ALONE,
                                        .plan_alone = args->plan,
                                        .is_alone = !shared,
                                        .stop = interrupt_flag(run->interrupt),
                                        .timeline = run->timeline,
                                        .on_stage = is_stream ? NULL : report_stage,
                                        .ctx = run};
    return engine_proving_create(&setup, &run->proving, err);
}

static pt_status make_conversation(root_run *run, pt_err *err)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (transport_loop_create(OWN_ENDS, run->own, err) != PT_OK ||
        transport_join_create(run->own[OWN_ROOT], run->options->transport, &run->seen, err) != PT_OK)
        return err->code;
    if (run->args->ship && ship_root_create(&run->request, run->seen->n_ranks, &run->ship, err) != PT_OK)
        return err->code;
    const coordinator_setup root = {.request = &run->request,
                                    .transport = run->seen,
                                    .calls = {.ctx = run, .judge = judge, .deliver = deliver, .failed = fail, .tell = tell},
                                    .build = build_info_text(),
                                    .epoch = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000,
                                    .number = root_request_number(&run->request),
                                    .lease_s = lease_s,
                                    .is_root_alone = root_request_has_stream(&run->request),
                                    .tries_max = TRIES_MAX,
                                    .ship = run->ship,
                                    .spans = run->spans,
                                    .is_open = run->stream != NULL,
                                    .n_keys_max = REQUEST_KEYS_MAX};
    const worker_setup own = {.transport = run->own[OWN_WORKER],
                              .proving = engine_proving_table(run->proving),
                              .build = build_info_text(),
                              .host = run->host,
                              .process = (uint64_t)getpid(),
                              .n_threads = (uint32_t)run->options->n_threads,
                              .patience_s = INFINITY};
    if (coordinator_create(&root, clock_seconds(), &run->coordinator, err) == PT_OK)
        worker_create(&own, clock_seconds(), &run->worker, err);
    return err->code;
}

/* Of several ranks a line each is shown, where there is a terminal. */
static void make_view(root_run *run)
{
    if (run->options->transport == NULL || run->args->plan)
        return;
    run->view = root_view_create((uint32_t)run->options->n_ranks, run->stream != NULL, run->log);
    if (run->view != NULL)
        progress_end(run->progress);
}

pt_status root_run_make(root_run *run, pt_err *err)
{
    if (make_proving(run, err) == PT_OK && make_conversation(run, err) == PT_OK)
        make_view(run);
    return err->code;
}

void root_run_clear(root_run *run)
{
    progress_end(run->progress);
    root_view_end(run->view);
    worker_destroy(run->worker);
    coordinator_destroy(run->coordinator);
    ship_root_destroy(run->ship);
    transport_destroy(run->seen);
    transport_destroy(run->own[OWN_WORKER]);
    transport_destroy(run->own[OWN_ROOT]);
    engine_proving_destroy(run->proving);
    root_view_destroy(run->view);
    progress_destroy(run->progress); /* what the engine's threads tell of */
    root_journal_close(run);
    span_gather_destroy(run->spans);
    run_timeline_destroy(run->timeline);
    public_judge_destroy(run->publics);
    root_stream_destroy(run->stream);
    free(run->outcomes);
    free(run->identities);
    free(run->key_hashes);
    free(run->journal_path);
    interrupt_destroy(run->interrupt);
    request_clear(&run->request);
}

/* ---- the conversation ---- */

bool root_run_turn(root_run *run)
{
    const double now = clock_seconds();
    const uint8_t *frame;
    size_t n_bytes;
    uint32_t from;
    /* Its report keeps its leases, however long this thread has not run. A key that can't be opened is told of in prove_root.c. */
    bool did = run->began && worker_tick(run->worker, now);
    for (size_t i = 0; i < COORDINATOR_FRAMES_MAX && transport_receive(run->seen, &from, &frame, &n_bytes); i++) {
        coordinator_receive(run->coordinator, from, frame, n_bytes, clock_seconds()); /* now: an answer has a time */
        did = true;
    }
    did |= coordinator_tick(run->coordinator, now);
    while (transport_receive(run->own[OWN_WORKER], &from, &frame, &n_bytes)) {
        worker_receive(run->worker, frame, n_bytes, now);
        did = true;
    }
    did |= worker_tick(run->worker, now);
    did |= transport_has_moved(run->options->transport, &run->n_moved);
    root_view_look(run->view, run->coordinator, run->began, now);
    return did;
}

void root_run_rest(root_run *run, back_off *idle, bool did)
{
    const double nap = 1e-6 * back_off_next(idle, did), left = coordinator_due(run->coordinator) - clock_seconds();
    engine_proving_rest(run->proving, (unsigned)(1e6 * fmax(0, fmin(nap, left))));
}

static const char *host_of(const void *ctx, uint32_t rank)
{
    const root_run *run = ctx;
    return rank == 0 ? run->host : coordinator_host(run->coordinator, rank);
}

void root_run_gather_spans(root_run *run)
{
    back_off idle = {0};
    while (!coordinator_gather_spans(run->coordinator, clock_seconds()))
        root_run_rest(run, &idle, root_run_turn(run));
}

pt_status root_run_end_timeline(root_run *run, pt_err *err)
{
    const size_t n_threads = workplace_threads(engine_proving_look(run->proving).place, run->options);
    const run_timeline_job job = {
        .spans = run->spans, .n_ranks = (uint32_t)run->options->n_ranks, .host = host_of, .ctx = run};
    return run_timeline_finish(run->timeline, n_threads, run->spans != NULL ? &job : NULL, run->interrupt, err);
}

const proving_key *root_run_key(const root_run *run, uint32_t key)
{
    return engine_proving_look(run->proving).keys[key].of[0];
}

void root_run_warn_of_key(const root_run *run, uint32_t i)
{
    const proving_key *key = root_run_key(run, i);
    if (key->insecure)
        run_log_say(run->log, LOG_WARNING, "warning",
                    "WARNING: %s was made by `partita setup --insecure`: whoever made it can forge proofs", key->path);
    if (groth16_gamma_is_delta(&key->vkey))
        run_log_say(run->log, LOG_WARNING, "warning",
                    "WARNING: %s has gamma equal to delta (no phase 2 contribution): anyone can forge proofs", key->path);
}
