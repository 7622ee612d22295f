/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/prove_root.h"

#include <errno.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mpi/build_info.h"
#include "mpi/cluster/back_off.h"
#include "mpi/cluster/coordinator.h"
#include "mpi/cluster/engine_proving.h"
#include "mpi/cluster/journal.h"
#include "mpi/cluster/proof_judge.h"
#include "mpi/cluster/public_judge.h"
#include "mpi/cluster/transport_join.h"
#include "mpi/cluster/transport_loop.h"
#include "mpi/cluster/worker.h"
#include "mpi/printable.h"
#include "mpi/progress.h"
#include "mpi/prove_bundle.h"
#include "mpi/publish.h"
#include "mpi/run_plan.h"
#include "mpi/run_stats.h"
#include "node/format/proof_bytes.h"

enum { OWN_ROOT, OWN_WORKER, OWN_ENDS }; /* of the loop between coordinator and worker of this process */
enum { TRIES_MAX = 4 };

static const double lease_s = 3;
static const double settle_s = 0.05; /* that a run is at rest before it is left to its readers */

/* How a partition has ended. */
typedef struct {
    pt_err err;
    bool ended;
    double seconds;
} outcome;

typedef struct {
    const cli *options;
    const prove_args *args;
    request request;
    const char *new_dir; /* --out's, if it was not there */
    char *journal_path;  /* NULL: none is kept */
    char host[64];
    interrupt *interrupt;
    progress *progress;
    run_timeline *timeline;
    engine_proving *proving;
    transport *own[OWN_ENDS], *seen; /* seen: what the coordinator sees */
    public_judge *publics;
    coordinator *coordinator;
    worker *worker;
    journal *journal;
    uint8_t *key_hashes, *identities;
    outcome *outcomes;
    uint32_t n_shown; /* partitions that have ended, as have all before them */
    double started;
    bool began; /* partitions are given out */
} root_run;

/* ---- the request ---- */

/* Can the outputs be in dir? One that is made for this question goes again: until there is something to keep, nothing is left behind by
 * whatever ends the process. */
static pt_status check_dir(root_run *run, const char *dir, pt_err *err)
{
    struct stat info;
    if (mkdir(dir, 0777) == 0) {
        run->new_dir = dir;
        request_check_outputs(&run->request, err);
        rmdir(dir);
        return err->code;
    }
    if (errno != EEXIST)
        return pt_fail(err, PT_E_CREATE, "%s: can't make the directory: %s", dir, strerror(errno));
    if (stat(dir, &info) != 0 || !S_ISDIR(info.st_mode))
        return pt_fail(err, PT_E_CREATE, "%s: expected a directory for --out", dir);
    return request_check_outputs(&run->request, err);
}

static pt_status name_journal(root_run *run, pt_err *err)
{
    const prove_args *args = run->args;
    const int n = args->journal_file != NULL ? asprintf(&run->journal_path, "%s", args->journal_file)
                                             : asprintf(&run->journal_path, "%s/.partita/journal.db", args->out_dir);
    if (n >= 0)
        return PT_OK;
    run->journal_path = NULL;
    return pt_fail(err, PT_E_NOMEM, "no memory for the journal's name");
}

