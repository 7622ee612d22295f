/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_bins.cl - one group: where each bin begins, and the list of its tiles, at least one a bin.
 *
 * tile_starts[n_bins + 1]; tile_bins[tile] is its bin. */
#include "kernels/sort_tile.h"

PT_FN uint msm_n_tiles(uint n)
{
    return n <= SORT_TILE ? 1 : (n - 1) / SORT_TILE + 1;
}

__kernel SORT_GROUP void msm_bins(__global const uint *totals, __global msm_range *bins, __global uint *tile_starts,
                                  __global uint *tile_bins, msm_sort_args args)
{
    SORT_LOCAL uint elements[PT_SORT_THREADS];
    SORT_LOCAL uint tiles[PT_SORT_THREADS];
    SORT_LOCAL uint partial[SORT_ROW + 1];
    const uint id = (uint)get_local_id(0), each = (args.n_bins + PT_SORT_THREADS - 1) / PT_SORT_THREADS;
    const uint begin = id * each < args.n_bins ? id * each : args.n_bins;
    const uint end = begin + each < args.n_bins ? begin + each : args.n_bins;
    uint first = 0, tile = 0;
    for (uint bin = begin; bin < end; bin++) {
        first += totals[bin];
        tile += msm_n_tiles(totals[bin]);
    }
    elements[id] = first;
    tiles[id] = tile;
    sort_scan(elements, partial, PT_SORT_THREADS);
    sort_scan(tiles, partial, PT_SORT_THREADS);
    first = elements[id];
    tile = tiles[id];
    for (uint bin = begin; bin < end; bin++) {
        const msm_range range = {first, totals[bin]};
        bins[bin] = range;
        tile_starts[bin] = tile;
        for (uint i = msm_n_tiles(range.n); i > 0; i--)
            tile_bins[tile++] = bin;
        first += range.n;
    }
    if (id == PT_SORT_THREADS - 1)
        tile_starts[args.n_bins] = partial[SORT_ROW];
}
