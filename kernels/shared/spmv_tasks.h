/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/shared/spmv_tasks.h - a sparse matrix as a device multiplies it: entries, tasks and joins.
 *
 * Rows have from no entry to as many as there are wires. A row is one task of a work-item, or several of nearly the same length if it is
 * long; these leave partial sums, which joins of at most as many terms add up, level after level. Neighbours in the list of tasks have
 * equal numbers of products, so the work-items of a warp end together. */
#ifndef PT_SPMV_TASKS_H
#define PT_SPMV_TASKS_H

#include "kernels/shared/word.h"

/** One non-zero, as in node/circuit/csr.h: the wire (column), and the place of the coefficient in the dictionary. */
typedef struct {
    pt_word signal, value;
} spmv_entry;

#define SPMV_TASK_MAX 32 /* entries of a task, terms of a join */

/** A sum's place: a row of the result, or with this bit a partial sum. */
#define SPMV_PARTIAL 0x80000000u

/** Entries [first, ...) of one row: n_plus whose coefficient is 1, then n_minus of -1, then n_products others.
 *  shape   counts = n_plus | n_minus << 8 | n_products << 16; by falling n_products, then by falling n_plus + n_minus */
typedef struct {
    pt_word first, out, counts;
} spmv_task;

/** Partial sums [first, first + n) are added up. */
typedef struct {
    pt_word first, out, n;
} spmv_join_task;

/** Tasks [0, n), or joins [begin, begin + n) of one level. */
typedef struct {
    pt_word begin, n;
} spmv_args;

#ifndef __OPENCL_VERSION__
_Static_assert(sizeof(spmv_entry) == 8 && sizeof(spmv_task) == 12 && sizeof(spmv_join_task) == 12, "host and device agree");
#endif
#endif
