/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/run_stats.h"

#include "mpi/run_plan.h"
#include "mpi/stage_table.h"
#include "node/topo/machine.h"

pt_status run_stats_print(const run_stats *stats, FILE *stream, pt_err *err)
{
    const engine_figures *achieved = &stats->achieved;
    const pin_report *key = &stats->key_pages;
    if (stage_table_print(stats->timeline, stats->n_lost, stream, err) != PT_OK)
        return err->code;
    fprintf(stream, "whole run %.3f s, peak memory %.1f MB, threads %zu, %s, %s arithmetic\n", stats->seconds,
            (double)machine_peak_memory() * 1e-6, stats->n_threads, stats->curve->name, stats->curve->isa);
    if (achieved->n_threads > 0)
        fprintf(stream, "bound %zu of %zu threads to their cores\n", achieved->n_bound, achieved->n_threads);
    if (key->n_pages > 0)
        fprintf(stream, "key in memory: of its H points %zu of %zu pages looked at are on their nodes, %.1f MB are huge\n",
                key->n_placed, key->n_pages, (double)stats->key_huge_bytes * 1e-6);
    return PT_OK;
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
    return json_pack("{s:o, s:f, s:I, s:I, s:s, s:o, s:o, s:I, s:I, s:I, s:{s:I, s:I, s:I}}", "stage_seconds",
                     stage_seconds_json(stats->timeline), "seconds", stats->seconds, "peak_memory_bytes",
                     (json_int_t)machine_peak_memory(), "threads", (json_int_t)stats->n_threads, "instruction_set",
                     stats->curve->isa, "timeline", stage_table_json(stats->timeline, stats->n_lost), "planned",
                     run_plan_memory_json(stats->planned), "peak_memory_before_bytes", (json_int_t)stats->peak_before,
                     "arenas_mapped", (json_int_t)stats->achieved.arenas.n_mapped, "threads_bound",
                     (json_int_t)stats->achieved.n_bound, "key_pages", "looked_at", (json_int_t)key->n_pages, "placed",
                     (json_int_t)key->n_placed, "huge_bytes", (json_int_t)stats->key_huge_bytes);
}
