/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/run_plan.h"

#include <inttypes.h>

#include "mpi/plan_view.h"
#include "mpi/printable.h"
#include "mpi/report_rows.h"
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
              plan->keys[0].key->prepared == NULL ? "sorted into memory" : lies);
    table_add(rows, err, "twiddles\t%" PRIu64 "\tof a domain of 2^%u", m->of.twiddles, plan->keys[0].key->log_domain);
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

static const char *device_name(const run_plan *plan)
{
    return gpu_device_describe(plan->place->on.device)->name;
}

static pt_status print_one_key(const run_plan *plan, const run_plan_key *key, FILE *stream, pt_err *err)
{
    const device_plan *d = &key->device;
    table *rows;
    if (table_create("on the device\t>bytes\twhat for", &rows, err) != PT_OK)
        return err->code;
    if (d->synthesis)
        table_add(rows, err, "matrices\t%" PRIu64, d->matrices);
    table_add(rows, err, "twiddles\t%" PRIu64 "\tof a domain of 2^%u", d->twiddles, key->key->log_domain);
    table_add(rows, err, "points\t%" PRIu64 "\t%s%s", d->points, d->g2 ? "of G1 and G2" : "of G1",
              d->h.tables || d->witness.tables ? ", with their multiples" : "");
    table_add(rows, err, "scratch\t%" PRIu64 "\tof sums", d->scratch);
    table_add(rows, err, "rooms\t%" PRIu64 "\tpartitions: %zu at a time, %" PRIu64 " each", d->n_rooms * d->room,
              d->n_rooms, d->room);
    table_add(rows, err, "in all\t%" PRIu64 "\ton %s", d->total, device_name(plan));
    if (err->code == PT_OK)
        table_print(rows, stream);
    table_destroy(rows);
    return err->code;
}

/* Of all keys that go there; n_rooms 0: none does. */
static device_plan sum_of_keys(const run_plan *plan)
{
    device_plan all = {.n_rooms = 0};
    for (size_t i = 0; i < plan->n_keys; i++) {
        const device_plan *d = &plan->keys[i].device;
        if (d->n_rooms == 0)
            continue;
        all.synthesis = d->synthesis && (all.n_rooms == 0 || all.synthesis);
        all.g2 = d->g2 && (all.n_rooms == 0 || all.g2);
        all.h.tables = d->h.tables || d->witness.tables || all.h.tables;
        all.n_rooms = d->n_rooms;
        all.matrices += d->matrices;
        all.twiddles += d->twiddles;
        all.points += d->points;
        all.scratch += d->scratch;
        all.room += d->room;
        all.total += d->total;
    }
    return all;
}

static void add_key(table *rows, const device_plan *d, const char *name, pt_err *err)
{
    table_add(rows, err, "%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64, name, d->matrices,
              d->twiddles, d->points, d->scratch, d->n_rooms * d->room, d->total);
}

static pt_status print_keys(const run_plan *plan, const device_plan *all, FILE *stream, pt_err *err)
{
    table *rows;
    if (table_create("on the device\t>matrices\t>twiddles\t>points\t>scratch\t>rooms\t>bytes in all", &rows, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < plan->n_keys; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s", plan->keys[i].key->path);
        printable_line(name);
        add_key(rows, &plan->keys[i].device, name, err);
    }
    add_key(rows, all, "together", err);
    if (err->code == PT_OK)
        table_print(rows, stream);
    table_destroy(rows);
    return err->code;
}

static pt_status print_device(const run_plan *plan, FILE *stream, pt_err *err)
{
    const device_plan all = sum_of_keys(plan);
    if (all.n_rooms == 0)
        return PT_OK;
    if (plan->n_keys == 1)
        print_one_key(plan, &plan->keys[0], stream, err);
    else
        print_keys(plan, &all, stream, err);
    if (err->code == PT_OK && plan->place->on.n_near > 0)
        fprintf(stream, "the device is fed from the %zu processors next to PCI %s\n", plan->place->on.n_near,
                gpu_device_describe(plan->place->on.device)->pci);
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
    if (print_place(plan, stream, err) == PT_OK && print_memory(plan, stream, err) == PT_OK)
        print_device(plan, stream, err);
    return err->code;
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

static json_t *bytes_json(const device_plan *d)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:s, s:s}", "matrices_bytes", (json_int_t)d->matrices,
                     "twiddles_bytes", (json_int_t)d->twiddles, "points_bytes", (json_int_t)d->points, "scratch_bytes",
                     (json_int_t)d->scratch, "room_bytes", (json_int_t)d->room, "rooms", (json_int_t)d->n_rooms,
                     "total_bytes", (json_int_t)d->total, "tables", d->h.tables || d->witness.tables, "synthesis",
                     d->synthesis ? "gpu" : "cpu", "g2", d->g2 ? "gpu" : "cpu");
}

/* The key's path, and null where the processor proves. */
static json_t *key_json(const void *of, size_t i)
{
    const run_plan_key *key = &((const run_plan *)of)->keys[i];
    return json_pack("{s:o, s:o}", "key", printable_json(key->key->path), "device",
                     key->device.n_rooms > 0 ? bytes_json(&key->device) : json_null());
}

/* Those who feed the device run there; none: anywhere. */
static json_t *near_json(const device_place *on)
{
    json_t *out = json_array();
    for (size_t i = 0; i < on->n_near && out != NULL; i++)
        if (json_array_append_new(out, json_integer(on->near[i])) != 0) {
            json_decref(out);
            out = NULL;
        }
    return out;
}

static json_t *device_json(const run_plan *plan)
{
    const device_plan all = sum_of_keys(plan);
    if (all.n_rooms == 0)
        return json_null();
    json_t *out = bytes_json(&all);
    if (out == NULL || json_object_set_new(out, "name", printable_json(device_name(plan))) != 0 ||
        json_object_set_new(out, "near_processors", near_json(&plan->place->on)) != 0 ||
        json_object_set_new(out, "keys", report_rows_json(plan, plan->n_keys, key_json)) != 0) {
        json_decref(out);
        out = NULL;
    }
    return out;
}

json_t *run_plan_json(const run_plan *plan)
{
    return json_pack("{s:o, s:o, s:o}", "placement", place_json(plan), "memory", run_plan_memory_json(plan->memory),
                     "device", device_json(plan));
}
