/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/timeline_svg.h"

#include <inttypes.h>
#include <string.h>

#include "node/format/text_write.h"
#include "node/pipeline/time_axis.h"
#include "node/pipeline/timeline_layout.h"
#include "node/pipeline/timeline_style.h"

/* Pixels. */
enum {
    WIDTH = 1200,
    LEFT = 150, /* the names' column */
    RIGHT = 24,
    PLOT = WIDTH - LEFT - RIGHT,
    LEGEND_TOP = 74,
    LEGEND_LINE = 20,
    HEADING = 22, /* above each panel */
    USE_HEIGHT = 72,
    AXIS_HEIGHT = 26,
    NUMBER_WIDTH = 26, /* a bar that is as wide shows its partition's number */
    NUMBER_HEIGHT = 12,
    LABEL_STEP = 12, /* names stand no closer */
    RANK_GAP = 6,
    BIN = 3, /* of the panel of threads at work */
    N_BINS = (PLOT + BIN - 1) / BIN,
    N_TICKS_MAX = 12,
    N_PARTITIONS_MAX = 1000 /* that are drawn */
};

typedef struct {
    const timeline_layout *layout;
    bool lanes_share;   /* a group's lanes share one band; else each has its own */
    size_t n_shown;     /* groups, the first */
    double top, height; /* of all bands */
    double band;        /* the height of one */
    double rank_gap;    /* between the bands of two ranks */
} panel;

typedef struct {
    const timeline_view *view;
    FILE *out;
    timeline_window window; /* of all spans */
    time_axis axis;
    timeline_layout rows, partitions;
    double use_top, axis_top, height;
    panel row_panel, partition_panel;
} sheet;

/* ---- pieces ---- */

static double x_of(const sheet *self, double seconds)
{
    double length = self->window.to - self->window.from;
    return LEFT + (length > 0 ? (seconds - self->window.from) / length * PLOT : 0);
}

static void attribute(FILE *out, const char *name, double value)
{
    fprintf(out, " %s=\"", name);
    text_write_fixed(out, value, 3);
    fputc('"', out);
}

/* A rectangle of a class, left open: "/>" or a title follows. */
static void begin_rectangle(FILE *out, const char *class_name, double x, double y, double width, double height)
{
    fprintf(out, "<rect class=\"%s\"", class_name);
    attribute(out, "x", x);
    attribute(out, "y", y);
    attribute(out, "width", width);
    attribute(out, "height", height);
}

static void rectangle(FILE *out, const char *class_name, double x, double y, double width, double height)
{
    begin_rectangle(out, class_name, x, y, width, height);
    fputs("/>\n", out);
}

static void begin_text(FILE *out, const char *class_name, double x, double y)
{
    fprintf(out, "<text class=\"%s\"", class_name);
    attribute(out, "x", x);
    attribute(out, "y", y);
    fputc('>', out);
}

static void text(FILE *out, const char *class_name, double x, double y, const char *words)
{
    begin_text(out, class_name, x, y);
    text_write_xml(out, words);
    fputs("</text>\n", out);
}

/* ---- head ---- */

static void write_definitions(const sheet *self)
{
    fputs("<defs><pattern id=\"idle\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
          "patternTransform=\"rotate(45)\">"
          "<line class=\"hatch\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\"/></pattern>\n<clipPath id=\"names\"><rect x=\"4\" "
          "y=\"0\"",
          self->out);
    attribute(self->out, "width", LEFT - 8);
    attribute(self->out, "height", self->height);
    fputs("/></clipPath></defs>\n", self->out);
}

/* Of a job: how many ranks, how far apart their clocks may be, and who is missing. */
static void write_ranks(const sheet *self)
{
    const timeline_view *view = self->view;
    FILE *out = self->out;
    double error = 0;
    begin_text(out, "quiet", 16, 70);
    for (size_t i = 0; i < view->n_ranks; i++)
        error = view->ranks[i].clock_error > error ? view->ranks[i].clock_error : error;
    fprintf(out, "%zu ranks, their clocks aligned to within ", view->n_ranks);
    time_axis_duration(error, out);
    fputs(".", out);
    for (size_t i = 0; i < view->n_ranks; i++)
        if (!view->ranks[i].is_there)
            fprintf(out, " No timeline came of rank %zu.", i);
    fputs("</text>\n", out);
}

