/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_tile.h - a tile of a bin in a level after the first: read, put in order in local memory, written. */
#ifndef PT_MSM_TILE_H
#define PT_MSM_TILE_H

#include "kernels/msm_element.h"

/** Elements [first, first + n) are a tile of bin, of n_tiles; place counts the bin's tiles. */
typedef struct {
    uint bin, place, n_tiles, first, n, n_items;
    msm_range of;
} msm_tile;

PT_FN msm_tile msm_tile_of(uint tile, __global const msm_range *bins, __global const uint *tile_starts,
                           __global const uint *tile_bins)
{
    msm_tile out;
    out.bin = tile_bins[tile];
    out.place = tile - tile_starts[out.bin];
    out.n_tiles = tile_starts[out.bin + 1] - tile_starts[out.bin];
    out.of = bins[out.bin];
    out.first = out.of.first + out.place * SORT_TILE;
    out.n = out.of.n - out.place * SORT_TILE < SORT_TILE ? out.of.n - out.place * SORT_TILE : SORT_TILE;
    out.n_items = (out.n + PT_SORT_THREADS - 1) / PT_SORT_THREADS;
    return out;
}

PT_FN uint msm_part_of(msm_element element, const msm_sort_args *args)
{
    return msm_element_key(element, args->index_bits) >> args->shift & ((1u << args->radix_bits) - 1);
}

/** A work-item's elements of the tile. */
PT_FN void msm_tile_read(__global const msm_element *elements, const msm_tile *tile, msm_element *own)
{
    SORT_EACH (k, tile->n_items) {
        const uint item = sort_item(tile->n_items, k);
        if (item < tile->n)
            own[k] = elements[tile->first + item];
    }
}

/** Put the tile's elements, as read, in order in at->pool. */
PT_GROUP_FN void msm_tile_order(__local sort_local *at, const msm_tile *tile, const msm_sort_args *args,
                                const msm_element *own)
{
    __local msm_element *ordered = (__local msm_element *)at->pool;
    uint mark[PT_SORT_ITEMS];
    SORT_EACH (k, tile->n_items)
        mark[k] = sort_item(tile->n_items, k) < tile->n ? msm_part_of(own[k], args) : SORT_NONE;
    sort_rank(at, tile->n_items, args->radix_bits, mark);
    SORT_EACH (k, tile->n_items)
        if (mark[k] != SORT_NONE)
            ordered[mark[k]] = own[k];
}

/** The last level leaves entries, another one elements. */
PT_FN void msm_tile_put(__global uint *out, uint place, msm_element element, const msm_sort_args *args)
{
    if (args->last)
        out[place] = msm_element_entry(element, args->index_bits);
    else
        ((__global msm_element *)out)[place] = element;
}

#endif
