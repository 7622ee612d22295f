/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/timeline_stats.h"

#include <stdlib.h>

#include "node/pipeline/quantile.h"

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* ---- gaps ---- */

timeline_gaps timeline_gaps_in(const timeline_list *list, unsigned which, timeline_window within, double shortest)
{
    return (timeline_gaps){.list = list, .stage = which, .within = within, .shortest = shortest, .busy_to = within.from};
}

/* One that takes no time ends no gap. */
static bool is_of(const timeline_span *span, unsigned which)
{
    return (which == TIMELINE_ANY_STAGE || span->stage == which) && span->end > span->start;
}

bool timeline_next_gap(timeline_gaps *walk, timeline_window *out)
{
    while (walk->next <= walk->list->n && walk->busy_to < walk->within.to) {
        size_t i = walk->next++;
        const timeline_span end = {.start = walk->within.to, .end = walk->within.to};
        const timeline_span *span = i == walk->list->n ? &end : &walk->list->spans[i];
        if (span != &end && !is_of(span, walk->stage))
            continue;
        timeline_window gap = {walk->busy_to, smaller(span->start, walk->within.to)};
        walk->busy_to = larger(walk->busy_to, span->end);
        if (gap.to > gap.from && gap.to - gap.from >= walk->shortest) {
            *out = gap;
            return true;
        }
    }
    return false;
}

static gap_stats add_gaps(timeline_gaps walk)
{
    gap_stats out = {0};
    timeline_window gap;
    while (timeline_next_gap(&walk, &gap)) {
        out.n++;
        out.sum += gap.to - gap.from;
        out.longest = larger(out.longest, gap.to - gap.from);
    }
    return out;
}

/* ---- durations ---- */

/* Sorts the samples. */
static duration_stats durations_of(double *samples, size_t n)
{
    duration_stats out = {.n = n};
    if (n == 0)
        return out;
    quantile_sort(samples, n);
    for (size_t i = 0; i < n; i++)
        out.sum += samples[i];
    out.mean = out.sum / (double)n;
    out.p50 = quantile_of(samples, n, 0.5);
    out.p95 = quantile_of(samples, n, 0.95);
    out.p99 = quantile_of(samples, n, 0.99);
    out.longest = samples[n - 1];
    return out;
}

/* any: does the window hold a span already? */
static void widen(timeline_window *window, bool any, const timeline_span *span)
{
    window->from = any ? smaller(window->from, span->start) : span->start;
    window->to = any ? larger(window->to, span->end) : span->end;
}

/* ---- one stage ---- */

static stage_stats stage_of(const timeline_list *list, unsigned which, double shortest_gap, double *scratch)
{
    stage_stats out = {0};
    timeline_window window = {0};
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        const timeline_span *span = &list->spans[i];
        if (span->stage != which)
            continue;
        widen(&window, n > 0, span);
        scratch[n++] = span->end - span->start;
        out.cpu_seconds += span->cpu_seconds;
        out.bytes += span->bytes;
    }
    out.spans = durations_of(scratch, n);
    if (n > 0)
        out.gaps = add_gaps(timeline_gaps_in(list, which, window, shortest_gap));
    return out;
}

/* ---- partitions ---- */

static int by_partition(const void *a, const void *b)
{
    const timeline_span *const *x = a, *const *y = b;
    return ((*x)->partition > (*y)->partition) - ((*x)->partition < (*y)->partition);
}

/* The spans that are of a partition, those of one after another. Returns their number. */
static size_t group(const timeline_list *list, const timeline_span **out)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++)
        if (list->spans[i].partition != TIMELINE_NO_PARTITION)
            out[n++] = &list->spans[i];
    if (n > 0)
        qsort(out, n, sizeof *out, by_partition);
    return n;
}

/* How long each proof of so many partitions took. shape: spans by partition. Returns the number of proofs. */
static size_t time_proofs(const timeline_span **spans, size_t n, uint32_t n_partitions, double *out)
{
    size_t n_proofs = 0;
    for (size_t i = 0; i < n;) {
        timeline_window own = {0};
        size_t first = i;
        for (; i < n && spans[i]->partition / n_partitions == spans[first]->partition / n_partitions; i++)
            widen(&own, i > first, spans[i]);
        out[n_proofs++] = own.to - own.from;
    }
    return n_proofs;
}

/* What is of partitions: how long each took, the window of them all and the processor time in it. */
static void add_partitions(const timeline_span **spans, size_t n, double *scratch, timeline_stats *out)
{
    double cpu_seconds = 0;
    for (size_t i = 0; i < n; i++) {
        widen(&out->window, i > 0, spans[i]);
        cpu_seconds += spans[i]->cpu_seconds;
    }
    out->partitions = durations_of(scratch, time_proofs(spans, n, 1, scratch));
    double seconds = out->window.to - out->window.from;
    if (seconds > 0) {
        out->partitions_per_second = (double)out->partitions.n / seconds;
        out->in_flight = out->partitions.sum / seconds;
        out->utilisation = cpu_seconds / ((double)out->n_threads * seconds);
    }
}

static void add_stages(const timeline_list *list, double *scratch, timeline_stats *out)
{
    for (unsigned s = 0; s < STAGE_COUNT; s++) {
        out->stages[s] = stage_of(list, s, out->shortest_gap, scratch);
        out->stage_seconds += out->stages[s].spans.sum;
        out->cpu_seconds += out->stages[s].cpu_seconds;
    }
    for (unsigned s = 0; s < STAGE_COUNT; s++)
        if (out->stage_seconds > 0)
            out->stages[s].share = out->stages[s].spans.sum / out->stage_seconds;
}

pt_status timeline_stats_of(const timeline_list *list, size_t n_threads, double shortest_gap, timeline_stats *out,
                            pt_err *err)
{
    timeline_stats stats = {.n_threads = n_threads, .shortest_gap = shortest_gap};
    double *scratch = calloc(list->n + 1, sizeof *scratch);
    const timeline_span **grouped = calloc(list->n + 1, sizeof *grouped);
    if (scratch == NULL || grouped == NULL) {
        pt_fail(err, PT_E_NOMEM, "no memory for the figures of %zu spans", list->n);
        goto err_free;
    }
    add_stages(list, scratch, &stats);
    size_t n = group(list, grouped);
    add_partitions(grouped, n, scratch, &stats);
    for (size_t i = 0; n == 0 && i < list->n; i++)
        widen(&stats.window, i > 0, &list->spans[i]);
    stats.idle = add_gaps(timeline_gaps_in(list, TIMELINE_ANY_STAGE, stats.window, shortest_gap));
    *out = stats;
err_free:
    free(grouped);
    free(scratch);
    return err->code;
}

pt_status timeline_proofs_of(const timeline_list *list, uint32_t n_partitions, duration_stats *out, pt_err *err)
{
    double *scratch = calloc(list->n + 1, sizeof *scratch);
    const timeline_span **grouped = calloc(list->n + 1, sizeof *grouped);
    if (scratch == NULL || grouped == NULL)
        pt_fail(err, PT_E_NOMEM, "no memory for the figures of %zu spans", list->n);
    else
        *out = durations_of(scratch, time_proofs(grouped, group(list, grouped), n_partitions, scratch));
    free(grouped);
    free(scratch);
    return err->code;
}
