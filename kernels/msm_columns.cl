/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_columns.cl - of each bin's rows of counts the sums of all rows before, in place, and of all: column by column.
 *
 * args.n_rows rows a bin, or as many as it has tiles; where that is one, its tile has been sorted whole and nothing is left to do. A group
 * takes MSM_COLUMNS_WIDTH columns at a time, in parts of the rows: each part's sum, then the parts before it, then the counts again. */
#include "kernels/sort_tile.h"

#define N_PARTS (PT_SORT_THREADS / MSM_COLUMNS_WIDTH)

/* So many rows are read together, for a row alone is a wait for memory. */
#define COLUMNS_LOOK 8

/* The sum of the rows [begin, end) of a column. */
PT_FN uint msm_column_sum(__global const uint *of, uint begin, uint end, uint n_columns)
{
    uint sum = 0;
    for (uint row = begin; row < end; row += COLUMNS_LOOK) {
        PT_UNROLL
        for (uint k = 0; k < COLUMNS_LOOK; k++)
            sum += row + k < end ? of[(size_t)(row + k) * n_columns] : 0;
    }
    return sum;
}

/* Each becomes what is before it, and before them all. */
PT_FN void msm_column_scan(__global uint *of, uint begin, uint end, uint n_columns, uint before)
{
    for (uint row = begin; row < end; row += COLUMNS_LOOK) {
        uint own[COLUMNS_LOOK];
        PT_UNROLL
        for (uint k = 0; k < COLUMNS_LOOK; k++)
            own[k] = row + k < end ? of[(size_t)(row + k) * n_columns] : 0;
        PT_UNROLL
        for (uint k = 0; k < COLUMNS_LOOK; k++) {
            if (row + k < end)
                of[(size_t)(row + k) * n_columns] = before;
            before += own[k];
        }
    }
}

__kernel SORT_GROUP void msm_columns(__global uint *counts, __global const uint *tile_starts, __global uint *totals,
                                     msm_sort_args args)
{
    SORT_LOCAL uint sums[PT_SORT_THREADS];
    const uint id = (uint)get_local_id(0), group = (uint)get_group_id(0), bin = group / args.n_splits;
    const uint lane = id % MSM_COLUMNS_WIDTH, part = id / MSM_COLUMNS_WIDTH;
    const uint first = args.n_rows != 0 ? bin * args.n_rows : tile_starts[bin];
    const uint n_rows = args.n_rows != 0 ? args.n_rows : tile_starts[bin + 1] - first;
    if (args.n_rows == 0 && n_rows == 1)
        return;
    const uint each = (n_rows + N_PARTS - 1) / N_PARTS;
    const uint begin = part * each < n_rows ? part * each : n_rows, end = begin + each < n_rows ? begin + each : n_rows;
    for (uint block = group % args.n_splits; block * MSM_COLUMNS_WIDTH < args.n_columns; block += args.n_splits) {
        const uint column = block * MSM_COLUMNS_WIDTH + lane, inside = column < args.n_columns;
        __global uint *of = counts + (size_t)first * args.n_columns + column;
        const uint sum = msm_column_sum(of, begin, inside ? end : begin, args.n_columns);
        uint before = 0;
        sums[id] = sum;
        barrier(CLK_LOCAL_MEM_FENCE);
        for (uint i = 0; i < part; i++)
            before += sums[i * MSM_COLUMNS_WIDTH + lane];
        if (inside && part == N_PARTS - 1)
            totals[(size_t)bin * args.n_columns + column] = before + sum;
        msm_column_scan(of, begin, inside ? end : begin, args.n_columns, before);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
}
