/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/stage_table.h"

#include "mpi/table.h"

static void add_row(table *rows, const char *name, const duration_stats *d, const stage_stats *own, pt_err *err)
{
    char rest[96] = "";
    if (own != NULL)
        snprintf(rest, sizeof rest, "%.1f %%\t%.3f\t%zu\t%.3f", 100 * own->share, own->cpu_seconds, own->gaps.n,
                 own->gaps.sum);
    table_add(rows, err, "%s\t%zu\t%.1f\t%.1f\t%.1f\t%.3f\t%s", name, d->n, 1e3 * d->mean, 1e3 * d->p50, 1e3 * d->p99,
              d->sum, rest);
}

static void print_whole(const timeline_stats *stats, size_t n_lost, FILE *stream)
{
    fprintf(stream, "%zu partitions in %.3f s: %.3f a second, %.1f in flight, %zu threads %.1f %% busy\n",
            stats->partitions.n, stats->window.to - stats->window.from, stats->partitions_per_second, stats->in_flight,
            stats->n_threads, 100 * stats->utilisation);
    fprintf(stream, "no stage ran in %zu gaps totaling %.3f s (of %.1f ms or more), the longest %.3f s\n", stats->idle.n,
            stats->idle.sum, 1e3 * stats->shortest_gap, stats->idle.longest);
    if (n_lost > 0)
        fprintf(stream, "%zu spans had no room in the timeline: the figures are of the others\n", n_lost);
}

pt_status stage_table_print(const timeline_stats *stats, size_t n_lost, FILE *stream, pt_err *err)
{
    table *rows;
    if (table_create("stage\t>n\t>mean ms\t>p50 ms\t>p99 ms\t>sum s\t>share\t>CPU s\t>gaps\t>gaps s", &rows, err) != PT_OK)
        return err->code;
    for (int s = 0; s < STAGE_COUNT; s++)
        if (stats->stages[s].spans.n > 0)
            add_row(rows, stage_name((stage)s), &stats->stages[s].spans, &stats->stages[s], err);
    add_row(rows, "partition", &stats->partitions, NULL, err);
    if (err->code == PT_OK) {
        table_print(rows, stream);
        print_whole(stats, n_lost, stream);
    }
    table_destroy(rows);
    return err->code;
}

static json_t *gaps_json(const gap_stats *gaps)
{
    return json_pack("{s:I, s:f, s:f}", "n", (json_int_t)gaps->n, "seconds", gaps->sum, "longest_seconds", gaps->longest);
}

static json_t *durations_json(const duration_stats *d)
{
    return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f}", "n", (json_int_t)d->n, "sum_seconds", d->sum, "mean_seconds",
                     d->mean, "p50_seconds", d->p50, "p99_seconds", d->p99, "longest_seconds", d->longest);
}

static json_t *stage_json(const stage_stats *own)
{
    json_t *out = durations_json(&own->spans);
    json_t *rest = json_pack("{s:f, s:f, s:I, s:o}", "share", own->share, "cpu_seconds", own->cpu_seconds, "bytes",
                             (json_int_t)own->bytes, "gaps", gaps_json(&own->gaps));
    if (out != NULL && (rest == NULL || json_object_update(out, rest) != 0)) {
        json_decref(out);
        out = NULL;
    }
    json_decref(rest);
    return out;
}

static json_t *stages_json(const timeline_stats *stats)
{
    json_t *out = json_object();
    for (int s = 0; s < STAGE_COUNT && out != NULL; s++)
        if (stats->stages[s].spans.n > 0 &&
            json_object_set_new(out, stage_name((stage)s), stage_json(&stats->stages[s])) != 0) {
            json_decref(out);
            out = NULL;
        }
    return out;
}

json_t *stage_table_json(const timeline_stats *stats, size_t n_lost)
{
    return json_pack("{s:o, s:o, s:f, s:f, s:f, s:I, s:f, s:f, s:o, s:f, s:I}", "stages", stages_json(stats), "partitions",
                     durations_json(&stats->partitions), "seconds", stats->window.to - stats->window.from,
                     "partitions_per_second", stats->partitions_per_second, "in_flight", stats->in_flight, "threads",
                     (json_int_t)stats->n_threads, "cpu_seconds", stats->cpu_seconds, "utilisation", stats->utilisation,
                     "idle", gaps_json(&stats->idle), "shortest_gap_seconds", stats->shortest_gap, "lost_spans",
                     (json_int_t)n_lost);
}
