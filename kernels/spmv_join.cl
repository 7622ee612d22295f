/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/spmv_join.cl - partial sums of long rows added up: one level of joins, a join a work-item. */
#include "kernels/device_fields.h"
#include "kernels/shared/spmv_tasks.h"

/* A level's joins read what the tasks or the level before wrote, and write other partial sums, or rows. */
__kernel void spmv_join(__global const spmv_join_task *joins, __global fr *rows, __global fr *partials,
                        const spmv_args args)
{
    const uint i = (uint)get_global_id(0);
    if (i >= args.n)
        return;
    const spmv_join_task join = joins[args.begin + i];
    fr sum = partials[join.first];
    for (uint k = 1; k < join.n; k++)
        sum = fr_add(sum, partials[join.first + k]);
    sum = fr_reduce(sum);
    if (join.out & SPMV_PARTIAL)
        partials[join.out & ~SPMV_PARTIAL] = sum;
    else
        rows[join.out] = sum;
}
