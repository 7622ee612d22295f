/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_task_write.cl - a group a block of buckets: the tasks of those that are whole, by class and then by bucket, behind the
 * tasks of those that are cut (msm_task_cut.cl); and the list of cuts.
 *
 * counts: of each block and column the sum over blocks before it; columns: over all. */
#include "kernels/msm_task.h"

/* Bucket k of this work-item, in the order that ranks keep. */
PT_FN uint msm_task_bucket(uint block, uint k)
{
    return block * (MSM_TASK_BUCKETS_EACH * PT_SORT_THREADS) + sort_item(MSM_TASK_BUCKETS_EACH, k);
}

/* Read again rather than kept: a barrier stands between. */
PT_FN msm_range msm_task_range(__global const msm_range *buckets, uint bucket, const msm_sort_args *args)
{
    const msm_range none = {0, 0};
    return bucket < args->n_buckets ? buckets[bucket] : none;
}

PT_FN uint msm_task_most(uint a, uint b)
{
    return a > b ? a : b;
}

/* totals[0]: of this batch; totals[1]: the most of each since window 0. */
PT_FN void msm_task_count_up(__global msm_sort_totals *totals, msm_sort_totals own, uint is_first)
{
    msm_sort_totals most = totals[1];
    totals[0] = own;
    most.n_tasks = is_first ? own.n_tasks : msm_task_most(own.n_tasks, most.n_tasks);
    most.n_slots = is_first ? own.n_slots : msm_task_most(own.n_slots, most.n_slots);
    most.n_cuts = is_first ? own.n_cuts : msm_task_most(own.n_cuts, most.n_cuts);
    totals[1] = most;
}

__kernel SORT_GROUP void msm_task_write(__global const msm_range *buckets, __global const uint *counts,
                                        __global const uint *columns, __global msm_task *tasks, __global msm_cut *cuts,
                                        __global msm_sort_totals *totals, msm_sort_args args)
{
    SORT_LOCAL sort_local at;
    SORT_LOCAL uint base[MSM_TASK_CLASSES];
    const uint id = (uint)get_local_id(0), block = (uint)get_group_id(0);
    __global const uint *before = counts + (size_t)block * MSM_TASK_COLUMNS;
    uint mark[PT_SORT_ITEMS], n_cuts = 0, n_slots = 0;
    for (uint i = id; i < MSM_TASK_CLASSES; i += PT_SORT_THREADS)
        base[i] = columns[i];
    sort_scan(base, at.partial, MSM_TASK_CLASSES);
    if (block == 0 && id == 0) {
        const msm_sort_totals own = {columns[MSM_TASK_SLOTS] + at.partial[SORT_ROW], columns[MSM_TASK_SLOTS],
                                     columns[MSM_TASK_CUTS]};
        msm_task_count_up(totals, own, args.first_window == 0);
    }
    PT_UNROLL
    for (uint k = 0; k < MSM_TASK_BUCKETS_EACH; k++) {
        const uint n = msm_task_range(buckets, msm_task_bucket(block, k), &args).n;
        mark[k] = n > 0 && n <= args.task_limit ? msm_task_class(n, &args) : SORT_NONE;
        if (n > args.task_limit) {
            n_cuts++;
            n_slots += msm_task_parts(n, &args);
        }
    }
    sort_rank(&at, MSM_TASK_BUCKETS_EACH, MSM_SORT_RADIX_BITS_MAX, mark);
    PT_UNROLL
    for (uint k = 0; k < MSM_TASK_BUCKETS_EACH; k++)
        if (mark[k] != SORT_NONE) {
            const uint bucket = msm_task_bucket(block, k);
            const msm_range range = msm_task_range(buckets, bucket, &args);
            const uint column = msm_task_class(range.n, &args);
            const msm_task task = {bucket, range.first, range.n, 0};
            tasks[columns[MSM_TASK_SLOTS] + base[column] + before[column] + mark[k] - at.starts[column]] = task;
        }
    __local uint *cuts_before = at.pool, *slots_before = at.pool + PT_SORT_THREADS;
    cuts_before[id] = n_cuts;
    slots_before[id] = n_slots;
    sort_scan(cuts_before, at.partial, PT_SORT_THREADS);
    sort_scan(slots_before, at.partial, PT_SORT_THREADS);
    uint place = before[MSM_TASK_CUTS] + cuts_before[id], slot = before[MSM_TASK_SLOTS] + slots_before[id];
    for (uint k = 0; k < MSM_TASK_BUCKETS_EACH && n_cuts > 0; k++) {
        const uint bucket = msm_task_bucket(block, k);
        const msm_range range = msm_task_range(buckets, bucket, &args);
        if (range.n > args.task_limit) {
            const msm_cut cut = {bucket, slot, msm_task_parts(range.n, &args)};
            cuts[place++] = cut;
            slot += cut.n;
        }
    }
}
