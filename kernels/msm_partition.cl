/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_partition.cl - the first level: a chunk's digits of one window become elements, and go to their bins.
 *
 * counts: for each chunk and bin the elements of chunks before it in its window; window_counts: of windows before it, where all share one
 * set of buckets. The chunk is put in order in local memory first, so that what goes to
 * one bin is written as one run. */
#include "kernels/msm_element.h"

__kernel SORT_GROUP void msm_partition(__global const msm_digit *digits, __global const uint *counts,
                                       __global const uint *window_counts, __global const msm_range *bins,
                                       __global msm_element *out, msm_sort_args args)
{
    SORT_LOCAL sort_local at;
    SORT_LOCAL uint base[SORT_RADIX_MAX];
    const uint id = (uint)get_local_id(0), group = (uint)get_group_id(0);
    const uint w = group / args.n_chunks, first = group % args.n_chunks * args.chunk;
    const uint n = args.n - first < args.chunk ? args.n - first : args.chunk;
    const uint n_items = (n + PT_SORT_THREADS - 1) / PT_SORT_THREADS;
    const uint index_base = args.one_set ? (args.first_window + w) * args.n + first : first;
    const uint bin_base = (args.one_set ? 0 : w) << args.radix_bits;
    msm_element waiting[PT_SORT_ITEMS];
    uint mark[PT_SORT_ITEMS];
    SORT_EACH (k, n_items) {
        const uint item = sort_item(n_items, k);
        mark[k] = SORT_NONE;
        if (item < n) {
            const uint digit = digits[(size_t)w * args.n + first + item];
            const msm_place place = msm_place_of(digit, args.c);
            waiting[k] = msm_waiting(digit, item);
            mark[k] = place.bucket == SORT_NONE ? SORT_NONE : place.bucket >> args.shift;
        }
    }
    sort_rank(&at, n_items, args.radix_bits, mark);
    __local msm_element *ordered = (__local msm_element *)at.pool;
    SORT_EACH (k, n_items)
        if (mark[k] != SORT_NONE)
            ordered[mark[k]] = waiting[k];
    for (uint bin = id; bin < 1u << args.radix_bits; bin += PT_SORT_THREADS) {
        base[bin] = bins[bin_base + bin].first + counts[((size_t)group << args.radix_bits) + bin] - at.starts[bin];
        if (args.one_set)
            base[bin] += window_counts[(w << args.radix_bits) + bin];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint i = id; i < at.partial[SORT_ROW]; i += PT_SORT_THREADS) {
        const msm_place place = msm_place_of(MSM_WAITING_DIGIT(ordered[i]), args.c);
        const uint key = place.bucket & ((1u << args.shift) - 1);
        out[base[place.bucket >> args.shift] + i] =
            msm_element_make(key, place.sign, index_base + MSM_WAITING_PLACE(ordered[i]), args.index_bits);
    }
}
