/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/prove_worker.h"

#include <unistd.h>

#include "mpi/build_info.h"
#include "mpi/cluster/back_off.h"
#include "mpi/cluster/engine_proving.h"
#include "mpi/cluster/unfit_proving.h"
#include "mpi/cluster/worker.h"
#include "mpi/interrupt.h"

static const uint64_t usual_cache_bytes = UINT64_C(64) << 30;

/* local: NULL where it can't prove */
static void rest(engine_proving *local, back_off *idle, bool did)
{
    if (local != NULL)
        engine_proving_rest(local, back_off_next(idle, did));
    else
        back_off_wait(idle, did);
}

static void work(worker *self, engine_proving *local, transport *root, const atomic_bool *stop, pt_err *err)
{
    back_off idle = {0};
    uint64_t n_moved = 0;
    pt_err how = {0};
    while (!worker_is_over(self, &how)) {
        const uint8_t *frame;
        size_t n_bytes;
        uint32_t from;
        bool did = false;
        while (transport_receive(root, &from, &frame, &n_bytes)) {
            if (from == 0)
                worker_receive(self, frame, n_bytes, clock_seconds());
            else
                worker_receive_from(self, from, frame, n_bytes, clock_seconds());
            did = true;
        }
        if (atomic_load(stop))
            worker_drain(self);
        did |= worker_tick(self, clock_seconds());
        did |= transport_has_moved(root, &n_moved);
        rest(local, &idle, did);
    }
    if (how.code != PT_OK)
        pt_fail(err, how.code, "%s", how.msg);
}

static pt_status make_ship(const cli *options, const prove_args *args, ship_in *out, pt_err *err)
{
    char usual[64];
    ship_keys_setup setup = {
        .parent = options->place.parent, .is_first = options->place.is_first, .n_ranks = (uint32_t)options->n_ranks};
    snprintf(usual, sizeof usual, "/var/tmp/partita-%u", (unsigned)geteuid());
    key_cache_open(args->cache_dir != NULL ? args->cache_dir : usual,
                   args->cache_bytes != 0 ? args->cache_bytes : usual_cache_bytes, &setup.cache, &setup.no_cache);
    return ship_keys_create(&setup, &out->keys, err);
}

static wire_device device_now(const void *local)
{
    return engine_proving_device(local);
}

static pt_status make_spans(const cli *options, engine_proving *local, run_timeline *recorded, span_source **out,
                            pt_err *err)
{
    const span_source_setup setup = {.recorded = run_timeline_recorder(recorded),
                                     .n_threads = (uint32_t)workplace_threads(engine_proving_look(local).place, options),
                                     .device = device_now,
                                     .ctx = local};
    return span_source_create(&setup, out, err);
}

pt_status prove_worker(const cli *options, const prove_args *args, pt_err *err)
{
    char host[256] = "";
    engine_proving *local = NULL;
    unfit_proving unfit;
    pt_err why_unfit = {0};
    run_timeline *recorded = NULL;
    span_source *spans = NULL;
    worker *self = NULL;
    interrupt *signals = NULL;
    ship_in ship = {0};
    engine_proving_setup with = {.options = options, .check = args->check, .n_ahead = PROVE_AHEAD_SHARED};
    gethostname(host, sizeof host - 1);
    const bool is_recorded = args->stats || args->n_timeline_files > 0;
    if (interrupt_create(&signals, err) == PT_OK &&
        (!is_recorded || run_timeline_create_of_rank(&recorded, err) == PT_OK)) {
        with.stop = interrupt_flag(signals);
        with.timeline = recorded;
        engine_proving_create(&with, &local, &why_unfit);
    }
    if (err->code == PT_OK && args->ship)
        make_ship(options, args, &ship, err);
    if (err->code == PT_OK && is_recorded && local != NULL)
        make_spans(options, local, recorded, &spans, err);
    if (err->code == PT_OK) {
        const worker_setup setup = {.transport = options->transport,
                                    .proving = local != NULL ? engine_proving_table(local)
                                                             : unfit_proving_init(&unfit, &why_unfit),
                                    .build = build_info_text(),
                                    .host = host,
                                    .process = (uint64_t)getpid(),
                                    .n_threads = (uint32_t)options->n_threads,
                                    .patience_s = ROOT_PATIENCE_S,
                                    .ship = args->ship ? &ship : NULL,
                                    .spans = spans};
        if (worker_create(&setup, clock_seconds(), &self, err) == PT_OK)
            work(self, local, options->transport, interrupt_flag(signals), err);
    }
    worker_destroy(self);
    engine_proving_destroy(local);
    ship_in_clear(&ship);
    span_source_destroy(spans);
    run_timeline_destroy(recorded);
    interrupt_destroy(signals);
    return err->code;
}