/* A bundle of an earlier run may be replaced. */
static pt_status check_bundles(const root_run *run, pt_err *err)
{
    const prove_args *args = run->args;
    const char *const files[] = {args->bundle_file, args->raw_file};
    input_set inputs;
    if (request_inputs(&run->request, &inputs, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < sizeof files / sizeof *files && err->code == PT_OK; i++)
        if (files[i] != NULL)
            output_file_check_remade(files[i], BUNDLE_FRAME_MAGIC, &inputs, err);
    if (err->code == PT_OK && files[0] != NULL && files[1] != NULL && output_file_same(files[0], files[1]))
        pt_fail(err, PT_E_ARG, "%s: --bundle and --raw can't go into one file", files[0]);
    input_set_clear(&inputs);
    return err->code;
}

/* What will be written where; refused here if it could not be. */
static pt_status read_request(root_run *run, pt_err *err)
{
    const prove_args *args = run->args;
    char *const *operands = run->options->operands;
    const size_t n = run->options->n_operands;
    if (args->out_dir == NULL) {
        if (request_of_one(operands[0], operands[1], operands[2], operands[3], &run->request, err) == PT_OK)
            request_check_outputs(&run->request, err);
        return err->code;
    }
    if (args->request_file != NULL)
        request_of_file(args->request_file, args->out_dir, &run->request, err);
    else
        request_of_witnesses(operands[0], operands + 1, n - 1, args->out_dir, &run->request, err);
    if (err->code == PT_OK && check_dir(run, args->out_dir, err) == PT_OK && name_journal(run, err) == PT_OK)
        check_bundles(run, err);
    return err->code;
}

/* The first bytes of a hash of what is asked, without looking into a file: frames of another request are none of this one's. */
static uint64_t request_number(const request *self)
{
    crypto_generichash_state state;
    uint8_t hash[sizeof(uint64_t) * 2];
    uint64_t number;
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    for (uint32_t i = 0; i < self->n_partitions; i++) {
        const request_partition *p = &self->partitions[i];
        crypto_generichash_update(&state, (const uint8_t *)p->id, strlen(p->id) + 1);
        crypto_generichash_update(&state, (const uint8_t *)p->witness, strlen(p->witness) + 1);
        crypto_generichash_update(&state, (const uint8_t *)self->keys[p->key], strlen(self->keys[p->key]) + 1);
    }
    crypto_generichash_final(&state, hash, sizeof hash);
    memcpy(&number, hash, sizeof number);
    return number;
}

/* ---- partitions that end ---- */

static void show_progress(root_run *run)
{
    for (; run->n_shown < run->request.n_partitions && run->outcomes[run->n_shown].ended; run->n_shown++)
        progress_done(run->progress, run->n_shown);
}

/* While keys are read a signal ends the process at once: nobody else looks. */
static void allow_exit(root_run *run)
{
    interrupt_allow_exit(run->interrupt, !run->began);
}

static void end_partition(root_run *run, uint32_t i, const pt_err *how)
{
    outcome *o = &run->outcomes[i];
    o->err = *how;
    o->ended = true;
    if (how->code != PT_OK)
        cli_say("%s", how->msg);
    show_progress(run);
}

static const proving_key *key_of(const root_run *run, uint32_t key)
{
    return engine_proving_look(run->proving).keys[key].of[0];
}

/* Write a proof's files. */
static void publish(root_run *run, uint32_t i, const uint8_t *bytes, size_t n_bytes, const uint8_t *public_inputs,
                    size_t n_public)
{
    const request_partition *p = &run->request.partitions[i];
    pt_err err = {0};
    groth16_proof proof;
    timeline_span span = run_timeline_begin(run->timeline, STAGE_WRITE, i, NULL);
    progress_report(run->progress, i, p->id, STAGE_WRITE);
    if (proof_bytes_read(key_of(run, p->key)->curve, bytes, n_bytes, &proof, &err) == PT_OK)
        publish_proof(&proof, public_inputs, n_public, p->proof_path, p->public_path, run->new_dir, run->interrupt, &err);
    run_timeline_end(run->timeline, &span, NULL);
    end_partition(run, i, &err);
}

static void deliver(void *ctx, const cluster_proof *proof, const char *host)
{
    root_run *run = ctx;
    outcome *o = &run->outcomes[proof->partition];
    o->seconds = proof->seconds;
    (void)host;
    publish(run, proof->partition, proof->bytes, proof->n_bytes, proof->public_inputs, proof->n_public);
}

static void fail(void *ctx, uint32_t partition, const pt_err *why)
{
    end_partition(ctx, partition, why);
}

static void say(void *ctx, const char *line)
{
    (void)ctx;
    cli_say("%s", line);
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

/* ---- the conversation ---- */

/* Frames to whom they are for, then whatever is due. Returns true if something was done. */
static bool turn(root_run *run)
{
    const double now = clock_seconds();
    const uint8_t *frame;
    size_t n_bytes;
    uint32_t from;
    /* Its report keeps its leases, however long this thread has not run. A key that can't be opened is open_keys()'s to tell. */
    bool did = run->began && worker_tick(run->worker, now);
    for (size_t i = 0; i < COORDINATOR_FRAMES_MAX && transport_receive(run->seen, &from, &frame, &n_bytes); i++) {
        coordinator_receive(run->coordinator, from, frame, n_bytes, now);
        did = true;
    }
    did |= coordinator_tick(run->coordinator, now);
    while (transport_receive(run->own[OWN_WORKER], &from, &frame, &n_bytes)) {
        worker_receive(run->worker, frame, n_bytes, now);
        did = true;
    }
    did |= worker_tick(run->worker, now);
    return did;
}

static pt_status own_worker_end(const root_run *run, pt_err *err)
{
    pt_err how = {0};
    if (worker_is_over(run->worker, &how) && how.code != PT_OK)
        pt_fail(err, how.code, "%s", how.msg);
    return err->code;
}

/* Talk until the keys of this process are open. */
static pt_status open_keys(root_run *run, pt_err *err)
{
    const proving_key_state *keys = NULL;
    back_off idle = {0};
    allow_exit(run);
    while (keys == NULL && own_worker_end(run, err) == PT_OK && !coordinator_is_over(run->coordinator, err)) {
        const bool did = turn(run);
        keys = proving_keys(engine_proving_table(run->proving));
        if (keys == NULL)
            back_off_wait(&idle, did);
    }
    for (uint32_t i = 0; i < run->request.n_keys && err->code == PT_OK; i++) {
        if (keys[i].err.code != PT_OK)
            return pt_fail(err, keys[i].err.code, "%s", keys[i].err.msg);
        memcpy(run->key_hashes + (size_t)i * VKEY_HASH_BYTES, keys[i].hash, VKEY_HASH_BYTES);
    }
    return err->code;
}

static void warn_of_keys(const root_run *run)
{
    for (uint32_t i = 0; i < run->request.n_keys; i++) {
        const proving_key *key = key_of(run, i);
        if (key->insecure)
            cli_say("WARNING: %s was made by `partita setup --insecure`: whoever made it can forge proofs", key->path);
        if (groth16_gamma_is_delta(&key->vkey))
            cli_say("WARNING: %s has gamma equal to delta (no phase 2 contribution): anyone can forge proofs", key->path);
    }
}

/* ---- the journal ---- */

static pt_status identify(root_run *run, pt_err *err)
{
    for (uint32_t i = 0; i < run->request.n_partitions && err->code == PT_OK; i++) {
        const uint8_t *key_hash = run->key_hashes + (size_t)run->request.partitions[i].key * VKEY_HASH_BYTES;
        request_identity(&run->request, i, key_hash, run->identities + (size_t)i * JOURNAL_HASH_BYTES, err);
    }
    return err->code;
}

/* What earlier runs have proven is published again and not proven again. */
static pt_status recall(root_run *run, pt_err *err)
{
    for (uint32_t i = 0; i < run->request.n_partitions && err->code == PT_OK; i++) {
        journal_entry entry;
        bool found = false;
        if (journal_find(run->journal, run->identities + (size_t)i * JOURNAL_HASH_BYTES, &found, &entry, err) != PT_OK ||
            !found)
            continue;
        coordinator_set_done(run->coordinator, i);
        run->outcomes[i].seconds = entry.seconds;
        publish(run, i, entry.proof, entry.n_proof_bytes, entry.public_inputs, entry.n_public);
    }
    return err->code;
}

static void describe_run(const root_run *run, journal_setup *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *out = (journal_setup){.path = run->journal_path,
                           .n_partitions = run->request.n_partitions,
                           .host = run->host,
                           .process = (uint64_t)getpid(),
                           .now_unix = (double)now.tv_sec + (double)now.tv_nsec * 1e-9,
                           .resume = run->args->resume};
}

/* Before keys are read: a second run in the same place is refused at once. */
static pt_status open_journal(root_run *run, pt_err *err)
{
    journal_setup setup;
    if (run->journal_path == NULL || run->args->plan)
        return PT_OK;
    if (run->new_dir != NULL && mkdir(run->new_dir, 0777) != 0 && errno != EEXIST)
        return pt_fail(err, PT_E_CREATE, "%s: can't make the directory: %s", run->new_dir, strerror(errno));
    describe_run(run, &setup);
    return journal_open(&setup, &run->journal, err);
}

static pt_status begin_journal(root_run *run, pt_err *err)
{
    uint8_t hash[REQUEST_HASH_BYTES];
    journal_setup setup;
    if (run->journal == NULL)
        return PT_OK;
    describe_run(run, &setup);
    setup.request_hash = hash;
    request_hash(&run->request, run->key_hashes, hash);
    if (identify(run, err) == PT_OK && journal_begin(run->journal, &setup, err) == PT_OK)
        recall(run, err);
    return err->code;
}

/* A journal of nothing is not left, nor a directory that was made for it. */
static void close_journal(root_run *run)
{
    if (run->args->resume)
        journal_close(run->journal);
    else
        journal_retire(run->journal);
    run->journal = NULL;
    if (run->new_dir != NULL)
        rmdir(run->new_dir);
}

/* ---- proving ---- */

/* The code of the first partition in order that failed. */
static pt_status sum_up(const root_run *run)
{
    const uint32_t n = run->request.n_partitions;
    pt_status first = PT_OK;
    uint32_t n_left = 0;
    for (uint32_t i = 0; i < n; i++) {
        const outcome *o = &run->outcomes[i];
        n_left += !o->ended;
        if (first == PT_OK)
            first = o->ended ? o->err.code : PT_E_NOMEM;
    }
    if (n_left > 0)
        cli_say("interrupted: %u of %u partitions were not begun", n_left, n);
    return first;
}

/* After a signal: is there nothing left but witnesses that may never come? What was computed is published by then. */
static bool only_reads(root_run *run, double *since)
{
    const coordinator_figures f = coordinator_figures_now(run->coordinator);
    const bool reads = !engine_is_proving(engine_proving_look(run->proving).engine) && f.partitions.n_proven == 0 &&
                       f.n_held_elsewhere == 0;
    const double now = clock_seconds();
    if (!reads)
        *since = now;
    return now - *since > settle_s;
}

/* Who waits for a witness can't be called back: the process ends around it. */
static _Noreturn void leave(root_run *run)
{
    interrupt_hold(run->interrupt);
    coordinator_dismiss(run->coordinator);
    progress_end(run->progress);
    close_journal(run);
    sum_up(run);
    _exit(PT_E_NOMEM);
}

static pt_status talk_to_the_end(root_run *run, pt_err *err)
{
    back_off idle = {0};
    double reading_since = 0;
    bool draining = false;
    run->began = true;
    allow_exit(run);
    while (!coordinator_is_over(run->coordinator, err) && own_worker_end(run, err) == PT_OK) {
        if (!draining && atomic_load(interrupt_flag(run->interrupt))) {
            draining = true;
            reading_since = clock_seconds();
            coordinator_drain(run->coordinator);
        }
        if (draining && only_reads(run, &reading_since))
            leave(run);
        back_off_wait(&idle, turn(run));
    }
    return err->code;
}

static pt_status make_states(root_run *run, pt_err *err)
{
    const request *r = &run->request;
    run->outcomes = calloc(r->n_partitions, sizeof *run->outcomes);
    run->key_hashes = calloc(r->n_keys, VKEY_HASH_BYTES);
    run->identities = calloc(r->n_partitions, JOURNAL_HASH_BYTES);
    if (run->outcomes == NULL || run->key_hashes == NULL || run->identities == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %u partitions", r->n_partitions);
    return public_judge_create(r, &run->publics, err);
}

static pt_status make_proving(root_run *run, pt_err *err)
{
    const prove_args *args = run->args;
    const bool shared = run->options->transport != NULL;
    const run_timeline_plan recorded = {
        .request = &run->request, .files = args->timeline_files, .n_files = args->n_timeline_files};
    if ((args->stats || recorded.n_files > 0) && run_timeline_create(&recorded, &run->timeline, err) != PT_OK)
        return err->code;
    const engine_proving_setup setup = {.options = run->options,
                                        .largest_key = run->request.keys[0],
                                        .n_partitions = run->request.n_partitions,
                                        .check = args->check,
                                        .n_ahead = shared ? PROVE_AHEAD_SHARED : PROVE_AHEAD_ALONE,
                                        .plan_alone = args->plan,
                                        .is_alone = !shared,
                                        .stop = interrupt_flag(run->interrupt),
                                        .timeline = run->timeline,
                                        .on_stage = report_stage,
                                        .ctx = run};
    return engine_proving_create(&setup, &run->proving, err);
}

/* A stream is read once, by the process that has it open. */
static bool has_stream(const request *self)
{
    struct stat info;
    for (uint32_t i = 0; i < self->n_partitions; i++)
        if (stat(self->partitions[i].witness, &info) == 0 && !S_ISREG(info.st_mode))
            return true;
    return false;
}

static pt_status make_conversation(root_run *run, pt_err *err)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (transport_loop_create(OWN_ENDS, run->own, err) != PT_OK ||
        transport_join_create(run->own[OWN_ROOT], run->options->transport, &run->seen, err) != PT_OK)
        return err->code;
    const coordinator_setup root = {.request = &run->request,
                                    .transport = run->seen,
                                    .calls = {.ctx = run, .judge = judge, .deliver = deliver, .failed = fail, .say = say},
                                    .build = build_info_text(),
                                    .epoch = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000,
                                    .number = request_number(&run->request),
                                    .lease_s = lease_s,
                                    .is_root_alone = has_stream(&run->request),
                                    .tries_max = TRIES_MAX};
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

/* ---- what is shown ---- */

static json_t *partition_json(const root_run *run, uint32_t i)
{
    const request_partition *p = &run->request.partitions[i];
    const outcome *o = &run->outcomes[i];
    const int status = o->ended ? (int)o->err.code : (int)PT_E_NOMEM;
    json_t *out = json_pack("{s:o, s:o, s:o, s:o, s:i, s:f}", "id", printable_json(p->id), "witness",
                            printable_json(p->witness), "proof", printable_json(p->proof_path), "public",
                            printable_json(p->public_path), "status", status, "seconds", o->seconds);
    if (out == NULL || status == PT_OK ||
        json_object_set_new(out, "error", printable_json(o->ended ? o->err.msg : "interrupted before it was begun")) == 0)
        return out;
    json_decref(out);
    return NULL;
}

/* Of a run with --stats. */
static run_stats stats_of(const root_run *run, double seconds)
{
    const engine_proving_parts parts = engine_proving_look(run->proving);
    run_stats stats = {.seconds = seconds,
                       .n_threads = workplace_threads(parts.place, run->options),
                       .curve = key_of(run, 0)->curve,
                       .timeline = run_timeline_stats(run->timeline),
                       .n_lost = run_timeline_n_lost(run->timeline),
                       .planned = parts.memory,
                       .peak_before = parts.peak_before,
                       .achieved = engine_figures_now(parts.engine)};
    stats.key_pages = workplace_check_key(parts.place, &parts.keys[0], &stats.key_huge_bytes);
    return stats;
}

/* stats: NULL without --stats */
static pt_status print_json(const root_run *run, const run_stats *stats, pt_err *err)
{
    const proving_key *key = key_of(run, 0);
    json_t *items = json_array();
    for (uint32_t i = 0; i < run->request.n_partitions; i++)
        if (json_array_append_new(items, partition_json(run, i)) != 0)
            pt_fail(err, PT_E_NOMEM, "no memory for the result");
    json_t *out = json_pack("{s:s, s:o, s:s, s:b, s:o}", "command", "prove", "key", printable_json(key->path), "curve",
                            key->curve->name, "insecure_key", (int)key->insecure, "partitions", items);
    if (stats != NULL && json_object_set_new(out, "stats", run_stats_json(stats)) != 0)
        pt_fail(err, PT_E_NOMEM, "no memory for the result");
    return cli_print_json(out, err);
}

static pt_status show_result(const root_run *run, pt_err *err)
{
    run_stats stats;
    if (run->args->stats)
        stats = stats_of(run, clock_seconds() - run->started);
    if (run->options->json)
        return print_json(run, run->args->stats ? &stats : NULL, err);
    return run->args->stats ? run_stats_print(&stats, stderr, err) : PT_OK;
}

static pt_status show_plan(const root_run *run, pt_err *err)
{
    const engine_proving_parts parts = engine_proving_look(run->proving);
    const run_plan shown = {.place = parts.place, .memory = parts.memory, .key = key_of(run, 0)};
    if (!run->options->json)
        return run_plan_print(&shown, stdout, err);
    return cli_print_json(json_pack("{s:s, s:o, s:o}", "command", "prove", "key", printable_json(shown.key->path), "plan",
                                    run_plan_json(&shown)),
                          err);
}

/* ---- the whole ---- */

static prove_bundle bundle_of(const root_run *run)
{
    return (prove_bundle){.request = &run->request,
                          .keys = engine_proving_look(run->proving).keys,
                          .journal = run->journal,
                          .identities = run->identities};
}

/* failed: a partition has no proof, so there is no bundle. */
static pt_status write_bundles(root_run *run, bool failed, pt_err *err)
{
    const prove_bundle all = bundle_of(run);
    const prove_args *args = run->args;
    if (args->bundle_file == NULL && args->raw_file == NULL)
        return PT_OK;
    if (failed) {
        cli_say("%s is not written: not every partition has a proof",
                args->bundle_file != NULL ? args->bundle_file : args->raw_file);
        return PT_OK;
    }
    interrupt_hold(run->interrupt);
    if (args->bundle_file != NULL)
        prove_bundle_write(&all, args->bundle_file, BUNDLE_FRAMED, err);
    if (args->raw_file != NULL && err->code == PT_OK)
        prove_bundle_write(&all, args->raw_file, BUNDLE_RAW, err);
    interrupt_release(run->interrupt);
    return err->code;
}

static pt_status prove_all(root_run *run, pt_err *err)
{
    const prove_bundle all = bundle_of(run);
    if (run->args->raw_file != NULL && prove_bundle_check_raw(&all, err) != PT_OK)
        return err->code;
    if (begin_journal(run, err) != PT_OK)
        return err->code;
    coordinator_begin(run->coordinator, run->key_hashes, run->journal, run->identities, clock_seconds());
    if (talk_to_the_end(run, err) != PT_OK)
        return err->code;
    progress_end(run->progress);
    engine_proving_settle(run->proving); /* what was given out twice may still be under way */
    const pt_status failed = sum_up(run);
    const size_t n_threads = workplace_threads(engine_proving_look(run->proving).place, run->options);
    if (write_bundles(run, failed != PT_OK, err) == PT_OK &&
        run_timeline_finish(run->timeline, n_threads, run->interrupt, err) == PT_OK && show_result(run, err) == PT_OK)
        err->code = failed; /* its message has been told */
    return err->code;
}

static pt_status prove(root_run *run, pt_err *err)
{
    run->started = clock_seconds();
    if (read_request(run, err) != PT_OK || make_states(run, err) != PT_OK || open_journal(run, err) != PT_OK ||
        progress_create(run->request.n_partitions, run->options->quiet, &run->progress, err) != PT_OK ||
        make_proving(run, err) != PT_OK || make_conversation(run, err) != PT_OK || open_keys(run, err) != PT_OK)
        return err->code;
    warn_of_keys(run);
    return run->args->plan ? show_plan(run, err) : prove_all(run, err);
}

static void run_clear(root_run *run)
{
    progress_end(run->progress);
    worker_destroy(run->worker);
    coordinator_destroy(run->coordinator);
    transport_destroy(run->seen);
    transport_destroy(run->own[OWN_WORKER]);
    transport_destroy(run->own[OWN_ROOT]);
    engine_proving_destroy(run->proving);
    progress_destroy(run->progress); /* what the engine's threads tell of */
    close_journal(run);
    run_timeline_destroy(run->timeline);
    public_judge_destroy(run->publics);
    free(run->outcomes);
    free(run->identities);
    free(run->key_hashes);
    free(run->journal_path);
    interrupt_destroy(run->interrupt);
    request_clear(&run->request);
}

/* Then nobody waits for it. */
static bool is_rank_lost(const root_run *run)
{
    const coordinator_figures f = coordinator_figures_now(run->coordinator);
    return f.n_ranks_live < (uint32_t)run->options->n_ranks - f.n_refused;
}

pt_status prove_root(cli *options, const prove_args *args, pt_err *err)
{
    root_run run = {.options = options, .args = args};
    gethostname(run.host, sizeof run.host - 1);
    if (interrupt_create(&run.interrupt, err) == PT_OK)
        prove(&run, err);
    if (run.coordinator != NULL) {
        coordinator_dismiss(run.coordinator);
        options->rank_lost = is_rank_lost(&run);
    } else if (options->transport != NULL) {
        coordinator_dismiss_all(options->transport);
    }
    run_clear(&run);
    return err->code;
}
