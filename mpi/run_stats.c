/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/run_stats.h"

#include "mpi/stage_table.h"
#include "mpi/table.h"
#include "node/topo/machine.h"

static pt_status print_times(const run_stats *stats, FILE *stream, pt_err *err)
{
    table *rows;
    if (table_create("stage\t>seconds\t>share", &rows, err) != PT_OK)
        return err->code;
    for (int s = 0; s < STAGE_COUNT; s++) {
        double seconds = stats->times->seconds[s];
        table_add(rows, err, "%s\t%.3f\t%.1f %%", stage_name((stage)s), seconds, 100 * seconds / stats->seconds);
    }
    if (err->code == PT_OK)
        table_print(rows, stream);
    table_destroy(rows);
    return err->code;
}

pt_status run_stats_print(const run_stats *stats, FILE *stream, pt_err *err)
{
    pt_status status = stats->timeline != NULL ? stage_table_print(stats->timeline, stats->n_lost, stream, err)
                                               : print_times(stats, stream, err);
    if (status == PT_OK)
        fprintf(stream, "whole run %.3f s, peak memory %.1f MB, threads %zu, %s, %s arithmetic\n", stats->seconds,
                (double)machine_peak_memory() * 1e-6, stats->n_threads, stats->curve->name, stats->curve->isa);
    return status;
}

static json_t *times_json(const stage_times *times)
{
    json_t *stages = json_object();
    for (int s = 0; s < STAGE_COUNT && stages != NULL; s++)
        if (json_object_set_new(stages, stage_name((stage)s), json_real(times->seconds[s])) != 0) {
            json_decref(stages);
            stages = NULL;
        }
    return stages;
}

json_t *run_stats_json(const run_stats *stats)
{
    json_t *out = json_pack("{s:o, s:f, s:I, s:I, s:s}", "stage_seconds", times_json(stats->times), "seconds",
                            stats->seconds, "peak_memory_bytes", (json_int_t)machine_peak_memory(), "threads",
                            (json_int_t)stats->n_threads, "instruction_set", stats->curve->isa);
    if (out == NULL || stats->timeline == NULL ||
        json_object_set_new(out, "timeline", stage_table_json(stats->timeline, stats->n_lost)) == 0)
        return out;
    json_decref(out);
    return NULL;
}
