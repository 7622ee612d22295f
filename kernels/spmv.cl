/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/spmv.cl - a sparse matrix times the witness (docs/math.md, eq. 27): a task a work-item. */
#include "kernels/device_fields.h"
#include "kernels/shared/spmv_tasks.h"

/* Sum of c w over a task's entries, in Montgomery form. The dictionary has c R^2, the witness w, and a Montgomery product divides by R:
 * (c R^2)(w)/R is c w in Montgomery form. Of +-w where c is +-1 a second sum is kept, which one product by R^2 brings there. */
static fr task_sum(const spmv_task task, __global const spmv_entry *entries, __global const fr *values,
                   __global const fr *witness)
{
    const uint n_plus = task.counts & 0xff, n_signals = n_plus + (task.counts >> 8 & 0xff), n_products = task.counts >> 16;
    fr sum = fr_zero();
    if (n_signals > 0) {
        for (uint i = 0; i < n_signals; i++) {
            const fr w = witness[entries[task.first + i].signal];
            sum = i < n_plus ? fr_add(sum, w) : fr_sub(sum, w);
        }
        sum = fr_mul(sum, fr_of_constant(&fr_r2_words));
    }
    for (uint i = n_signals; i < n_signals + n_products; i++) {
        const spmv_entry e = entries[task.first + i];
        sum = fr_add(sum, fr_mul(values[e.value], witness[e.signal]));
    }
    return fr_reduce(sum);
}

/* values: the dictionary; witness: canonical values; rows: Montgomery form, below r. */
__kernel void spmv(__global const spmv_task *tasks, __global const spmv_entry *entries, __global const fr *values,
                   __global const fr *witness, __global fr *rows, __global fr *partials, const spmv_args args)
{
    const uint i = (uint)get_global_id(0);
    if (i >= args.n)
        return;
    const spmv_task task = tasks[args.begin + i];
    const fr sum = task_sum(task, entries, values, witness);
    if (task.out & SPMV_PARTIAL)
        partials[task.out & ~SPMV_PARTIAL] = sum;
    else
        rows[task.out] = sum;
}