static void write_title(const sheet *self)
{
    const timeline_stats *stats = self->view->stats;
    FILE *out = self->out;
    text(out, "title", 16, 30, self->view->circuit);
    begin_text(out, "quiet", 16, 52);
    fprintf(out, "%zu partition%s in ", stats->partitions.n, stats->partitions.n == 1 ? "" : "s");
    time_axis_duration(stats->window.to - stats->window.from, out);
    fputs(": ", out);
    text_write_fixed(out, stats->partitions_per_second, 3);
    fputs(" proofs/s, ", out);
    text_write_fixed(out, stats->in_flight, 1);
    fprintf(out, " in flight, %zu thread%s ", stats->n_threads, stats->n_threads == 1 ? "" : "s");
    text_write_fixed(out, 100 * stats->utilisation, 1);
    fputs(" % busy; ", out);
    if (stats->idle.n == 0) {
        fputs("a stage ran at all times.", out);
    } else {
        fprintf(out, "no stage ran in %zu gap%s, ", stats->idle.n, stats->idle.n == 1 ? "" : "s");
        time_axis_duration(stats->idle.sum, out);
        fputs(" in all.", out);
    }
    if (self->view->n_lost > 0)
        fprintf(out, " %zu spans had no room.", self->view->n_lost);
    fputs("</text>\n", out);
    if (self->view->n_ranks > 0)
        write_ranks(self);
}

/* The next place in the legend; the texts' widths are estimated from above. Returns the line's number. */
static size_t legend_step(double *x, size_t line, const char *words)
{
    double width = 40 + 7 * (double)strlen(words);
    if (*x > 16 && *x + width > WIDTH - RIGHT) {
        *x = 16;
        line++;
    }
    *x += width;
    return line;
}

/* What stands in the legend for a stage; false if it does not occur. */
static bool legend_words(const sheet *self, size_t s, char *words, size_t room)
{
    const stage_stats *own = &self->view->stats->stages[s];
    unsigned tenths = (unsigned)(1000 * own->share + 0.5);
    snprintf(words, room, "%s %u.%u %%", stage_name((stage)s), tenths / 10, tenths % 10);
    return own->spans.n > 0;
}

static double legend_top(const sheet *self)
{
    return LEGEND_TOP + (self->view->n_ranks > 0 ? LEGEND_LINE : 0);
}

/* Returns its number of lines; writes only when asked. */
static size_t legend(const sheet *self, bool write)
{
    double x = 16;
    size_t line = 0;
    for (size_t s = 0; s <= STAGE_COUNT; s++) {
        char words[48] = "idle: no stage runs", class_name[24] = "idle";
        if (s < STAGE_COUNT && !legend_words(self, s, words, sizeof words))
            continue;
        if (s < STAGE_COUNT)
            snprintf(class_name, sizeof class_name, "s%zu", s);
        double before = x;
        size_t old_line = line;
        line = legend_step(&x, line, words);
        double left = line == old_line ? before : 16, top = legend_top(self) + LEGEND_LINE * (double)line;
        if (write) {
            rectangle(self->out, class_name, left, top, 12, 12);
            text(self->out, "legend", left + 17, top + 10, words);
        }
    }
    return line + 1;
}

/* ---- panels ---- */

static void write_grid(const sheet *self, double from, double to)
{
    for (size_t t = 0; t < self->axis.n; t++) {
        double x = x_of(self, time_axis_at(&self->axis, t));
        fputs("<line class=\"grid\"", self->out);
        attribute(self->out, "x1", x);
        attribute(self->out, "x2", x);
        attribute(self->out, "y1", from);
        attribute(self->out, "y2", to);
        fputs("/>\n", self->out);
    }
}

