/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/prove_root.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mpi/root_journal.h"
#include "mpi/root_partitions.h"
#include "mpi/root_request.h"
#include "mpi/root_results.h"
#include "mpi/root_stream.h"
#include "node/format/proof_bytes.h"

/* That a line of input or a signal waits at most, where no other rank is to be heard and nothing is proven. */
enum { ALONE_US = 10000 };

static const double settle_s = 0.05; /* that a run is at rest before it is left to its readers */

/* ---- keys ---- */

/* While keys are read a signal ends the process at once: nobody else looks. */
static void allow_exit(root_run *run)
{
    interrupt_allow_exit(run->interrupt, !run->began);
}

static pt_status own_worker_end(const root_run *run, pt_err *err)
{
    pt_err how = {0};
    if (worker_is_over(run->worker, &how) && how.code != PT_OK)
        pt_fail(err, how.code, "%s", how.msg);
    return err->code;
}

/* Are all keys open? Not if one of those that are known can't be. */
static bool are_keys_open(root_run *run, pt_err *err)
{
    uint32_t n_known = 0;
    for (uint32_t i = 0; i < run->request.n_keys && err->code == PT_OK; i++) {
        const proving_key_state *key = proving_key_of(engine_proving_table(run->proving), i);
        if (key == NULL)
            continue;
        n_known++;
        memcpy(run->key_hashes + (size_t)i * VKEY_HASH_BYTES, key->hash, VKEY_HASH_BYTES);
        if (key->err.code != PT_OK)
            pt_fail(err, key->err.code, "%s", key->err.msg);
    }
    return err->code == PT_OK && n_known == run->request.n_keys;
}

/* Talk until the keys of this process are open. */
static pt_status open_keys(root_run *run, pt_err *err)
{
    back_off idle = {0};
    allow_exit(run);
    while (!are_keys_open(run, err) && err->code == PT_OK && own_worker_end(run, err) == PT_OK &&
           !coordinator_is_over(run->coordinator, err))
        root_run_rest(run, &idle, root_run_turn(run));
    return err->code;
}

/* ---- proving ---- */

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

static pt_status sum_up(root_run *run)
{
    return run->stream != NULL ? root_stream_sum_up(run->stream) : root_partitions_sum_up(run);
}

/* Who waits for a witness can't be called back, nor who opens a key: the process ends around it. */
static _Noreturn void leave(root_run *run)
{
    interrupt_hold(run->interrupt);
    coordinator_dismiss(run->coordinator);
    progress_end(run->progress);
    root_view_end(run->view);
    root_journal_close(run);
    sum_up(run);
    _exit(PT_E_NOMEM);
}

static bool is_over(root_run *run, pt_err *err)
{
    return coordinator_is_over(run->coordinator, err) &&
           (err->code != PT_OK || run->stream == NULL || root_stream_is_written(run->stream));
}

static bool turn(root_run *run, bool draining, pt_err *err)
{
    bool did = run->stream != NULL && root_stream_turn(run->stream, draining, err);
    did |= root_run_turn(run);
    return did;
}

static pt_status talk_to_the_end(root_run *run, pt_err *err)
{
    back_off idle = {.longest_us = run->options->transport == NULL ? ALONE_US : 0};
    double reading_since = 0;
    bool draining = false;
    run->began = true;
    allow_exit(run);
    while (!is_over(run, err) && err->code == PT_OK && own_worker_end(run, err) == PT_OK) {
        if (!draining && atomic_load(interrupt_flag(run->interrupt))) {
            draining = true;
            reading_since = clock_seconds();
            coordinator_drain(run->coordinator);
        }
        if (draining && only_reads(run, &reading_since))
            leave(run);
        root_run_rest(run, &idle, turn(run, draining, err));
    }
    if (err->code == PT_OK && draining && run->stream != NULL && root_stream_opens_key(run->stream))
        leave(run);
    return err->code;
}

/* ---- the whole ---- */

static pt_status prove_all(root_run *run, pt_err *err)
{
    if (root_results_check_bundles(run, err) != PT_OK || root_journal_begin(run, err) != PT_OK)
        return err->code;
    coordinator_begin(run->coordinator, run->key_hashes, run->journal, run->identities, clock_seconds());
    if (talk_to_the_end(run, err) != PT_OK)
        return err->code;
    root_run_gather_spans(run);
    progress_end(run->progress);
    root_view_end(run->view);
    engine_proving_settle(run->proving); /* what was given out twice may still be under way */
    const pt_status failed = sum_up(run);
    if (root_results_bundle(run, failed != PT_OK, err) == PT_OK && root_run_end_timeline(run, err) == PT_OK &&
        root_results_show(run, err) == PT_OK)
        err->code = failed; /* its message has been told */
    return err->code;
}

static pt_status prove(root_run *run, pt_err *err)
{
    run->started = clock_seconds();
    if (root_request_read(run, err) != PT_OK)
        return err->code;
    atomic_store(&run->log->request, root_request_number(&run->request));
    if (root_run_make_states(run, err) != PT_OK || root_journal_open(run, err) != PT_OK ||
        (run->stream == NULL && progress_create(run->request.n_partitions, run->log, &run->progress, err) != PT_OK) ||
        root_run_make(run, err) != PT_OK || open_keys(run, err) != PT_OK)
        return err->code;
    for (uint32_t i = 0; i < run->request.n_keys; i++)
        root_run_warn_of_key(run, i);
    return run->args->plan ? root_results_show_plan(run, err) : prove_all(run, err);
}

/* Then nobody waits for it. */
static bool is_rank_lost(const root_run *run)
{
    const coordinator_figures f = coordinator_figures_now(run->coordinator);
    return f.n_ranks_live < (uint32_t)run->options->n_ranks - f.n_refused;
}

pt_status prove_root(cli *options, const prove_args *args, pt_err *err)
{
    root_run run = {.options = options, .args = args, .log = &options->log};
    gethostname(run.host, sizeof run.host - 1);
    if (interrupt_create(&run.interrupt, err) == PT_OK) {
        interrupt_set_log(run.interrupt, run.log);
        prove(&run, err);
    }
    if (run.coordinator != NULL) {
        coordinator_dismiss(run.coordinator);
        options->rank_lost = is_rank_lost(&run);
    } else if (options->transport != NULL) {
        coordinator_dismiss_all(options->transport);
    }
    root_run_clear(&run);
    return err->code;
}
