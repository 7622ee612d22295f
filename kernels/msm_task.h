/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_task.h - how buckets become tasks: one of at most args.task_limit entries whole, a longer one in equal tasks. */
#ifndef PT_MSM_TASK_H
#define PT_MSM_TASK_H

#include "kernels/sort_tile.h"

/** Tasks of a bucket of n entries, n >= 1. */
PT_FN uint msm_task_parts(uint n, const msm_sort_args *args)
{
    return (n - 1) / args->task_limit + 1;
}

/** The class of a bucket that is not cut: longer ones have lower classes. */
PT_FN uint msm_task_class(uint n, const msm_sort_args *args)
{
    return (args->task_limit - n) / args->task_granule;
}

#endif
