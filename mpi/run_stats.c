/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/run_stats.h"

#include <stdbool.h>

#include "mpi/table.h"
#include "node/topo/machine.h"

pt_status run_stats_print(const run_stats *stats, FILE *stream, pt_err *err)
{
    table *rows;
    if (table_create("stage\t>seconds\t>share", &rows, err) != PT_OK)
        return err->code;
    for (int s = 0; s < STAGE_COUNT; s++) {
        double seconds = stats->times->seconds[s];
        table_add(rows, err, "%s\t%.3f\t%.1f %%", stage_name((stage)s), seconds, 100 * seconds / stats->seconds);
    }
    table_add(rows, err, "whole run\t%.3f\t", stats->seconds);
    if (err->code == PT_OK) {
        table_print(rows, stream);
        fprintf(stream, "peak memory %.1f MB, threads %zu, %s, %s arithmetic\n", (double)machine_peak_memory() * 1e-6,
                stats->n_threads, stats->curve->name, stats->curve->isa);
    }
    table_destroy(rows);
    return err->code;
}

json_t *run_stats_json(const run_stats *stats)
{
    json_t *stages = json_object();
    bool whole = true;
    for (int s = 0; s < STAGE_COUNT; s++)
        if (json_object_set_new(stages, stage_name((stage)s), json_real(stats->times->seconds[s])) != 0)
            whole = false;
    if (!whole) {
        json_decref(stages);
        return NULL;
    }
    return json_pack("{s:o, s:f, s:I, s:I, s:s}", "stage_seconds", stages, "seconds", stats->seconds, "peak_memory_bytes",
                     (json_int_t)machine_peak_memory(), "threads", (json_int_t)stats->n_threads, "instruction_set",
                     stats->curve->isa);
}
