/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/spmv.h"

#include <stdlib.h>

enum { GROUP = 128 }; /* work-items of a work-group */

typedef struct {
    size_t n_tasks, n_levels, level_begin[SPMV_LEVELS_MAX + 1];
    gpu_buffer *entries, *tasks, *joins;
} device_matrix;

struct gpu_spmv {
    uint32_t n_rows;
    gpu_kernel *multiply, *join, *product;
    gpu_buffer *values, *partials;
    device_matrix matrices[2];
};

/* The buffers of both matrices and the dictionary; one that nothing lies in has room for one element. */
typedef struct {
    size_t values, partials, entries[2], tasks[2], joins[2];
} buffer_sizes;

static size_t room(size_t n, size_t bytes)
{
    return (n > 0 ? n : 1) * bytes;
}

static buffer_sizes sizes_of(const spmv_circuit *circuit, const spmv_counts counts[2])
{
    const size_t n_partials = counts[0].n_partials > counts[1].n_partials ? counts[0].n_partials : counts[1].n_partials;
    buffer_sizes s = {.values = room(circuit->n_values, circuit->value_bytes),
                      .partials = room(n_partials, circuit->value_bytes)};
    for (int m = 0; m < 2; m++) {
        s.entries[m] = room(counts[m].n_entries, sizeof(spmv_entry));
        s.tasks[m] = room(counts[m].n_tasks, sizeof(spmv_task));
        s.joins[m] = room(counts[m].n_joins, sizeof(spmv_join_task));
    }
    return s;
}

static pt_status count_both(const spmv_circuit *circuit, spmv_counts counts[2], pt_err *err)
{
    if (spmv_count(circuit, 0, &counts[0], err) == PT_OK)
        spmv_count(circuit, 1, &counts[1], err);
    return err->code;
}

pt_status gpu_spmv_bytes(const spmv_circuit *circuit, uint64_t *out, uint64_t *largest, pt_err *err)
{
    spmv_counts counts[2];
    if (count_both(circuit, counts, err) != PT_OK)
        return err->code;
    const buffer_sizes s = sizes_of(circuit, counts);
    const size_t all[] = {s.values, s.partials, s.entries[0], s.tasks[0], s.joins[0], s.entries[1], s.tasks[1], s.joins[1]};
    _Static_assert(sizeof all == sizeof s, "every buffer counts");
    *out = *largest = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        *out += all[i];
        *largest = all[i] > *largest ? all[i] : *largest;
    }
    return PT_OK;
}

static pt_status matrix_allocate(gpu_device *device, const buffer_sizes *sizes, int m, device_matrix *out, pt_err *err)
{
    static const char *const names[2][3] = {{"entries of A", "tasks of A", "joins of A"},
                                            {"entries of B", "tasks of B", "joins of B"}};
    if (gpu_buffer_create(device, names[m][0], sizes->entries[m], &out->entries, err) == PT_OK &&
        gpu_buffer_create(device, names[m][1], sizes->tasks[m], &out->tasks, err) == PT_OK)
        gpu_buffer_create(device, names[m][2], sizes->joins[m], &out->joins, err);
    return err->code;
}

static pt_status matrix_write(gpu_queue *queue, const spmv_circuit *circuit, int m, const spmv_counts *counts,
                              device_matrix *out, pt_err *err)
{
    const size_t entries_bytes = counts->n_entries * sizeof(spmv_entry), tasks_bytes = counts->n_tasks * sizeof(spmv_task),
                 joins_bytes = counts->n_joins * sizeof(spmv_join_task);
    spmv_entry *entries = malloc(room(counts->n_entries, sizeof *entries));
    spmv_task *tasks = malloc(room(counts->n_tasks, sizeof *tasks));
    spmv_join_task *joins = malloc(room(counts->n_joins, sizeof *joins));
    if (entries == NULL || tasks == NULL || joins == NULL) {
        pt_fail(err, PT_E_NOMEM, "no memory to order %zu coefficients for a device", counts->n_entries);
    } else {
        spmv_fill(circuit, (size_t)m, counts, entries, tasks, joins);
        if ((entries_bytes == 0 || gpu_queue_write(queue, out->entries, 0, entries, entries_bytes, err) == PT_OK) &&
            (tasks_bytes == 0 || gpu_queue_write(queue, out->tasks, 0, tasks, tasks_bytes, err) == PT_OK) &&
            joins_bytes != 0)
            gpu_queue_write(queue, out->joins, 0, joins, joins_bytes, err);
    }
    free(entries);
    free(tasks);
    free(joins);
    return err->code;
}

static pt_status kernels_get(gpu_device *device, const char *options, gpu_spmv *self, pt_err *err)
{
    if (gpu_kernel_get(device, "spmv", options, &self->multiply, err) == PT_OK &&
        gpu_kernel_get(device, "spmv_join", options, &self->join, err) == PT_OK)
        gpu_kernel_get(device, "spmv_product", options, &self->product, err);
    return err->code;
}

