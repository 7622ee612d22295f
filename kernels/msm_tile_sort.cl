/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_tile_sort.cl - a level after the first, a group a tile: a bin of one tile is taken apart whole, read once and written once;
 * of a bin of several each tile counts its elements by part, for msm_columns and msm_tile_scatter. */
#include "kernels/msm_tile.h"

/* Nothing is counted, and nothing written, where n is 0. */
PT_GROUP_FN void msm_tile_count(__local uint *count, __global const msm_element *elements, uint n, __global uint *counts,
                                const msm_sort_args *args)
{
    const uint id = (uint)get_local_id(0), n_parts = n > 0 ? 1u << args->radix_bits : 0;
    for (uint part = id; part < n_parts; part += PT_SORT_THREADS)
        count[part] = 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint i = id; i < n; i += PT_SORT_THREADS)
        atomic_inc(&count[msm_part_of(elements[i], args)]);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint part = id; part < n_parts; part += PT_SORT_THREADS)
        counts[part] = count[part];
}

__kernel SORT_GROUP void msm_tile_sort(__global const msm_element *elements, __global const msm_range *bins,
                                       __global const uint *tile_starts, __global const uint *tile_bins,
                                       __global uint *counts, __global uint *totals, __global msm_range *buckets,
                                       __global uint *out, msm_sort_args args)
{
    SORT_LOCAL sort_local at;
    const uint id = (uint)get_local_id(0), n_parts = 1u << args.radix_bits;
    if (get_group_id(0) >= tile_starts[args.n_bins])
        return;
    msm_tile tile = msm_tile_of((uint)get_group_id(0), bins, tile_starts, tile_bins);
    const uint whole = tile.n_tiles == 1;
    SORT_ONLY_IF(!whole)
    msm_tile_count(at.starts, elements + tile.first, whole ? 0 : tile.n, counts + (get_group_id(0) << args.radix_bits),
                   &args);
    if (!whole)
        tile.n = tile.n_items = 0;
    msm_element own[PT_SORT_ITEMS];
    msm_tile_read(elements, &tile, own);
    SORT_ONLY_IF(tile.n > 0)
    msm_tile_order(&at, &tile, &args, own);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint i = id; i < tile.n; i += PT_SORT_THREADS)
        msm_tile_put(out, tile.first + i, ((__local msm_element *)at.pool)[i], &args);
    for (uint part = id; part < n_parts && whole; part += PT_SORT_THREADS) {
        const uint first = tile.n > 0 ? at.starts[part] : 0;
        const uint end = tile.n > 0 && part + 1 < n_parts ? at.starts[part + 1] : tile.n;
        const msm_range range = {tile.first + first, end - first};
        if (args.last)
            buckets[((size_t)tile.bin << args.radix_bits) + part] = range;
        else
            totals[((size_t)tile.bin << args.radix_bits) + part] = range.n;
    }
}
