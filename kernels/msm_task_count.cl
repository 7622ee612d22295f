/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_task_count.cl - a group a block of buckets: how many there are of each class of length, how many are cut, into how many. */
#include "kernels/msm_task.h"

__kernel SORT_GROUP void msm_task_count(__global const msm_range *buckets, __global uint *counts, msm_sort_args args)
{
    SORT_LOCAL uint count[MSM_TASK_COLUMNS];
    const uint id = (uint)get_local_id(0), block = (uint)get_group_id(0);
    for (uint i = id; i < MSM_TASK_COLUMNS; i += PT_SORT_THREADS)
        count[i] = 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint i = 0; i < MSM_TASK_BUCKETS_EACH; i++) {
        const uint bucket = (block * MSM_TASK_BUCKETS_EACH + i) * PT_SORT_THREADS + id;
        const uint n = bucket < args.n_buckets ? buckets[bucket].n : 0;
        if (n > args.task_limit) {
            atomic_inc(&count[MSM_TASK_CUTS]);
            atomic_add(&count[MSM_TASK_SLOTS], msm_task_parts(n, &args));
        } else if (n > 0)
            atomic_inc(&count[msm_task_class(n, &args)]);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint i = id; i < MSM_TASK_COLUMNS; i += PT_SORT_THREADS)
        counts[(size_t)block * MSM_TASK_COLUMNS + i] = count[i];
}
