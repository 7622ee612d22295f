/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_tile_scatter.cl - the rest of a level after the first: tiles of bins of several tiles go to their parts.
 *
 * totals: elements of each part; counts: of each tile and part the elements of the bin's tiles before it. */
#include "kernels/msm_tile.h"

__kernel SORT_GROUP void msm_tile_scatter(__global const msm_element *elements, __global const msm_range *bins,
                                          __global const uint *tile_starts, __global const uint *tile_bins,
                                          __global const uint *counts, __global const uint *totals,
                                          __global msm_range *buckets, __global uint *out, msm_sort_args args)
{
    SORT_LOCAL sort_local at;
    SORT_LOCAL uint base[SORT_RADIX_MAX];
    const uint id = (uint)get_local_id(0), n_parts = 1u << args.radix_bits;
    if (get_group_id(0) >= tile_starts[args.n_bins])
        return;
    const msm_tile tile = msm_tile_of((uint)get_group_id(0), bins, tile_starts, tile_bins);
    if (tile.n_tiles == 1)
        return;
    const size_t part_base = (size_t)tile.bin << args.radix_bits;
    msm_element own[PT_SORT_ITEMS];
    msm_tile_read(elements, &tile, own); /* under way while the parts' places are added up */
    for (uint part = id; part < n_parts; part += PT_SORT_THREADS)
        base[part] = totals[part_base + part];
    sort_scan(base, at.partial, n_parts);
    for (uint part = id; part < n_parts; part += PT_SORT_THREADS) {
        const msm_range range = {tile.of.first + base[part], totals[part_base + part]};
        base[part] = range.first + counts[(get_group_id(0) << args.radix_bits) + part];
        if (args.last && tile.place == 0)
            buckets[part_base + part] = range;
    }
    msm_tile_order(&at, &tile, &args, own);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint i = id; i < tile.n; i += PT_SORT_THREADS) {
        const msm_element element = ((__local msm_element *)at.pool)[i];
        const uint part = msm_part_of(element, &args);
        msm_tile_put(out, base[part] + i - at.starts[part], element, &args);
    }
}
