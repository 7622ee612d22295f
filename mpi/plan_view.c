/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/plan_view.h"

#include <stdlib.h>
#include <string.h>

#include "mpi/printable.h"
#include "mpi/table.h"

enum { RANGES_ROOM = 256 };

pt_status plan_view_init(const char *source, const topology *machine, const placement *plan, size_t n_ready, plan_view *out,
                         pt_err *err)
{
    *out = (plan_view){.source = source, .machine = machine, .plan = plan};
    out->n_ready = n_ready > 0 ? n_ready : plan->n_pools;
    out->crews = calloc(plan->n_pools, sizeof *out->crews);
    if (out->crews == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory to show %zu domains", plan->n_pools);
    out->n_crews = placement_crews(plan, out->n_ready, out->crews);
    return PT_OK;
}

void plan_view_clear(plan_view *view)
{
    free(view->crews);
    memset(view, 0, sizeof *view);
}

int plan_view_pool(const plan_view *view, size_t domain)
{
    for (size_t i = 0; i < view->plan->n_pools; i++)
        if (view->plan->pools[i].domain == domain)
            return (int)i;
    return PLAN_VIEW_NONE;
}

int plan_view_crew(const plan_view *view, int pool)
{
    for (size_t i = 0; i < view->n_crews; i++)
        if (pool >= (int)view->crews[i].first_pool && pool < (int)(view->crews[i].first_pool + view->crews[i].n_pools))
            return (int)i;
    return PLAN_VIEW_NONE;
}

bool plan_view_tail(const plan_view *view, int pool)
{
    const pool_span tail = view->plan->tail;
    return pool >= (int)tail.first_pool && pool < (int)(tail.first_pool + tail.n_pools);
}

static const char *home_name(key_home home)
{
    static const char *const names[] = {[KEY_MAPPED] = "mapped",
                                        [KEY_ONE_COPY] = "one copy",
                                        [KEY_COPY_A_NODE] = "a copy on each node",
                                        [KEY_INTERLEAVED] = "one copy, interleaved"};
    return names[home];
}

/* --- text --- */

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* The end of the run of processing units from first on whose numbers rise by the same step. */
static size_t run_end(const placement_thread *threads, size_t first, size_t n, unsigned *step)
{
    size_t end = first + 1;
    *step = end < n ? threads[end].os_pu - threads[first].os_pu : 1;
    while (end < n && threads[end].os_pu - threads[end - 1].os_pu == *step)
        end++;
    return end;
}

/* The system's numbers of a pool's processing units as taskset takes them: "0-7", "0-14:2", "1,4"; cut short if too long. */
static void processor_ranges(const plan_view *view, int pool, char *out, size_t room)
{
    const placement_pool *p = &view->plan->pools[pool];
    const placement_thread *threads = view->plan->threads + p->first_thread;
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < p->n_threads;) {
        unsigned step;
        size_t end = run_end(threads, i, p->n_threads, &step);
        end = end - i == 2 && step > 1 ? i + 1 : end;
        used += (size_t)snprintf(out + used, room - used, "%s%u", i == 0 ? "" : ",", threads[i].os_pu);
        if (end - i > 1)
            used += (size_t)snprintf(out + used, room - used, "-%u", threads[end - 1].os_pu);
        if (end - i > 1 && step > 1)
            used += (size_t)snprintf(out + used, room - used, ":%u", step);
        i = end;
        if (i < p->n_threads && used + 48 > room) {
            snprintf(out + used, room - used, ",...");
            return;
        }
    }
}

static void print_line(FILE *stream, const char *name, const char *value, const char *reason)
{
    if (reason[0] == '\0')
        fprintf(stream, "  %-16s  %s\n", name, value);
    else
        fprintf(stream, "  %-16s  %s (%s)\n", name, value, reason);
}

