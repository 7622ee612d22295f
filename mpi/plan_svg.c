/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/plan_svg.h"

#include "node/format/text_write.h"

/* All lengths in pixels. */
enum {
    CORE = 22, /* a core's square, and the gap to the next */
    CORE_GAP = 4,
    DOMAIN_PAD = 10,  /* around a domain's cores */
    DOMAIN_HEAD = 36, /* above them: two lines */
    DOMAIN_MIN = 128,
    BOX_PAD = 14, /* around what a node or package holds */
    BOX_HEAD = 30,
    GAP = 12,
    MARGIN = 28,
    TITLE = 76,
    LEGEND_LINE = 20,
    LEGEND_ROOM = 128,
    WIDTH_MIN = 760,
    N_COLOURS = 12
};

static const char *const colours[N_COLOURS] = {"#4c78a8", "#f58518", "#54a24b", "#b279a2", "#e45756", "#72b7b2",
                                               "#d8a31a", "#9d755d", "#7b6fd0", "#2f8f83", "#d67195", "#87a330"};

typedef struct {
    unsigned columns, width, height; /* of a box with all that is in it */
} box;

typedef struct {
    const plan_view *view;
    FILE *out;
    box domain, node, package; /* the largest of each kind: all are drawn as large */
    unsigned package_columns, width, height;
} drawing;

/* --- measures --- */

static unsigned rows_of(unsigned n, unsigned columns)
{
    return (n + columns - 1) / columns;
}

/* Columns for n boxes, wider than high by some tenths; a number that leaves no gap if there is one. */
static unsigned columns_of(unsigned n, unsigned tenths)
{
    unsigned least = 1;
    while (10 * least * least < tenths * n)
        least++;
    for (unsigned c = least; c <= 2 * least && c <= n; c++)
        if (n % c == 0)
            return c;
    return least < n ? least : n;
}

static box grid(unsigned n, unsigned columns, unsigned width, unsigned height, unsigned gap)
{
    const unsigned rows = rows_of(n, columns);
    return (box){columns, columns * width + (columns - 1) * gap, rows * height + (rows - 1) * gap};
}

static box domain_box(const topology *machine)
{
    unsigned most = 1;
    for (size_t i = 0; i < machine->n_domains; i++)
        most = machine->domains[i].n_cores > most ? machine->domains[i].n_cores : most;
    box b = grid(most, columns_of(most, 16), CORE, CORE, CORE_GAP);
    b.width = b.width + 2 * DOMAIN_PAD < DOMAIN_MIN ? DOMAIN_MIN : b.width + 2 * DOMAIN_PAD;
    b.height += DOMAIN_HEAD + DOMAIN_PAD;
    return b;
}

static box around(box inside)
{
    return (box){inside.columns, inside.width + 2 * BOX_PAD, inside.height + BOX_HEAD + BOX_PAD};
}

/* The domains of one node within one package follow one another. */
static size_t node_end(const topology *machine, size_t first)
{
    size_t end = first;
    while (end < machine->n_domains && machine->domains[end].package == machine->domains[first].package &&
           machine->domains[end].node == machine->domains[first].node)
        end++;
    return end;
}

static size_t package_end(const topology *machine, size_t first)
{
    size_t end = first;
    while (end < machine->n_domains && machine->domains[end].package == machine->domains[first].package)
        end++;
    return end;
}

static void measure(drawing *d)
{
    const topology *machine = d->view->machine;
    unsigned most_domains = 1, most_nodes = 1;
    for (size_t first = 0, end; first < machine->n_domains; first = end) {
        unsigned n_nodes = 0;
        end = package_end(machine, first);
        for (size_t at = first; at < end; at = node_end(machine, at)) {
            const unsigned n = (unsigned)(node_end(machine, at) - at);
            most_domains = n > most_domains ? n : most_domains;
            n_nodes++;
        }
        most_nodes = n_nodes > most_nodes ? n_nodes : most_nodes;
    }
    const unsigned n_packages = (unsigned)machine->n_packages;
    d->domain = domain_box(machine);
    d->node = around(grid(most_domains, columns_of(most_domains, 12), d->domain.width, d->domain.height, GAP));
    d->package = around(grid(most_nodes, columns_of(most_nodes, 10), d->node.width, d->node.height, GAP));
    d->package_columns = d->package.width < WIDTH_MIN ? columns_of(n_packages, 20) : 1;
    const box all = grid(n_packages, d->package_columns, d->package.width, d->package.height, GAP);
    d->width = (all.width < WIDTH_MIN ? WIDTH_MIN : all.width) + 2 * MARGIN;
    d->height = TITLE + all.height + LEGEND_ROOM +
                LEGEND_LINE * (rows_of((unsigned)d->view->n_crews, 5) - 1 + (machine->note[0] != '\0'));
}

/* --- pieces --- */