static pt_status matrices_create(gpu_device *device, gpu_queue *queue, const spmv_circuit *circuit, gpu_spmv *self,
                                 pt_err *err)
{
    spmv_counts counts[2];
    if (count_both(circuit, counts, err) != PT_OK)
        return err->code;
    const buffer_sizes sizes = sizes_of(circuit, counts);
    const size_t values_bytes = circuit->n_values * circuit->value_bytes;
    if (gpu_buffer_create(device, "dictionary", sizes.values, &self->values, err) != PT_OK ||
        gpu_buffer_create_secret(device, "sums of long rows", sizes.partials, &self->partials, err) != PT_OK ||
        (values_bytes > 0 && gpu_queue_write(queue, self->values, 0, circuit->values, values_bytes, err) != PT_OK))
        return err->code;
    for (int m = 0; m < 2 && err->code == PT_OK; m++) {
        device_matrix *own = &self->matrices[m];
        own->n_tasks = counts[m].n_tasks;
        own->n_levels = counts[m].n_levels;
        for (size_t level = 0; level <= own->n_levels; level++)
            own->level_begin[level] = counts[m].level_begin[level];
        if (matrix_allocate(device, &sizes, m, own, err) == PT_OK)
            matrix_write(queue, circuit, m, &counts[m], own, err);
    }
    return err->code;
}

pt_status gpu_spmv_create(gpu_device *device, gpu_queue *queue, const char *options, const spmv_circuit *circuit,
                          gpu_spmv **out, pt_err *err)
{
    gpu_spmv *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the matrices of a device");
    self->n_rows = circuit->n_rows;
    if (kernels_get(device, options, self, err) != PT_OK || matrices_create(device, queue, circuit, self, err) != PT_OK) {
        gpu_spmv_destroy(self);
        return err->code;
    }
    *out = self;
    return PT_OK;
}

void gpu_spmv_destroy(gpu_spmv *self)
{
    if (self == NULL)
        return;
    gpu_buffer_destroy(self->values);
    gpu_buffer_destroy(self->partials);
    for (int m = 0; m < 2; m++) {
        gpu_buffer_destroy(self->matrices[m].entries);
        gpu_buffer_destroy(self->matrices[m].tasks);
        gpu_buffer_destroy(self->matrices[m].joins);
    }
    free(self);
}

static size_t group_of(const gpu_kernel *kernel)
{
    const size_t most = gpu_kernel_describe(kernel)->group_max;
    return most < GROUP ? most : GROUP;
}

static pt_status multiply(const gpu_spmv *self, gpu_queue *queue, int m, const gpu_buffer *witness, gpu_buffer *rows,
                          pt_err *err)
{
    const device_matrix *own = &self->matrices[m];
    const spmv_args all = {0, (uint32_t)own->n_tasks};
    if (gpu_queue_launch(queue, self->multiply, all.n, group_of(self->multiply),
                         GPU_ARGS(gpu_arg_buffer(own->tasks), gpu_arg_buffer(own->entries), gpu_arg_buffer(self->values),
                                  gpu_arg_buffer(witness), gpu_arg_buffer(rows), gpu_arg_buffer(self->partials),
                                  GPU_ARG_VALUE(all)),
                         err) != PT_OK)
        return err->code;
    for (size_t level = 0; level < own->n_levels; level++) {
        const size_t begin = own->level_begin[level];
        const spmv_args joins = {(uint32_t)begin, (uint32_t)(own->level_begin[level + 1] - begin)};
        if (gpu_queue_launch(queue, self->join, joins.n, group_of(self->join),
                             GPU_ARGS(gpu_arg_buffer(own->joins), gpu_arg_buffer(rows), gpu_arg_buffer(self->partials),
                                      GPU_ARG_VALUE(joins)),
                             err) != PT_OK)
            return err->code;
    }
    return PT_OK;
}

pt_status gpu_spmv_run(const gpu_spmv *self, gpu_queue *queue, const gpu_buffer *witness, gpu_buffer *a, gpu_buffer *b,
                       gpu_buffer *c, pt_err *err)
{
    const spmv_args rows = {0, self->n_rows};
    if (multiply(self, queue, 0, witness, a, err) != PT_OK || multiply(self, queue, 1, witness, b, err) != PT_OK)
        return err->code;
    return gpu_queue_launch(queue, self->product, rows.n, group_of(self->product),
                            GPU_ARGS(gpu_arg_buffer(a), gpu_arg_buffer(b), gpu_arg_buffer(c), GPU_ARG_VALUE(rows)), err);
}

pt_status gpu_spmv_wipe(gpu_spmv *self, gpu_queue *queue, pt_err *err)
{
    return gpu_queue_wipe(queue, self->partials, err);
}
