/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/root_results.h"

#include <inttypes.h>
#include <stdlib.h>

#include "mpi/printable.h"
#include "mpi/prove_bundle.h"
#include "mpi/run_plan.h"
#include "mpi/run_stats.h"

/* ---- what is shown ---- */

static json_t *partition_json(const root_run *run, uint32_t i)
{
    const request_partition *p = &run->request.partitions[i];
    const root_outcome *o = &run->outcomes[i];
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

/* Of each rank that has one and has told of it; room for every rank's. */
static size_t find_devices(const root_run *run, run_device *out)
{
    size_t n = 0;
    for (uint32_t rank = 0; rank < run->options->n_ranks; rank++) {
        out[n] = (run_device){.rank = rank};
        if (rank == 0)
            out[n].proven = engine_proving_device(run->proving);
        else if (run->spans != NULL)
            out[n].proven = span_gather_look(run->spans, rank).device;
        n += out[n].proven.name != NULL && out[n].proven.name[0] != '\0';
    }
    return n;
}

/* Of a run with --stats. */
static run_stats stats_of(const root_run *run, double seconds)
{
    const engine_proving_parts parts = engine_proving_look(run->proving);
    run_stats stats = {.seconds = seconds,
                       .n_threads = run_timeline_stats(run->timeline)->n_threads,
                       .n_ranks = run->options->n_ranks,
                       .curve = root_run_key(run, 0)->curve,
                       .timeline = run_timeline_stats(run->timeline),
                       .n_lost = run_timeline_n_lost(run->timeline),
                       .planned = parts.memory,
                       .peak_before = parts.peak_before,
                       .achieved = engine_figures_now(parts.engine),
                       .shipped = run->ship};
    stats.key_pages = workplace_check_key(parts.place, &parts.keys[0], &stats.key_huge_bytes);
    return stats;
}

/* stats: NULL without --stats */
static pt_status print_json(const root_run *run, const run_stats *stats, pt_err *err)
{
    const proving_key *key = root_run_key(run, 0);
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

static pt_status log_stats(const root_run *run, const run_stats *stats, pt_err *err)
{
    json_t *value = json_pack("{s:o}", "stats", run_stats_json(stats));
    char *members = value == NULL ? NULL : json_dumps(value, JSON_EMBED);
    if (members == NULL)
        pt_fail(err, PT_E_NOMEM, "no memory for the figures");
    else
        run_log_event(run->log, &(run_event){.is_asked_for = true, .name = "stats", .more = members});
    free(members);
    json_decref(value);
    return err->code;
}

static pt_status show_stats(const root_run *run, pt_err *err)
{
    run_stats stats = stats_of(run, clock_seconds() - run->started);
    run_device *devices = calloc(run->options->n_ranks, sizeof *devices);
    if (devices == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the figures of %zu ranks", run->options->n_ranks);
    stats.n_devices = find_devices(run, devices);
    stats.devices = devices;
    if (run->options->json)
        print_json(run, &stats, err);
    else if (run->log->form == LOG_JSON)
        log_stats(run, &stats, err);
    else
        run_stats_print(&stats, stderr, err);
    free(devices);
    return err->code;
}

pt_status root_results_show(const root_run *run, pt_err *err)
{
    if (run->stream != NULL) /* its results are out */
        return PT_OK;
    if (run->args->stats)
        return show_stats(run, err);
    return run->options->json ? print_json(run, NULL, err) : PT_OK;
}

/* In the order in which they go to the device: each has what those before it leave. */
static pt_status plan_keys(const root_run *run, engine *on, run_plan_key *keys, size_t n_keys, pt_err *err)
{
    uint64_t planned_bytes = 0;
    for (size_t i = 0; i < n_keys && err->code == PT_OK; i++) {
        keys[i].key = root_run_key(run, (uint32_t)i);
        engine_plan_device(on, keys[i].key, planned_bytes, &keys[i].device, err);
        planned_bytes += keys[i].device.total;
    }
    return err->code;
}

static pt_status show_plan(const root_run *run, const run_plan *shown, pt_err *err)
{
    if (!run->options->json)
        return run_plan_print(shown, stdout, err);
    return cli_print_json(json_pack("{s:s, s:o, s:o}", "command", "prove", "key", printable_json(shown->keys[0].key->path),
                                    "plan", run_plan_json(shown)),
                          err);
}

pt_status root_results_show_plan(const root_run *run, pt_err *err)
{
    const engine_proving_parts parts = engine_proving_look(run->proving);
    run_plan_key *keys = calloc(parts.n_keys, sizeof *keys);
    const run_plan shown = {.place = parts.place, .memory = parts.memory, .keys = keys, .n_keys = parts.n_keys};
    if (keys == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the plans of %" PRIu32 " keys", parts.n_keys);
    if (plan_keys(run, parts.engine, keys, parts.n_keys, err) == PT_OK)
        show_plan(run, &shown, err);
    free(keys);
    return err->code;
}

/* ---- bundles ---- */

static prove_bundle bundle_of(const root_run *run)
{
    return (prove_bundle){.request = &run->request,
                          .keys = engine_proving_look(run->proving).keys,
                          .journal = run->journal,
                          .identities = run->identities};
}

pt_status root_results_check_bundles(const root_run *run, pt_err *err)
{
    const prove_bundle all = bundle_of(run);
    return run->args->raw_file != NULL ? prove_bundle_check_raw(&all, err) : PT_OK;
}

pt_status root_results_bundle(root_run *run, bool failed, pt_err *err)
{
    const prove_bundle all = bundle_of(run);
    const prove_args *args = run->args;
    if (args->bundle_file == NULL && args->raw_file == NULL)
        return PT_OK;
    if (failed) {
        run_log_say(run->log, LOG_WARNING, "warning", "%s is not written: not every partition has a proof",
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