static void text_at(const drawing *d, unsigned x, unsigned y, const char *class, const char *text)
{
    fprintf(d->out, "<text x=\"%u\" y=\"%u\" class=\"%s\">", x, y, class);
    text_write_xml(d->out, text);
    fprintf(d->out, "</text>\n");
}

static void rect_at(const drawing *d, unsigned x, unsigned y, unsigned width, unsigned height, unsigned radius,
                    const char *class)
{
    fprintf(d->out, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"%u\" class=\"%s\"/>\n", x, y, width, height,
            radius, class);
}

static const char *colour_of(int crew)
{
    return colours[crew % N_COLOURS];
}

static bool works(const plan_view *view, int pool, size_t core)
{
    const placement_pool *p = &view->plan->pools[pool];
    for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
        if (view->plan->threads[i].core == core)
            return true;
    return false;
}

/* A core with its thread is full; a slower kind is smaller; one that is idle or not ours is hollow. */
static void draw_core(const drawing *d, size_t index, int pool, unsigned x, unsigned y)
{
    const topology *machine = d->view->machine;
    const topology_core *core = &machine->cores[index];
    const unsigned slower = (unsigned)(machine->n_kinds - 1 - core->kind), inset = slower > 2 ? 6 : 3 * slower;
    const bool full = pool != PLAN_VIEW_NONE && works(d->view, pool, index);
    fprintf(d->out, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"4\" ", x + inset, y + inset, CORE - 2 * inset,
            CORE - 2 * inset);
    if (full)
        fprintf(d->out, "fill=\"%s\"", colour_of(plan_view_crew(d->view, pool)));
    else
        fprintf(d->out, "class=\"%s\"", core->n_allowed_pus > 0 ? "idle" : "forbidden");
    fprintf(d->out,
            "><title>core %zu, kind %u, %u processing unit%s of which %u may be used, the first is the system's "
            "%u</title></rect>\n",
            index, core->kind, core->n_pus, core->n_pus == 1 ? "" : "s", core->n_allowed_pus,
            machine->pus[core->first_pu].os_index);
    for (unsigned i = 1; full && i < core->n_pus && i < 4; i++) /* siblings stay idle */
        fprintf(d->out, "<circle cx=\"%u\" cy=\"%u\" r=\"1.7\" class=\"sibling\"/>\n", x + CORE - inset - 1 - 5 * i,
                y + CORE - inset - 6);
}

static void draw_domain(const drawing *d, size_t index, unsigned x, unsigned y)
{
    const topology_domain *domain = &d->view->machine->domains[index];
    const int pool = plan_view_pool(d->view, index);
    const bool tail = pool != PLAN_VIEW_NONE && plan_view_tail(d->view, pool);
    char line[80];
    rect_at(d, x, y, d->domain.width, d->domain.height, 8, tail ? "domain tail" : "domain");
    if (domain->has_l3)
        snprintf(line, sizeof line, "L3 %zu, %.4g MiB", index, (double)domain->l3_bytes / (1 << 20));
    else
        snprintf(line, sizeof line, "domain %zu, no L3", index);
    text_at(d, x + DOMAIN_PAD, y + 16, "name", line);
    if (pool == PLAN_VIEW_NONE)
        snprintf(line, sizeof line, "unused");
    else
        snprintf(line, sizeof line, "crew %d%s", plan_view_crew(d->view, pool), tail ? ", tail crew" : "");
    text_at(d, x + DOMAIN_PAD, y + 29, "small", line);
    for (unsigned i = 0; i < domain->n_cores; i++)
        draw_core(d, domain->first_core + (size_t)i, pool, x + DOMAIN_PAD + i % d->domain.columns * (CORE + CORE_GAP),
                  y + DOMAIN_HEAD + i / d->domain.columns * (CORE + CORE_GAP));
}

static void draw_node(const drawing *d, size_t first, size_t end, unsigned x, unsigned y)
{
    const uint16_t node = d->view->machine->domains[first].node;
    char line[64];
    rect_at(d, x, y, d->node.width, d->node.height, 10, "node");
    snprintf(line, sizeof line, "NUMA node %u, %.1f GB", node, (double)d->view->machine->nodes[node].memory_bytes * 1e-9);
    text_at(d, x + BOX_PAD, y + 18, "name", line);
    for (size_t i = first; i < end; i++) {
        const unsigned at = (unsigned)(i - first);
        draw_domain(d, i, x + BOX_PAD + at % d->node.columns * (d->domain.width + GAP),
                    y + BOX_HEAD + at / d->node.columns * (d->domain.height + GAP));
    }
}

