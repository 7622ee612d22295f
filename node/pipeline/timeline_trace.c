/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/timeline_trace.h"

#include <inttypes.h>

#include "node/format/text_write.h"
#include "node/pipeline/timeline_layout.h"

typedef struct {
    const timeline_view *view;
    FILE *out;
    bool begun; /* an event stands before the next one */
} trace;

/* Whole nanoseconds: the difference of two written times is what is written as their difference. */
static int64_t ns_of(double seconds)
{
    return (int64_t)(seconds * 1e9 + (seconds < 0 ? -0.5 : 0.5));
}

static void write_us(FILE *out, const char *key, int64_t ns)
{
    fprintf(out, ", \"%s\": %s%" PRId64 ".%03" PRId64, key, ns < 0 ? "-" : "", (ns < 0 ? -ns : ns) / 1000,
            (ns < 0 ? -ns : ns) % 1000);
}

/* What every event begins with. */
static void begin_event(trace *self, const char *phase, const char *name, unsigned rank, uint32_t lane)
{
    fprintf(self->out, "%s{\"ph\": \"%s\", \"pid\": %u, \"tid\": %" PRIu32 ", \"name\": ", self->begun ? ",\n" : "", phase,
            rank, lane);
    text_write_json(self->out, name);
    self->begun = true;
}

static void write_meta_text(trace *self, const char *kind, unsigned rank, uint32_t lane, const char *text)
{
    begin_event(self, "M", kind, rank, lane);
    fputs(", \"args\": {\"name\": ", self->out);
    text_write_json(self->out, text);
    fputs("}}", self->out);
}

static void write_meta_order(trace *self, const char *kind, unsigned rank, uint32_t lane, uint32_t order)
{
    begin_event(self, "M", kind, rank, lane);
    fprintf(self->out, ", \"args\": {\"sort_index\": %" PRIu32 "}}", order);
}

static void write_rank(trace *self, unsigned rank)
{
    char name[TIMELINE_NAME_CHARS + 256];
    const timeline_view *view = self->view;
    snprintf(name, sizeof name, "partita, rank %u%s%s", rank, rank < view->n_ranks ? " on " : "",
             rank < view->n_ranks ? view->ranks[rank].host : "");
    write_meta_text(self, "process_name", rank, 0, name);
    write_meta_order(self, "process_sort_index", rank, 0, rank);
}

static void write_lane_name(trace *self, const timeline_group *group, uint32_t lane)
{
    char scratch[TIMELINE_NAME_CHARS], more[2 * TIMELINE_NAME_CHARS];
    const char *name = timeline_row_name(self->view, group->number, scratch);
    if (lane > 0) {
        snprintf(more, sizeof more, "%s, also", name);
        name = more;
    }
    write_meta_text(self, "thread_name", group->rank, group->first_lane + lane, name);
    write_meta_order(self, "thread_sort_index", group->rank, group->first_lane + lane, group->first_lane + lane);
}

static void write_names(trace *self, const timeline_layout *layout)
{
    for (size_t g = 0; g < layout->n_groups; g++) {
        const timeline_group *group = &layout->groups[g];
        if (g == 0 || layout->groups[g - 1].rank != group->rank)
            write_rank(self, group->rank);
        for (uint32_t lane = 0; lane < group->n_lanes; lane++)
            write_lane_name(self, group, lane);
    }
}

static void write_span(trace *self, const timeline_span *span, uint32_t lane)
{
    char scratch[TIMELINE_NAME_CHARS];
    int64_t start = ns_of(span->start);
    begin_event(self, "X", stage_name((stage)span->stage), span->rank, lane);
    fputs(", \"cat\": \"stage\"", self->out);
    write_us(self->out, "ts", start);
    write_us(self->out, "dur", ns_of(span->end) - start);
    fputs(", \"args\": {", self->out);
    if (span->partition != TIMELINE_NO_PARTITION) {
        fprintf(self->out, "\"partition\": %" PRIu32 ", \"partition_name\": ", span->partition);
        text_write_json(self->out, timeline_partition_name(self->view, span->partition, scratch));
        fputs(", ", self->out);
    }
    if (span->domain != TIMELINE_NO_DOMAIN)
        fprintf(self->out, "\"l3_domain\": %" PRIu16 ", ", span->domain);
    fprintf(self->out, "\"bytes\": %" PRIu64 ", \"cpu_ms\": ", span->bytes);
    text_write_fixed(self->out, span->cpu_seconds * 1e3, 6);
    fputs("}}", self->out);
}

static void write_edge(trace *self, const char *phase, const timeline_group *partition, double seconds)
{
    char scratch[TIMELINE_NAME_CHARS];
    begin_event(self, phase, timeline_partition_name(self->view, partition->number, scratch), partition->rank, 0);
    fprintf(self->out, ", \"cat\": \"partition\", \"id\": %" PRIu32, partition->number);
    write_us(self->out, "ts", ns_of(seconds));
    fputs("}", self->out);
}

static void write_partitions(trace *self, const timeline_layout *layout)
{
    for (size_t g = 0; g < layout->n_groups; g++)
        if (layout->groups[g].number != TIMELINE_NO_PARTITION) {
            write_edge(self, "b", &layout->groups[g], layout->groups[g].start);
            write_edge(self, "e", &layout->groups[g], layout->groups[g].end);
        }
}

/* What is known of the ranks of a job. */
static void write_ranks(trace *self)
{
    fputs(", \"ranks\": [", self->out);
    for (size_t i = 0; i < self->view->n_ranks; i++) {
        const timeline_rank *rank = &self->view->ranks[i];
        fprintf(self->out, "%s{\"rank\": %zu, \"host\": ", i == 0 ? "" : ", ", i);
        text_write_json(self->out, rank->host);
        if (rank->is_there) {
            fprintf(self->out, ", \"threads\": %zu, \"lost_spans\": %zu, \"clock_error_us\": ", rank->n_threads,
                    rank->n_lost);
            text_write_fixed(self->out, rank->clock_error * 1e6, 3);
        }
        fprintf(self->out, ", \"recorded\": %s}", rank->is_there ? "true" : "false");
    }
    fputs("]", self->out);
}

static void write_all(trace *self, const timeline_layout *rows, const timeline_layout *partitions)
{
    const timeline_view *view = self->view;
    fputs("{\"displayTimeUnit\": \"ms\", \"otherData\": {\"circuit\": ", self->out);
    text_write_json(self->out, view->circuit);
    fprintf(self->out, ", \"threads\": %zu, \"partitions\": %zu, \"lost_spans\": %zu", view->stats->n_threads,
            view->stats->partitions.n, view->n_lost);
    if (view->n_ranks > 0)
        write_ranks(self);
    fputs("},\n\"traceEvents\": [\n", self->out);
    write_names(self, rows);
    for (size_t i = 0; i < view->list->n; i++)
        write_span(self, &view->list->spans[i], rows->groups[rows->places[i].group].first_lane + rows->places[i].lane);
    write_partitions(self, partitions);
    fputs("\n]}\n", self->out);
}

pt_status timeline_trace_write(const timeline_view *view, FILE *out, pt_err *err)
{
    timeline_layout rows = {0}, partitions = {0};
    if (timeline_layout_of(view->list, TIMELINE_BY_ROW, &rows, err) == PT_OK &&
        timeline_layout_of(view->list, TIMELINE_BY_PARTITION, &partitions, err) == PT_OK)
        write_all(&(trace){.view = view, .out = out}, &rows, &partitions);
    timeline_layout_clear(&rows);
    timeline_layout_clear(&partitions);
    return err->code;
}
