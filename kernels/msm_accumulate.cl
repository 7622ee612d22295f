/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_accumulate.cl - a work-item a task: the sum of its entries' points, to its bucket or to its partial sum.
 *
 * Tasks come in the order of falling length, so work-items of a group end together and the last groups are the shortest. The next
 * entry is read ahead of the addition; the sum stays in registers. */
#include "kernels/msm_points.h"
#include "kernels/shared/msm_sum_args.h"

__kernel void msm_accumulate(MSM_POINTS_ARGS, __global const uint *entries, __global const msm_task *tasks,
                             __global const msm_sort_totals *totals, __global point_xyzz *sums, msm_accumulate_args args)
{
    const uint id = (uint)get_global_id(0);
    if (id >= totals->n_tasks || id >= args.n_tasks_max)
        return;
    const msm_task task = tasks[id];
    __global const uint *next = entries + task.first;
    __global const uint *end = next + task.n;
    point_xyzz sum;
    xyzz_set_infinity(&sum);
    uint entry = *next;
    do {
        point_affine point = *msm_point_at(MSM_POINTS, args.part_len, entry & MSM_ENTRY_INDEX_MASK);
        affine_neg_if(&point, entry >> MSM_ENTRY_SIGN);
        if (++next != end)
            entry = *next;
        xyzz_add_affine(&sum, &point);
    } while (next != end);
    sums[task.slot == 0 ? task.bucket : args.first_partial + (task.slot - 1)] = sum;
}
