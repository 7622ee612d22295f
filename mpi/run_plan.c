/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/run_plan.h"

#include <inttypes.h>

#include "mpi/plan_view.h"
#include "mpi/table.h"

static uint64_t stacks_bytes(const memory_plan *m)
{
    return m->stacks_fixed + m->n_in_flight * m->stack_each;
}

static pt_status print_memory(const run_plan *plan, FILE *stream, pt_err *err)
{
    const memory_plan *m = plan->memory;
    const size_t n_copies = workplace_n_copies(plan->place);
    char lies[64];
    table *rows;
    if (n_copies > 1)
        snprintf(lies, sizeof lies, "read to memory, %zu copies", n_copies);
    else
        snprintf(lies, sizeof lies, "%s", n_copies == 1 ? "read to memory" : "mapped");
    if (table_create("memory\t>bytes\twhat for", &rows, err) != PT_OK)
        return err->code;
    table_add(rows, err, "points\t%" PRIu64 "\tof the key, %s", m->of.points, lies);
    table_add(rows, err, "matrices\t%" PRIu64 "\t%s", m->of.matrices,
              plan->key->prepared == NULL ? "sorted into memory" : lies);
    table_add(rows, err, "twiddles\t%" PRIu64 "\tof a domain of 2^%u", m->of.twiddles, plan->key->log_domain);
    table_add(rows, err, "arenas\t%" PRIu64 "\tpartitions: %zu in flight, %" PRIu64 " each", m->arenas, m->n_in_flight,
              m->of.partition);
    table_add(rows, err, "stacks\t%" PRIu64 "\tof threads", stacks_bytes(m));
    table_add(rows, err, "in all\t%" PRIu64, m->total);
    table_add(rows, err, "least\t%" PRIu64 "\twith one partition in flight", m->least);
    table_add(rows, err, "budget\t%" PRIu64, m->of.budget);
    if (err->code == PT_OK)
        table_print(rows, stream);
    table_destroy(rows);
    return err->code;
}

static pt_status print_place(const run_plan *plan, FILE *stream, pt_err *err)
{
    plan_view view;
    if (!plan->place->placed) {
        fprintf(stream, "%zu threads on %zu cores: bound nowhere\n", plan->memory->of.n_threads,
                plan->place->machine.n_allowed_cores);
        return PT_OK;
    }
    if (plan_view_init(NULL, &plan->place->machine, &plan->place->where, plan->memory->n_in_flight, &view, err) == PT_OK)
        plan_view_print(&view, stream, err);
    plan_view_clear(&view);
    return err->code;
}

pt_status run_plan_print(const run_plan *plan, FILE *stream, pt_err *err)
{
    return print_place(plan, stream, err) == PT_OK ? print_memory(plan, stream, err) : err->code;
}

json_t *run_plan_memory_json(const memory_plan *m)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "points_bytes", (json_int_t)m->of.points,
                     "matrices_bytes", (json_int_t)m->of.matrices, "twiddles_bytes", (json_int_t)m->of.twiddles,
                     "partition_bytes", (json_int_t)m->of.partition, "partitions_in_flight", (json_int_t)m->n_in_flight,
                     "arenas_bytes", (json_int_t)m->arenas, "stacks_bytes", (json_int_t)stacks_bytes(m), "total_bytes",
                     (json_int_t)m->total, "least_bytes", (json_int_t)m->least, "budget_bytes", (json_int_t)m->of.budget);
}

static json_t *place_json(const run_plan *plan)
{
    plan_view view;
    pt_err err = {0};
    if (!plan->place->placed)
        return json_null();
    json_t *out = NULL;
    if (plan_view_init(NULL, &plan->place->machine, &plan->place->where, plan->memory->n_in_flight, &view, &err) == PT_OK)
        out = plan_view_placement_json(&view);
    plan_view_clear(&view);
    return out;
}

json_t *run_plan_json(const run_plan *plan)
{
    return json_pack("{s:o, s:o}", "placement", place_json(plan), "memory", run_plan_memory_json(plan->memory));
}
