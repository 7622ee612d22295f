/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_bins.cl - where each bin begins, and the list of its tiles, at least one a bin: a work-item a bin.
 *
 * tile_starts[n_bins + 1]; tile_bins[tile] is its bin. A group adds up all bins before its own by itself: they are few beside the entries. */
#include "kernels/sort_tile.h"

PT_FN uint msm_n_tiles(uint n)
{
    return n <= SORT_TILE ? 1 : (n - 1) / SORT_TILE + 1;
}

/* The sum of every work-item's n; v has those of work-items before when it returns. */
PT_GROUP_FN uint msm_group_sum(__local uint *v, __local uint *partial, uint n)
{
    barrier(CLK_LOCAL_MEM_FENCE); /* who still reads an earlier sum */
    v[get_local_id(0)] = n;
    sort_scan(v, partial, PT_SORT_THREADS);
    return partial[SORT_ROW];
}

/* The last of starts[0, n) that is not above tile; starts[0] is 0. */
PT_FN uint msm_bin_of(__local const uint *starts, uint n, uint tile)
{
    uint from = 0;
    while (n - from > 1) {
        const uint middle = from + (n - from) / 2;
        if (starts[middle] <= tile)
            from = middle;
        else
            n = middle;
    }
    return from;
}

__kernel SORT_GROUP void msm_bins(__global const uint *totals, __global msm_range *bins, __global uint *tile_starts,
                                  __global uint *tile_bins, msm_sort_args args)
{
    SORT_LOCAL uint elements[PT_SORT_THREADS];
    SORT_LOCAL uint tiles[PT_SORT_THREADS];
    SORT_LOCAL uint partial[SORT_ROW + 1];
    const uint id = (uint)get_local_id(0), begin = (uint)get_group_id(0) * PT_SORT_THREADS, bin = begin + id;
    const uint n_own = args.n_bins - begin < PT_SORT_THREADS ? args.n_bins - begin : PT_SORT_THREADS;
    uint n_before = 0, n_tiles_before = 0;
    for (uint i = id; i < begin; i += PT_SORT_THREADS) {
        n_before += totals[i];
        n_tiles_before += msm_n_tiles(totals[i]);
    }
    n_before = msm_group_sum(elements, partial, n_before);
    n_tiles_before = msm_group_sum(tiles, partial, n_tiles_before);
    const uint n = id < n_own ? totals[bin] : 0;
    msm_group_sum(elements, partial, n);
    const uint n_tiles = msm_group_sum(tiles, partial, id < n_own ? msm_n_tiles(n) : 0);
    if (id < n_own) {
        const msm_range range = {n_before + elements[id], n};
        bins[bin] = range;
        tile_starts[bin] = n_tiles_before + tiles[id];
    }
    if (id == 0 && begin + n_own == args.n_bins)
        tile_starts[args.n_bins] = n_tiles_before + n_tiles;
    for (uint tile = id; tile < n_tiles; tile += PT_SORT_THREADS)
        tile_bins[n_tiles_before + tile] = begin + msm_bin_of(tiles, n_own, tile);
}