static void draw_package(const drawing *d, size_t first, size_t end, unsigned x, unsigned y)
{
    const topology *machine = d->view->machine;
    char line[64];
    unsigned at = 0;
    rect_at(d, x, y, d->package.width, d->package.height, 14, "package");
    snprintf(line, sizeof line, "package %u", machine->domains[first].package);
    text_at(d, x + BOX_PAD, y + 18, "name", line);
    for (size_t i = first; i < end; i = node_end(machine, i), at++)
        draw_node(d, i, node_end(machine, i), x + BOX_PAD + at % d->package.columns * (d->node.width + GAP),
                  y + BOX_HEAD + at / d->package.columns * (d->node.height + GAP));
}

/* --- the whole --- */

static void draw_head(const drawing *d, const char *title)
{
    static const char style[] =
        "text{font-family:system-ui,'DejaVu Sans',sans-serif;fill:#1f2933}"
        ".title{font-size:20px;font-weight:600}.sub{font-size:13px;fill:#52606d}"
        ".name{font-size:12px;font-weight:600}.small{font-size:11px;fill:#52606d}"
        ".page{fill:#fff}.package{fill:#eef1f5;stroke:#c3ccd6}.node{fill:#f8fafc;stroke:#cbd2d9}"
        ".domain{fill:#fff;stroke:#cbd2d9}.tail{stroke:#1f2933;stroke-width:2.5}"
        ".idle{fill:#fff;stroke:#9aa5b1}.forbidden{fill:#e4e7eb;stroke:#cbd2d9;stroke-dasharray:3 2}"
        ".sibling{fill:#fff;fill-opacity:.75}";
    const plan_view *view = d->view;
    char line[200];
    fprintf(
        d->out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\">\n<style>%s</style>\n",
        d->width, d->height, d->width, d->height, style);
    rect_at(d, 0, 0, d->width, d->height, 0, "page");
    text_at(d, MARGIN, 36, "title", title);
    snprintf(line, sizeof line, "%zu threads on %zu cores in %zu domains; %zu partition%s ready: %zu crew%s",
             view->plan->n_threads, view->machine->n_cores, view->machine->n_domains, view->n_ready,
             view->n_ready == 1 ? "" : "s", view->n_crews, view->n_crews == 1 ? "" : "s");
    text_at(d, MARGIN, 58, "sub", line);
}

static void draw_crews(const drawing *d, unsigned y)
{
    for (unsigned i = 0; i < d->view->n_crews; i++) {
        const unsigned x = MARGIN + i % 5 * 148, row = y + i / 5 * LEGEND_LINE;
        char line[48];
        fprintf(d->out, "<rect x=\"%u\" y=\"%u\" width=\"12\" height=\"12\" rx=\"3\" fill=\"%s\"/>\n", x, row - 10,
                colour_of((int)i));
        snprintf(line, sizeof line, "crew %u, %zu threads", i, placement_n_threads(d->view->plan, d->view->crews[i]));
        text_at(d, x + 18, row, "small", line);
    }
}

static void draw_key(const drawing *d, unsigned y)
{
    rect_at(d, MARGIN, y - 10, 12, 12, 3, "domain tail");
    text_at(d, MARGIN + 18, y, "small", "tail crew");
    rect_at(d, MARGIN + 148, y - 10, 12, 12, 3, "idle");
    text_at(d, MARGIN + 166, y, "small", "core without work");
    rect_at(d, MARGIN + 296, y - 10, 12, 12, 3, "forbidden");
    text_at(d, MARGIN + 314, y, "small", "not ours (mask, cgroup)");
}

static void draw_legend(const drawing *d, unsigned y)
{
    const placement *plan = d->view->plan;
    char line[400];
    draw_crews(d, y);
    y += LEGEND_LINE * rows_of((unsigned)d->view->n_crews, 5);
    draw_key(d, y);
    snprintf(line, sizeof line, "Threads: %s. Pinned: %s, %s. Witnesses read at a time: %zu.", plan->threads_reason,
             plan->pin ? "yes" : "no", plan->pin_reason, plan->n_io_threads);
    text_at(d, MARGIN, y + LEGEND_LINE + 4, "small", line);
    snprintf(line, sizeof line, "A key: %s.", plan->home_reason);
    text_at(d, MARGIN, y + 2 * LEGEND_LINE + 4, "small", line);
    text_at(d, MARGIN, y + 3 * LEGEND_LINE + 4, "small", d->view->machine->note);
}

void plan_svg_write(const plan_view *view, const char *title, FILE *out)
{
    drawing d = {.view = view, .out = out};
    const topology *machine = view->machine;
    unsigned at = 0;
    measure(&d);
    draw_head(&d, title);
    for (size_t first = 0, end; first < machine->n_domains; first = end, at++) {
        end = package_end(machine, first);
        draw_package(&d, first, end, MARGIN + at % d.package_columns * (d.package.width + GAP),
                     TITLE + at / d.package_columns * (d.package.height + GAP));
    }
    draw_legend(&d, TITLE + rows_of((unsigned)machine->n_packages, d.package_columns) * (d.package.height + GAP) + 18);
    fprintf(out, "</svg>\n");
}
