/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/bench_soak.h"

#include "mpi/interrupt.h"
#include "mpi/table.h"
#include "mpi/workplace.h"
#include "node/bench/soak.h"

enum { REPORT_SECONDS = 10, MINUTES_DEFAULT = 10, SPANS = 1, AT_ONCE_MORE = 4 };

/* More than are in flight, so that the engine never waits for the next one. */
static size_t partitions_at_once(const load_args *args, const resident *on)
{
    return args->n_at_once != 0 ? args->n_at_once : 2 * engine_figures_now(on->engine).n_in_flight + AT_ONCE_MORE;
}

static double mega(uint64_t bytes)
{
    return (double)bytes * 1e-6;
}

static void say_sample(void *ctx, const soak_sample *now)
{
    const process_figures *p = &now->process;
    (void)ctx;
    cli_say(
        "%.0f s: %zu proofs, %.2f a second; MB: %.1f resident (%.1f own, %.1f of files), %.1f at most, %.1f of addresses; "
        "%zu threads, %zu files; arenas: %.1f MB, %zu mapped, %zu unmapped",
        now->seconds, now->n_done, (double)now->n_done / now->seconds, mega(p->resident), mega(p->anonymous),
        mega(p->mapped), mega(p->peak), mega(p->addresses), p->n_threads, p->n_files,
        mega(now->arenas.taken_bytes + now->arenas.kept_bytes), now->arenas.n_mapped, now->arenas.n_unmapped);
}

/* ---- the summary ---- */

static double drift(const soak_result *result)
{
    return result->first_rate > 0 ? result->last_rate / result->first_rate - 1 : 0;
}

static pt_status print_result(const soak_result *result, const resident *on, FILE *stream, pt_err *err)
{
    const soak_sample *s = &result->settled, *l = &result->last;
    table *rows;
    if (table_create("\t>settled\t>end", &rows, err) != PT_OK)
        return err->code;
    table_add(rows, err, "seconds\t%.1f\t%.1f", s->seconds, l->seconds);
    table_add(rows, err, "proofs\t%zu\t%zu", s->n_done, l->n_done);
    table_add(rows, err, "resident MB\t%.2f\t%.2f", mega(s->process.resident), mega(l->process.resident));
    table_add(rows, err, "  its own\t%.2f\t%.2f", mega(s->process.anonymous), mega(l->process.anonymous));
    table_add(rows, err, "  of files\t%.2f\t%.2f", mega(s->process.mapped), mega(l->process.mapped));
    table_add(rows, err, "at most MB\t%.2f\t%.2f", mega(s->process.peak), mega(l->process.peak));
    table_add(rows, err, "addresses MB\t%.2f\t%.2f", mega(s->process.addresses), mega(l->process.addresses));
    table_add(rows, err, "threads\t%zu\t%zu", s->process.n_threads, l->process.n_threads);
    table_add(rows, err, "files\t%zu\t%zu", s->process.n_files, l->process.n_files);
    table_add(rows, err, "arenas mapped\t%zu\t%zu", s->arenas.n_mapped, l->arenas.n_mapped);
    table_add(rows, err, "arenas unmapped\t%zu\t%zu", s->arenas.n_unmapped, l->arenas.n_unmapped);
    if (err->code == PT_OK)
        table_print(rows, stream);
    table_destroy(rows);
    fprintf(stream,
            "proofs a second: %.3f in the first tenth, %.3f in the last (%+.1f %%)\n"
            "%zu of %zu proofs are right (verified again by the %s build)\n",
            result->first_rate, result->last_rate, 100 * drift(result), result->n_done, result->n_done + result->n_failed,
            on->other->isa);
    return err->code;
}

static json_t *sample_json(const soak_sample *now)
{
    const process_figures *p = &now->process;
    return json_pack("{s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "seconds", now->seconds, "clock",
                     now->clock, "proofs", (json_int_t)now->n_done, "resident_bytes", (json_int_t)p->resident,
                     "anonymous_bytes", (json_int_t)p->anonymous, "mapped_bytes", (json_int_t)p->mapped, "peak_bytes",
                     (json_int_t)p->peak, "address_bytes", (json_int_t)p->addresses, "threads", (json_int_t)p->n_threads,
                     "files", (json_int_t)p->n_files, "arena_bytes",
                     (json_int_t)(now->arenas.taken_bytes + now->arenas.kept_bytes), "arenas_mapped",
                     (json_int_t)now->arenas.n_mapped, "arenas_unmapped", (json_int_t)now->arenas.n_unmapped);
}

static pt_status show(const cli *options, const resident *on, const soak_result *result, pt_err *err)
{
    if (!options->json)
        return print_result(result, on, stdout, err);
    return cli_print_json(json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:o, s:o, s:f, s:f, s:f}", "command", "bench",
                                    "kind", "soak", "curve", on->key->curve->name, "domain",
                                    (json_int_t)on->key->domain_size, "threads", (json_int_t)options->n_threads, "proofs",
                                    (json_int_t)result->n_done, "failed", (json_int_t)result->n_failed, "checked",
                                    on->other->isa, "settled", sample_json(&result->settled), "end",
                                    sample_json(&result->last), "first_rate", result->first_rate, "last_rate",
                                    result->last_rate, "drift", drift(result)),
                          err);
}

/* ---- running ---- */

static pt_status soak(const cli *options, const load_args *args, const resident *on, const atomic_bool *stop, pt_err *err)
{
    const soak_job job = {.resident = on,
                          .seconds = 60 * (args->minutes > 0 ? args->minutes : MINUTES_DEFAULT),
                          .n_at_once = partitions_at_once(args, on),
                          .stop = stop,
                          .interval = REPORT_SECONDS,
                          .report = options->quiet ? NULL : say_sample};
    soak_result result;
    if (soak_run(&job, &result, err) == PT_OK && show(options, on, &result, err) == PT_OK)
        soak_judge(&result, err);
    return err->code;
}

static pt_status soak_here(const cli *options, const load_args *args, const resident_source *source, interrupt *signals,
                           pt_err *err)
{
    workplace place;
    resident on;
    interrupt_allow_exit(signals, true);
    if (workplace_init(options, source->key_path, 0, &place, err) != PT_OK)
        return err->code;
    engine_setup setup = workplace_setup(&place, options);
    setup.stop = interrupt_flag(signals);
    if (resident_open(source, &setup, SPANS, &on, err) == PT_OK) {
        interrupt_allow_exit(signals, false);
        soak(options, args, &on, interrupt_flag(signals), err);
    }
    resident_close(&on);
    workplace_clear(&place);
    return err->code;
}

pt_status bench_soak(const cli *options, const load_args *args, const resident_source *source, pt_err *err)
{
    interrupt *signals;
    if (args->n_loads > 0 || args->n_proofs > 0 || args->n_partitions > 0 || args->csv != NULL || args->plot != NULL)
        return pt_fail(err, PT_E_ARG, "bench soak takes -j and --minutes; the others are options of bench load");
    if (interrupt_create(&signals, err) != PT_OK)
        return err->code;
    soak_here(options, args, source, signals, err);
    interrupt_destroy(signals);
    return err->code;
}