static void print_topology(const plan_view *view, FILE *stream)
{
    const topology *machine = view->machine;
    uint64_t memory = 0;
    for (size_t i = 0; i < machine->n_nodes; i++)
        memory += machine->nodes[i].memory_bytes;
    fprintf(stream, "topology\n");
    if (view->source != NULL) {
        char source[256];
        snprintf(source, sizeof source, "%s", view->source);
        printable_line(source);
        fprintf(stream, "  %-16s  %s\n", "source", source);
    }
    fprintf(stream, "  %-16s  %zu\n", "packages", machine->n_packages);
    fprintf(stream, "  %-16s  %zu, %.1f GB\n", "NUMA nodes", machine->n_nodes, (double)memory * 1e-9);
    fprintf(stream, "  %-16s  %zu\n", machine->domains[0].has_l3 ? "L3 domains" : "domains, no L3", machine->n_domains);
    fprintf(stream, "  %-16s  %zu, %zu may be used, %zu kind%s\n", "cores", machine->n_cores, machine->n_allowed_cores,
            machine->n_kinds, plural(machine->n_kinds));
    fprintf(stream, "  %-16s  %zu\n", "processing units", machine->n_pus);
    if (machine->note[0] != '\0')
        print_line(stream, "note", machine->note, "");
}

static void print_plan(const plan_view *view, FILE *stream)
{
    const placement *plan = view->plan;
    char value[96];
    fprintf(stream, "placement\n");
    snprintf(value, sizeof value, "%zu", plan->n_threads);
    print_line(stream, "threads", value, plan->threads_reason);
    snprintf(value, sizeof value, "%zu for %zu partition%s", view->n_crews, view->n_ready, plural(view->n_ready));
    print_line(stream, "crews", value, "those that are ready");
    snprintf(value, sizeof value, "%zu domain%s, %zu thread%s", plan->tail.n_pools, plural(plan->tail.n_pools),
             placement_n_threads(plan, plan->tail), plural(placement_n_threads(plan, plan->tail)));
    print_line(stream, "tail crew", value,
               "for G2 sums with --tail-domains; without it they run in their partition's crew");
    snprintf(value, sizeof value, "%zu witness%s at a time", plan->n_io_threads, plan->n_io_threads == 1 ? "" : "es");
    print_line(stream, "reading", value, "");
    print_line(stream, "threads pinned", plan->pin ? "yes" : "no", plan->pin_reason);
    print_line(stream, "huge pages", plan->huge_pages ? "yes" : "no", "");
    print_line(stream, "a key", home_name(plan->home), plan->home_reason);
}

static void add_domain(const plan_view *view, size_t index, table *rows, pt_err *err)
{
    const topology_domain *domain = &view->machine->domains[index];
    const int pool = plan_view_pool(view, index);
    char l3[32] = "none", ranges[RANGES_ROOM] = "", crew[16] = "";
    if (domain->has_l3)
        snprintf(l3, sizeof l3, "%.4g MiB", (double)domain->l3_bytes / (1 << 20));
    if (pool != PLAN_VIEW_NONE) {
        processor_ranges(view, pool, ranges, sizeof ranges);
        snprintf(crew, sizeof crew, "%d", plan_view_crew(view, pool));
    }
    table_add(rows, err, "  %zu\t%u\t%u\t%s\t%u\t%zu\t%s\t%s\t%s", index, domain->package, domain->node, l3,
              domain->n_cores, pool == PLAN_VIEW_NONE ? (size_t)0 : view->plan->pools[pool].n_threads, crew,
              pool != PLAN_VIEW_NONE && plan_view_tail(view, pool) ? "yes" : "", ranges);
}