static void write_ticks(const sheet *self, double baseline)
{
    for (size_t t = 0; t < self->axis.n; t++) {
        begin_text(self->out, "tick", x_of(self, time_axis_at(&self->axis, t)), baseline);
        time_axis_label(&self->axis, t, self->out);
        fputs("</text>\n", self->out);
    }
}

static void write_idle(const sheet *self, double top, double height)
{
    timeline_gaps walk =
        timeline_gaps_in(self->view->list, TIMELINE_ANY_STAGE, self->view->stats->window, self->view->stats->shortest_gap);
    timeline_window gap;
    while (timeline_next_gap(&walk, &gap)) {
        begin_rectangle(self->out, "idle", x_of(self, gap.from), top, x_of(self, gap.to) - x_of(self, gap.from), height);
        fputs("><title>no stage runs for ", self->out);
        time_axis_duration(gap.to - gap.from, self->out);
        fputs("</title></rect>\n", self->out);
    }
}

/* What shows when the pointer rests on a bar. */
static void write_bar_title(const sheet *self, const timeline_span *span)
{
    char scratch[TIMELINE_NAME_CHARS];
    double seconds = span->end - span->start;
    fprintf(self->out, "<title>%s, ", stage_name((stage)span->stage));
    text_write_xml(self->out, timeline_partition_name(self->view, span->partition, scratch));
    fputs("\n", self->out);
    time_axis_duration(seconds, self->out);
    fputs(" from ", self->out);
    text_write_fixed(self->out, span->start, 6);
    fputs(" s\n", self->out);
    text_write_fixed(self->out, seconds > 0 ? span->cpu_seconds / seconds : 0, 2);
    fputs(" threads, ", self->out);
    text_write_fixed(self->out, (double)span->bytes * 1e-6, 1);
    fputs(" MB, ", self->out);
    text_write_xml(self->out, timeline_row_name(self->view, span->row, scratch));
    if (self->view->n_ranks > 0)
        fprintf(self->out, " of rank %" PRIu16, span->rank);
    if (span->domain != TIMELINE_NO_DOMAIN)
        fprintf(self->out, ", L3 domain %" PRIu16, span->domain);
    fputs("</title>", self->out);
}

/* Where a group begins. */
static double group_top(const panel *own, size_t g)
{
    const timeline_group *group = &own->layout->groups[g];
    return own->top + own->band * (own->lanes_share ? (double)g : group->first_lane) + own->rank_gap * group->rank;
}

static void write_bar(const sheet *self, const panel *own, size_t i)
{
    const timeline_span *span = &self->view->list->spans[i];
    const struct timeline_place *place = &own->layout->places[i];
    double band = own->band > 4 ? own->band - 2 : own->band;
    double height = own->lanes_share ? band / own->layout->groups[place->group].n_lanes : band;
    double x = x_of(self, span->start), width = x_of(self, span->end) - x;
    double y = group_top(own, place->group) + (own->lanes_share ? height : own->band) * place->lane;
    char class_name[24];
    snprintf(class_name, sizeof class_name, "s%u", (unsigned)span->stage);
    begin_rectangle(self->out, class_name, x, y, width, height);
    fputc('>', self->out);
    write_bar_title(self, span);
    fputs("</rect>\n", self->out);
    if (!own->lanes_share && width >= NUMBER_WIDTH && height >= NUMBER_HEIGHT && span->partition != TIMELINE_NO_PARTITION) {
        begin_text(self->out, "number", x + width / 2, y + height / 2 + 3.5);
        fprintf(self->out, "%" PRIu32 "</text>\n", span->partition);
    }
}

static void write_name(const sheet *self, const panel *own, size_t g)
{
    const timeline_group *group = &own->layout->groups[g];
    char scratch[TIMELINE_NAME_CHARS];
    begin_text(self->out, "name", LEFT - 8, group_top(own, g) + own->band / 2 + 3);
    text_write_xml(self->out, own->lanes_share ? timeline_partition_name(self->view, group->number, scratch)
                                               : timeline_row_name(self->view, group->number, scratch));
    if (!own->lanes_share && group->domain != TIMELINE_NO_DOMAIN)
        fprintf(self->out, " (L3 %" PRIu16 ")", group->domain);
    fputs("</text>\n", self->out);
}

