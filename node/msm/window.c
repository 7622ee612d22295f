/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/window.h"

#include <string.h>

enum {
    BLOCK_BUCKETS = 2048, /* reduced together: see bucket_sum.c */
    BLOCK_OVERHEAD = 400, /* a block's running sums and doublings, and its rounds with few pairs to share an inversion */
    BUCKETS_SCANNED = 64  /* buckets that are cleared, counted and walked over in the time of one addition */
};

unsigned window_reach(const scalar_lengths *lengths, unsigned width, size_t *reach)
{
    unsigned n_windows = 0;
    memset(reach, 0, WINDOWS_MAX * sizeof *reach);
    for (unsigned bits = 2; bits <= SCALAR_BITS_MAX; bits++) {
        if (lengths->of_bits[bits] == 0)
            continue;
        n_windows = window_count(bits, width);
        for (unsigned w = 0; w < n_windows; w++)
            reach[w] += lengths->of_bits[bits];
    }
    return n_windows;
}

/* Of 2^(width-1) equally likely buckets, how many does a point find: the harmonic form b n / (b + n) is within a third. */
static uint64_t buckets_filled(size_t n, unsigned width)
{
    size_t buckets = window_buckets(width);
    return (uint64_t)((double)buckets * (double)n / (double)(buckets + n));
}

uint64_t window_cost(const scalar_lengths *lengths, unsigned width)
{
    size_t reach[WINDOWS_MAX];
    unsigned n_windows = window_reach(lengths, width, reach);
    uint64_t cost = 0;
    size_t buckets = window_buckets(width), blocks = (buckets + BLOCK_BUCKETS - 1) / BLOCK_BUCKETS;
    for (unsigned w = 0; w < n_windows; w++)
        cost += reach[w] + 2 * buckets_filled(reach[w], width) + buckets / BUCKETS_SCANNED + blocks * BLOCK_OVERHEAD;
    return cost;
}

unsigned window_width(const scalar_lengths *lengths)
{
    unsigned best = WINDOW_WIDTH_MIN;
    uint64_t best_cost = window_cost(lengths, best);
    for (unsigned width = best + 1; width <= WINDOW_WIDTH_MAX; width++) {
        uint64_t cost = window_cost(lengths, width);
        if (cost < best_cost) {
            best = width;
            best_cost = cost;
        }
    }
    return best;
}