pt_status plan_view_print(const plan_view *view, FILE *stream, pt_err *err)
{
    table *rows;
    if (table_create("  domain\t>package\t>node\t>L3\t>cores\t>threads\t>crew\ttail\tprocessors", &rows, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < view->machine->n_domains; i++)
        add_domain(view, i, rows, err);
    if (err->code == PT_OK) {
        print_topology(view, stream);
        print_plan(view, stream);
        table_print(rows, stream);
    }
    table_destroy(rows);
    return err->code;
}

/* --- JSON --- */

/* An array that takes what is added to it, or is dropped whole. */
static void append(json_t **array, json_t *value)
{
    if (*array == NULL) {
        json_decref(value);
    } else if (json_array_append_new(*array, value) != 0) {
        json_decref(*array);
        *array = NULL;
    }
}

static json_t *domain_json(const plan_view *view, size_t index)
{
    const topology_domain *domain = &view->machine->domains[index];
    return json_pack("{s:i, s:i, s:o, s:i, s:i}", "package", (int)domain->package, "node", (int)domain->node, "l3_bytes",
                     domain->has_l3 ? json_integer((json_int_t)domain->l3_bytes) : json_null(), "cores",
                     (int)domain->n_cores, "allowed_cores", (int)domain->n_allowed_cores);
}

json_t *plan_view_topology_json(const plan_view *view)
{
    const topology *machine = view->machine;
    json_t *nodes = json_array(), *domains = json_array();
    for (size_t i = 0; i < machine->n_nodes; i++)
        append(&nodes, json_pack("{s:I, s:i, s:b}", "memory_bytes", (json_int_t)machine->nodes[i].memory_bytes, "domains",
                                 (int)machine->nodes[i].n_domains, "allowed", (int)machine->nodes[i].allowed));
    for (size_t i = 0; i < machine->n_domains; i++)
        append(&domains, domain_json(view, i));
    return json_pack("{s:o, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:o}", "source",
                     view->source == NULL ? json_null() : printable_json(view->source), "packages",
                     (json_int_t)machine->n_packages, "nodes", nodes, "domains", domains, "cores",
                     (json_int_t)machine->n_cores, "allowed_cores", (json_int_t)machine->n_allowed_cores,
                     "processing_units", (json_int_t)machine->n_pus, "kinds", (json_int_t)machine->n_kinds, "note",
                     machine->note[0] == '\0' ? json_null() : json_string(machine->note));
}

static json_t *pool_json(const plan_view *view, const placement_pool *pool)
{
    json_t *processors = json_array();
    for (size_t i = 0; i < pool->n_threads; i++)
        append(&processors, json_integer(view->plan->threads[pool->first_thread + i].os_pu));
    return json_pack("{s:i, s:i, s:o}", "domain", (int)pool->domain, "node", (int)pool->node, "processors", processors);
}

/* The domains of some pools. */
static json_t *span_json(const plan_view *view, pool_span span)
{
    json_t *domains = json_array();
    for (size_t i = 0; i < span.n_pools; i++)
        append(&domains, json_integer(view->plan->pools[span.first_pool + i].domain));
    return json_pack("{s:o, s:I}", "domains", domains, "threads", (json_int_t)placement_n_threads(view->plan, span));
}

json_t *plan_view_placement_json(const plan_view *view)
{
    const placement *plan = view->plan;
    json_t *pools = json_array(), *crews = json_array();
    for (size_t i = 0; i < plan->n_pools; i++)
        append(&pools, pool_json(view, &plan->pools[i]));
    for (size_t i = 0; i < view->n_crews; i++)
        append(&crews, span_json(view, view->crews[i]));
    return json_pack("{s:I, s:s, s:o, s:I, s:o, s:o, s:I, s:b, s:s, s:b, s:s, s:s}", "threads", (json_int_t)plan->n_threads,
                     "threads_reason", plan->threads_reason, "pools", pools, "ready", (json_int_t)view->n_ready, "crews",
                     crews, "tail", span_json(view, plan->tail), "io_threads", (json_int_t)plan->n_io_threads, "pinned",
                     (int)plan->pin, "pinned_reason", plan->pin_reason, "huge_pages", (int)plan->huge_pages, "key",
                     home_name(plan->home), "key_reason", plan->home_reason);
}