/* A name for each group, or for every so many where they would touch. */
static void write_names(const sheet *self, const panel *own)
{
    size_t step = own->band >= LABEL_STEP ? 1 : (size_t)(LABEL_STEP / own->band) + 1;
    fputs("<g clip-path=\"url(#names)\">\n", self->out);
    for (size_t g = 0; g < own->n_shown; g += step)
        write_name(self, own, g);
    fputs("</g>\n", self->out);
}

static void write_frame(const sheet *self, const char *heading, double top, double height)
{
    text(self->out, "heading", LEFT, top - 6, heading);
    rectangle(self->out, "back", LEFT, top, PLOT, height);
    write_grid(self, top, top + height);
}

/* The groups of a rank: from g to before what is returned. */
static size_t rank_end(const panel *own, size_t g)
{
    size_t end = g;
    while (end < own->n_shown && own->layout->groups[end].rank == own->layout->groups[g].rank)
        end++;
    return end;
}

/* As many lines as fit beside its bands: rank, host, threads. */
static void write_rank_name(const sheet *self, const timeline_rank *rank, size_t number, double top, double height)
{
    enum { LINE = 14 };
    const size_t n_lines = height >= 3 * LINE ? 3 : height >= 2 * LINE ? 2 : 1;
    double y = top + height / 2 - LINE * (double)(n_lines - 1) / 2 + 4;
    begin_text(self->out, "rank", LEFT - 8, y);
    fprintf(self->out, "rank %zu</text>\n", number);
    if (n_lines > 1)
        text(self->out, "name", LEFT - 8, y + LINE, rank->host);
    if (n_lines > 2) {
        begin_text(self->out, "name", LEFT - 8, y + 2 * LINE);
        fprintf(self->out, "%zu thread%s</text>\n", rank->n_threads, rank->n_threads == 1 ? "" : "s");
    }
}

/* A block a rank, of a row a driver thread. */
static void write_rows_of_ranks(const sheet *self)
{
    const panel *own = &self->row_panel;
    const timeline_layout *rows = own->layout;
    text(self->out, "heading", LEFT, own->top - 6, "ranks, a row each driver");
    for (size_t g = 0; g < own->n_shown; g = rank_end(own, g)) {
        const timeline_group *last = &rows->groups[rank_end(own, g) - 1];
        const double top = group_top(own, g);
        const double height = own->band * (double)(last->first_lane + last->n_lanes - rows->groups[g].first_lane);
        rectangle(self->out, "back", LEFT, top, PLOT, height);
        write_grid(self, top, top + height);
    }
    write_idle(self, own->top, own->height);
    for (size_t i = 0; i < self->view->list->n; i++)
        write_bar(self, own, i);
    fputs("<g clip-path=\"url(#names)\">\n", self->out);
    for (size_t g = 0; g < own->n_shown; g = rank_end(own, g)) {
        const timeline_group *last = &rows->groups[rank_end(own, g) - 1];
        const uint16_t rank = rows->groups[g].rank;
        if (rank < self->view->n_ranks)
            write_rank_name(self, &self->view->ranks[rank], rank, group_top(own, g),
                            own->band * (double)(last->first_lane + last->n_lanes - rows->groups[g].first_lane));
    }
    fputs("</g>\n", self->out);
}

static void write_rows(const sheet *self)
{
    const panel *own = &self->row_panel;
    if (self->view->n_ranks > 0) {
        write_rows_of_ranks(self);
        return;
    }
    write_frame(self, "drivers", own->top, own->height);
    write_idle(self, own->top, own->height);
    for (size_t i = 0; i < self->view->list->n; i++)
        write_bar(self, own, i);
    write_names(self, own);
}

