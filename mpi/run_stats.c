/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/run_stats.h"

#include <inttypes.h>

#include "mpi/printable.h"
#include "mpi/run_plan.h"
#include "mpi/stage_table.h"
#include "node/topo/machine.h"

/* Of levels off, 1 and 3. */
static void print_shipped(const ship_root *shipped, const char *what, wire_file_kind kind, FILE *stream)
{
    const ship_figures f = ship_root_figures(shipped, kind);
    fprintf(stream,
            "sent of %s %.1f MB as %.1f MB, %" PRIu64 " pieces (%" PRIu64 " plain, %" PRIu64 " at zstd's level 1, %" PRIu64
            " at 3), in %.3f s\n",
            what, (double)f.plain_bytes * 1e-6, (double)f.sent_bytes * 1e-6, f.n_pieces, f.n_at_level[0], f.n_at_level[1],
            f.n_at_level[2], f.seconds);
}

static void print_device(const run_device *d, FILE *stream)
{
    const wire_device *proven = &d->proven;
    fprintf(stream,
            "proven on %s (device %" PRIu32 " of rank %" PRIu32 "): %" PRIu64 "; by the processor in its place: %" PRIu64
            "\n",
            proven->name, proven->index, d->rank, proven->n_proven, proven->n_instead);
}

pt_status run_stats_print(const run_stats *stats, FILE *stream, pt_err *err)
{
    const engine_figures *achieved = &stats->achieved;
    const pin_report *key = &stats->key_pages;
    if (stage_table_print(stats->timeline, stats->n_lost, stream, err) != PT_OK)
        return err->code;
    char ranks[48] = "";
    if (stats->n_ranks > 1)
        snprintf(ranks, sizeof ranks, " of %zu ranks", stats->n_ranks);
    fprintf(stream, "whole run %.3f s, peak memory %.1f MB%s, threads %zu%s, %s, %s arithmetic\n", stats->seconds,
            (double)machine_peak_memory() * 1e-6, stats->n_ranks > 1 ? " on rank 0" : "", stats->n_threads, ranks,
            stats->curve->name, stats->curve->isa);
    if (achieved->n_threads > 0)
        fprintf(stream, "bound %zu of %zu threads to their cores\n", achieved->n_bound, achieved->n_threads);
    if (key->n_pages > 0)
        fprintf(stream, "key in memory: of its H points %zu of %zu pages looked at are on their nodes, %.1f MB are huge\n",
                key->n_placed, key->n_pages, (double)stats->key_huge_bytes * 1e-6);
    for (size_t i = 0; i < stats->n_devices; i++)
        print_device(&stats->devices[i], stream);
    if (stats->shipped != NULL) {
        print_shipped(stats->shipped, "keys", WIRE_OF_KEY, stream);
        print_shipped(stats->shipped, "witnesses", WIRE_OF_WITNESS, stream);
    }
    return PT_OK;
}

static json_t *figures_json(const ship_root *shipped, wire_file_kind kind)
{
    const ship_figures f = ship_root_figures(shipped, kind);
    return json_pack("{s:I, s:I, s:I, s:f, s:[I, I, I]}", "pieces", (json_int_t)f.n_pieces, "bytes",
                     (json_int_t)f.plain_bytes, "sent_bytes", (json_int_t)f.sent_bytes, "seconds", f.seconds,
                     "pieces_at_level", (json_int_t)f.n_at_level[0], (json_int_t)f.n_at_level[1],
                     (json_int_t)f.n_at_level[2]);
}

static json_t *shipped_json(const ship_root *shipped)
{
    if (shipped == NULL)
        return json_null();
    return json_pack("{s:o, s:o}", "keys", figures_json(shipped, WIRE_OF_KEY), "witnesses",
                     figures_json(shipped, WIRE_OF_WITNESS));
}

static json_t *device_json(const run_device *d)
{
    const wire_device *proven = &d->proven;
    return json_pack("{s:I, s:o, s:I, s:o, s:I, s:I}", "rank", (json_int_t)d->rank, "name", printable_json(proven->name),
                     "index", (json_int_t)proven->index, "pci", printable_json(proven->pci), "partitions",
                     (json_int_t)proven->n_proven, "by_processor_instead", (json_int_t)proven->n_instead);
}

static json_t *devices_json(const run_stats *stats)
{
    json_t *all = json_array();
    for (size_t i = 0; i < stats->n_devices && all != NULL; i++)
        if (json_array_append_new(all, device_json(&stats->devices[i])) != 0) {
            json_decref(all);
            all = NULL;
        }
    return all;
}

static json_t *stage_seconds_json(const timeline_stats *recorded)
{
    json_t *stages = json_object();
    for (int s = 0; s < STAGE_COUNT && stages != NULL; s++)
        if (json_object_set_new(stages, stage_name((stage)s), json_real(recorded->stages[s].spans.sum)) != 0) {
            json_decref(stages);
            stages = NULL;
        }
    return stages;
}

json_t *run_stats_json(const run_stats *stats)
{
    const pin_report *key = &stats->key_pages;
    return json_pack(
        "{s:o, s:f, s:I, s:I, s:I, s:s, s:o, s:o, s:I, s:I, s:I, s:{s:I, s:I, s:I}, s:o, s:o}", "stage_seconds",
        stage_seconds_json(stats->timeline), "seconds", stats->seconds, "peak_memory_bytes",
        (json_int_t)machine_peak_memory(), "threads", (json_int_t)stats->n_threads, "ranks", (json_int_t)stats->n_ranks,
        "instruction_set", stats->curve->isa, "timeline", stage_table_json(stats->timeline, stats->n_lost), "planned",
        run_plan_memory_json(stats->planned), "peak_memory_before_bytes", (json_int_t)stats->peak_before, "arenas_mapped",
        (json_int_t)stats->achieved.arenas.n_mapped, "threads_bound", (json_int_t)stats->achieved.n_bound, "key_pages",
        "looked_at", (json_int_t)key->n_pages, "placed", (json_int_t)key->n_placed, "huge_bytes",
        (json_int_t)stats->key_huge_bytes, "shipped", shipped_json(stats->shipped), "devices", devices_json(stats));
}
