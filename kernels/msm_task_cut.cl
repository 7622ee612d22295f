/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_task_cut.cl - the tasks of buckets that are cut come first: task i writes partial sum i. Each finds its cut by bisection. */
#include "kernels/msm_task.h"

__kernel SORT_GROUP void msm_task_cut(__global const msm_range *buckets, __global const msm_cut *cuts,
                                      __global const msm_sort_totals *totals, __global msm_task *tasks, msm_sort_args args)
{
    const uint n_slots = totals->n_slots, n_cuts = totals->n_cuts;
    (void)args;
    for (uint slot = (uint)get_global_id(0); slot < n_slots; slot += (uint)get_global_size(0)) {
        uint low = 0, high = n_cuts; /* cuts[low].first <= slot < cuts[high].first */
        while (high - low > 1) {
            const uint middle = low + (high - low) / 2;
            if (cuts[middle].first <= slot)
                low = middle;
            else
                high = middle;
        }
        const msm_cut cut = cuts[low];
        const msm_range range = buckets[cut.bucket];
        const uint part = slot - cut.first, each = range.n / cut.n, rest = range.n % cut.n;
        const msm_task task = {cut.bucket, range.first + part * each + (part < rest ? part : rest), each + (part < rest),
                               slot + 1};
        tasks[slot] = task;
    }
}