/* Behind a partition's bars a thin one shows when it waits. */
static void write_partitions(const sheet *self)
{
    const panel *own = &self->partition_panel;
    char heading[80] = "partitions";
    if (own->n_shown < own->layout->n_groups)
        snprintf(heading, sizeof heading, "partitions: the first %zu of %zu", own->n_shown, own->layout->n_groups);
    write_frame(self, heading, own->top, own->height);
    for (size_t g = 0; g < own->n_shown; g++) {
        const timeline_group *group = &own->layout->groups[g];
        double x = x_of(self, group->start), middle = own->top + own->band * ((double)g + 0.5);
        rectangle(self->out, "whole", x, middle - own->band / 8, x_of(self, group->end) - x, own->band / 4);
    }
    for (size_t i = 0; i < self->view->list->n; i++)
        if (own->layout->places[i].group < own->n_shown)
            write_bar(self, own, i);
    write_names(self, own);
}

/* ---- threads at work ---- */

typedef struct {
    double threads[STAGE_COUNT][N_BINS]; /* of this stage and those before it */
    double most;
} use_chart;

/* The threads that a span keeps busy, on the average of each bin. */
static void add_use(const sheet *self, const timeline_span *span, use_chart *chart)
{
    double seconds = span->end - span->start, from = (x_of(self, span->start) - LEFT) / BIN;
    double to = (x_of(self, span->end) - LEFT) / BIN;
    for (size_t b = (size_t)from; seconds > 0 && b < N_BINS && (double)b < to; b++) {
        double low = from > (double)b ? from : (double)b, high = to < (double)b + 1 ? to : (double)b + 1;
        chart->threads[span->stage][b] += (high - low) * span->cpu_seconds / seconds;
    }
}

static void stack_up(use_chart *chart)
{
    for (size_t b = 0; b < N_BINS; b++) {
        for (size_t s = 1; s < STAGE_COUNT; s++)
            chart->threads[s][b] += chart->threads[s - 1][b];
        chart->most = chart->threads[STAGE_COUNT - 1][b] > chart->most ? chart->threads[STAGE_COUNT - 1][b] : chart->most;
    }
}

/* The area below the stage's line; those before it are drawn over it. */
static void write_area(const sheet *self, const use_chart *chart, size_t s)
{
    double bottom = self->use_top + USE_HEIGHT;
    fprintf(self->out, "<path class=\"s%zu\" d=\"M%d ", s, LEFT);
    text_write_fixed(self->out, bottom, 2);
    for (size_t b = 0; b < N_BINS; b++) {
        size_t right = (b + 1) * BIN;
        fputs("V", self->out);
        text_write_fixed(self->out, bottom - chart->threads[s][b] / chart->most * USE_HEIGHT, 2);
        fprintf(self->out, "H%zu", LEFT + (right < PLOT ? right : PLOT));
    }
    fputs("V", self->out);
    text_write_fixed(self->out, bottom, 2);
    fprintf(self->out, "Z\"><title>%s</title></path>\n", stage_name((stage)s));
}

static void write_use(const sheet *self)
{
    const timeline_stats *stats = self->view->stats;
    use_chart chart = {.most = (double)stats->n_threads};
    for (size_t i = 0; i < self->view->list->n; i++)
        add_use(self, &self->view->list->spans[i], &chart);
    stack_up(&chart);
    write_frame(self, "threads at work", self->use_top, USE_HEIGHT);
    for (size_t s = STAGE_COUNT; s-- > 0;)
        if (stats->stages[s].spans.n > 0)
            write_area(self, &chart, s);
    write_idle(self, self->use_top, USE_HEIGHT);
    double limit = self->use_top + USE_HEIGHT * (1 - (double)stats->n_threads / chart.most);
    fputs("<line class=\"limit\"", self->out);
    attribute(self->out, "x1", LEFT);
    attribute(self->out, "x2", LEFT + PLOT);
    attribute(self->out, "y1", limit);
    attribute(self->out, "y2", limit);
    fputs("/>\n", self->out);
    begin_text(self->out, "name", LEFT - 8, limit + 4);
    fprintf(self->out, "%zu thread%s</text>\n", stats->n_threads, stats->n_threads == 1 ? "" : "s");
}

