/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/spmv_layout.h - a circuit's matrix cut into tasks and joins for a device (kernels/shared/spmv_tasks.h). Pure. */
#ifndef PT_SPMV_LAYOUT_H
#define PT_SPMV_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/spmv_tasks.h"
#include "kernels/shared/status.h"

/** A matrix by row: row_start[n_rows + 1] are offsets into entries. */
typedef struct {
    const uint64_t *row_start;
    const spmv_entry *entries;
} spmv_matrix;

/** A and B of a circuit and the dictionary of their coefficients, as node/circuit/csr.h has them. */
typedef struct {
    uint32_t n_rows;   /* at most 2^31: a sum's place has a bit beside it */
    uint32_t n_values; /* coefficients in the dictionary */
    const uint8_t *values;
    size_t value_bytes;
    uint32_t zero, plus_one, minus_one; /* places of these coefficients in the dictionary; n_values where it lacks them */
    spmv_matrix matrices[2];            /* A and B */
} spmv_circuit;

enum {
    SPMV_KINDS = (SPMV_TASK_MAX + 1) * (SPMV_TASK_MAX + 1), /* pairs of numbers of products and of other entries */
    SPMV_LEVELS_MAX = 7                                     /* 32^7 > 2^32 */
};

/** What a matrix comes to. Entries of coefficient 0 are left out. */
typedef struct {
    size_t n_entries, n_tasks, n_joins, n_partials;
    size_t n_levels, level_begin[SPMV_LEVELS_MAX + 1]; /* joins of level l: [level_begin[l], level_begin[l + 1]) */
    size_t kind_begin[SPMV_KINDS];                     /* tasks of one kind follow one another, longest first */
} spmv_counts;

/** errors  PT_E_ARG more rows or entries than a word numbers */
pt_status spmv_count(const spmv_circuit *circuit, size_t matrix, spmv_counts *out, pt_err *err);

/** The entries in the order in which tasks read them, the tasks and the joins.
 *  shape   counts: of spmv_count; entries[n_entries], tasks[n_tasks], joins[n_joins] */
void spmv_fill(const spmv_circuit *circuit, size_t matrix, const spmv_counts *counts, spmv_entry *entries, spmv_task *tasks,
               spmv_join_task *joins);

#endif