/* ---- the sheet ---- */

/* A band is as tall as is good to look at, less tall where many share the space. */
static panel panel_at(double top, size_t n_bands, double tallest, double space, double least)
{
    double band = n_bands == 0 ? tallest : space / (double)n_bands;
    band = band > tallest ? tallest : band < least ? least : band;
    return (panel){.top = top, .height = band * (double)n_bands, .band = band};
}

static panel row_panel_at(double top, const timeline_layout *rows, double rank_gap)
{
    const timeline_group *last = rows->n_groups == 0 ? NULL : &rows->groups[rows->n_groups - 1];
    panel out = panel_at(top, last == NULL ? 0 : last->first_lane + last->n_lanes, 22, 400, 5);
    out.layout = rows;
    out.n_shown = rows->n_groups;
    out.rank_gap = rank_gap;
    out.height += last == NULL ? 0 : rank_gap * last->rank;
    return out;
}

static panel partition_panel_at(double top, const timeline_layout *partitions)
{
    size_t n_shown = partitions->n_groups < N_PARTITIONS_MAX ? partitions->n_groups : N_PARTITIONS_MAX;
    panel out = panel_at(top, n_shown, 18, 720, 3);
    out.layout = partitions;
    out.lanes_share = true;
    out.n_shown = n_shown;
    return out;
}

/* All spans; from the timeline's origin if little is before the first, so that the axis begins at 0. */
static timeline_window window_of(const timeline_list *list)
{
    timeline_window out = {0};
    for (size_t i = 0; i < list->n; i++)
        out.to = i == 0 || list->spans[i].end > out.to ? list->spans[i].end : out.to;
    if (list->n > 0 && list->spans[0].start > out.to / 20) /* sorted by start */
        out.from = list->spans[0].start;
    return out;
}

static void arrange(sheet *self)
{
    self->window = window_of(self->view->list);
    self->axis = time_axis_of(self->window, N_TICKS_MAX);
    self->use_top = legend_top(self) + LEGEND_LINE * (double)legend(self, false) + HEADING;
    self->row_panel =
        row_panel_at(self->use_top + USE_HEIGHT + HEADING, &self->rows, self->view->n_ranks > 0 ? RANK_GAP : 0);
    self->axis_top = self->row_panel.top + self->row_panel.height;
    self->partition_panel = partition_panel_at(self->axis_top + AXIS_HEIGHT + HEADING, &self->partitions);
    self->height = self->partition_panel.top + self->partition_panel.height + AXIS_HEIGHT;
}

static void write_sheet(const sheet *self)
{
    FILE *out = self->out;
    fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d ", WIDTH);
    text_write_fixed(out, self->height, 3);
    fprintf(out, "\" width=\"%d\"", WIDTH);
    attribute(out, "height", self->height);
    fputs(" role=\"img\">\n<title>", out);
    text_write_xml(out, self->view->circuit);
    fputs("</title>\n", out);
    timeline_style_write(out);
    write_definitions(self);
    rectangle(out, "page", 0, 0, WIDTH, self->height);
    write_title(self);
    legend(self, true);
    write_use(self);
    write_rows(self);
    write_ticks(self, self->axis_top + 15);
    write_partitions(self);
    write_ticks(self, self->partition_panel.top + self->partition_panel.height + 15);
    fputs("</svg>\n", out);
}

pt_status timeline_svg_write(const timeline_view *view, FILE *out, pt_err *err)
{
    sheet self = {.view = view, .out = out};
    if (timeline_layout_of(view->list, TIMELINE_BY_ROW, &self.rows, err) == PT_OK &&
        timeline_layout_of(view->list, TIMELINE_BY_PARTITION, &self.partitions, err) == PT_OK) {
        arrange(&self);
        write_sheet(&self);
    }
    timeline_layout_clear(&self.rows);
    timeline_layout_clear(&self.partitions);
    return err->code;
}
