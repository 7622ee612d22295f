/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/sort_tile.h - a work-group puts a tile of items in order by a digit of at most 8 bits, stably.
 *
 * Work-items stand in rows of 32. A row takes 32 neighbouring items a round: items of one digit in a round find one another (a mask of
 * lanes), an item's rank is the number of those before it in its row, and the row counts on from round to round. Then the rows' counts
 * are added up, digit by digit. No order of arrival enters, so the result is the same each time.
 *
 * PT_SORT_THREADS  work-items of a group, a multiple of 32
 * PT_SORT_ITEMS    items of a work-item at most
 * PT_SORT_WIDE     1: an element is two words (msm_element.h)
 * PT_SORT_MATCH    how equal digits of a round find one another: 0 by atomics in local memory, portable; with PT_PTX also 1 by a vote on
 *                  each bit, 2 by match.any. 1 and 2 need a row to be a warp. */
#ifndef PT_SORT_TILE_H
#define PT_SORT_TILE_H

#include "kernels/device_caps.h"
#include "kernels/shared/msm_sort_args.h"

#if !defined(PT_SORT_THREADS) || !defined(PT_SORT_ITEMS) || !defined(PT_SORT_WIDE)
#error "a kernel of a sort: compile it with the options of gpu/msm_sort_plan.h"
#endif
#if !PT_PTX
#undef PT_SORT_MATCH
#define PT_SORT_MATCH 0
#elif !defined(PT_SORT_MATCH)
#define PT_SORT_MATCH 1
#endif

#define SORT_ROW MSM_SORT_ROW
#define SORT_ROWS (PT_SORT_THREADS / SORT_ROW)
#define SORT_RADIX_MAX (1 << MSM_SORT_RADIX_BITS_MAX)
#define SORT_TILE (PT_SORT_THREADS * PT_SORT_ITEMS)
#define SORT_NONE 0xffffffffu /* no item, or one that drops out */

/* Counts and masks of every row while ranks are found; then the tile's elements in order. */
#define SORT_TILE_WORDS (SORT_TILE * (1 + PT_SORT_WIDE))
#define SORT_ROW_WORDS (2 * SORT_ROWS * SORT_RADIX_MAX)
#define SORT_POOL_WORDS (SORT_TILE_WORDS > SORT_ROW_WORDS ? SORT_TILE_WORDS : SORT_ROW_WORDS)

#ifdef PT_DEVICE_CODE
#define SORT_LOCAL static
#define SORT_GROUP
#else
#define SORT_LOCAL __local
#define SORT_GROUP __attribute__((reqd_work_group_size(PT_SORT_THREADS, 1, 1))) /* registers are shared out for so many */
#endif

/* PoCL 3.1 goes wrong at a barrier that stands under an if. */
#if PT_ON_PROCESSOR && !defined(PT_DEVICE_CODE)
#define SORT_EACH(k, n_items) for (uint k = 0; k < (n_items); k++)
#define SORT_ONLY_IF(of_all)
#else
/** Items k of n_items: unrolled, so that they live in registers. */
/* clang-format off */
#define SORT_EACH(k, n_items) PT_UNROLL for (uint k = 0; k < PT_SORT_ITEMS; k++) if (k < (n_items))
/* clang-format on */
/** The next statement, which has barriers, is for nothing unless the condition holds, the same for all work-items. */
#define SORT_ONLY_IF(of_all) if (of_all)
#endif

/** Local memory of one tile. starts: of each digit in the ordered tile; partial[32]: the sum of the latest scan. */
typedef struct {
    uint pool[SORT_POOL_WORDS];
    uint starts[SORT_RADIX_MAX];
    uint partial[SORT_ROW + 1];
} __attribute__((aligned(16))) sort_local;

/** Exclusive prefix sums of v[0, n) in place; partial[SORT_ROW] is the sum. All work-items call it, and may read v when it returns. */
PT_GROUP_FN void sort_scan(__local uint *v, __local uint *partial, uint n);

#if PT_PTX
/* A row is a warp. */
PT_FN uint sort_from_lane_before(uint v, uint distance)
{
    uint out;
    __asm__ volatile("shfl.sync.up.b32 %0, %1, %2, 0, 0xffffffff;" : "=r"(out) : "r"(v), "r"(distance));
    return out;
}

/* Every work-item adds up its share, then each row by its lanes, then the rows. */
PT_GROUP_FN void sort_scan(__local uint *v, __local uint *partial, uint n)
{
    const uint id = (uint)get_local_id(0), row = id / SORT_ROW, lane = id % SORT_ROW;
    const uint each = (n + PT_SORT_THREADS - 1) / PT_SORT_THREADS;
    const uint begin = id * each < n ? id * each : n, end = begin + each < n ? begin + each : n;
    uint own = 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint i = begin; i < end; i++)
        own += v[i];
    uint sum = own;
    PT_UNROLL
    for (uint distance = 1; distance < SORT_ROW; distance *= 2) {
        const uint other = sort_from_lane_before(sum, distance);
        sum += lane >= distance ? other : 0;
    }
    if (lane == SORT_ROW - 1)
        partial[row] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    uint before = sum - own;
    PT_UNROLL
    for (uint i = 0; i < SORT_ROWS; i++)
        before += i < row ? partial[i] : 0;
    for (uint i = begin; i < end; i++) {
        own = v[i];
        v[i] = before;
        before += own;
    }
    if (id == PT_SORT_THREADS - 1)
        partial[SORT_ROW] = before;
    barrier(CLK_LOCAL_MEM_FENCE);
}
#else
/* The first row does all of it: few steps that the whole group waits for. */
PT_GROUP_FN void sort_scan(__local uint *v, __local uint *partial, uint n)
{
    const uint lane = (uint)get_local_id(0);
    const uint each = (n + SORT_ROW - 1) / SORT_ROW;
    const uint begin = lane * each < n ? lane * each : n, end = begin + each < n ? begin + each : n;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (lane < SORT_ROW) {
        uint sum = 0;
        for (uint i = begin; i < end; i++)
            sum += v[i];
        partial[lane] = sum;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (lane < SORT_ROW) {
        uint before = 0;
        for (uint i = 0; i < lane; i++)
            before += partial[i];
        for (uint i = begin; i < end; i++) {
            const uint own = v[i];
            v[i] = before;
            before += own;
        }
        if (lane == SORT_ROW - 1)
            partial[SORT_ROW] = before;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
}
#endif

/* What the lanes of a row wrote is seen by the row. Where a row may be more than a warp, by the whole group. */
PT_GROUP_FN void sort_row_sync(void)
{
#if PT_PTX
    __asm__ volatile("bar.warp.sync 0xffffffff;" ::: "memory");
#else
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
}

#if PT_SORT_MATCH == 1
/* Lanes with this lane's digit, by a vote on each bit. */
PT_FN uint sort_peers(uint digit, uint n_bits)
{
    uint peers = 0xffffffffu;
    for (uint i = 0; i < n_bits; i++) {
        const uint bit = digit >> i & 1;
        uint votes;
        __asm__ volatile("{\n\t"
                         ".reg .pred p;\n\t"
                         "setp.ne.u32 p, %1, 0;\n\t"
                         "vote.sync.ballot.b32 %0, p, 0xffffffff;\n\t"
                         "}"
                         : "=r"(votes)
                         : "r"(bit));
        peers &= bit != 0 ? votes : ~votes;
    }
    return peers;
}
#elif PT_SORT_MATCH == 2
PT_FN uint sort_peers(uint digit, uint n_bits)
{
    uint peers;
    (void)n_bits;
    __asm__ volatile("match.any.sync.b32 %0, %1, 0xffffffff;" : "=r"(peers) : "r"(digit));
    return peers;
}
#endif

/* Rank of this lane's item among those of its digit in its row so far; count[digit] grows by the round's items. An item that
 * drops out votes with a bit above every digit. */
PT_GROUP_FN uint sort_row_rank(__local uint *count, __local uint *seen, uint digit, uint n_bits, uint lane)
{
    const uint valid = digit != SORT_NONE;
    uint peers = 0, before = 0;
#if PT_SORT_MATCH
    (void)seen;
    peers = sort_peers(valid ? digit : 1u << n_bits, n_bits + 1);
    if (valid)
        before = count[digit];
    sort_row_sync();
    if (valid && (peers & ((1u << lane) - 1)) == 0)
        count[digit] = before + popcount(peers);
#else
    (void)n_bits;
    if (valid)
        atomic_or(&seen[digit], 1u << lane);
    sort_row_sync();
    if (valid) {
        peers = seen[digit];
        before = count[digit];
    }
    sort_row_sync();
    if (valid && (peers & ((1u << lane) - 1)) == 0) {
        count[digit] = before + popcount(peers);
        seen[digit] = 0;
    }
#endif
    sort_row_sync();
    return before + popcount(peers & ((1u << lane) - 1));
}

/** Where items stand in a tile: item k of this work-item, of n_items. */
PT_FN uint sort_item(uint n_items, uint k)
{
    const uint id = (uint)get_local_id(0);
    return (id / SORT_ROW * n_items + k) * SORT_ROW + id % SORT_ROW;
}

/** The items' places in the ordered tile.
 *  shape   mark[k] of n_items: a digit of n_bits, or SORT_NONE; becomes the place, or stays SORT_NONE. All work-items call it with the same
 *          n_items; the pool is free when it returns, starts[digit] is set, and partial[SORT_ROW] is the number of items */
PT_GROUP_FN void sort_rank(__local sort_local *at, uint n_items, uint n_bits, uint *mark)
{
    const uint id = (uint)get_local_id(0), row = id / SORT_ROW, lane = id % SORT_ROW;
    __local uint *count = at->pool + (row << n_bits), *seen = at->pool + ((SORT_ROWS + row) << n_bits);
    for (uint i = id; i < (PT_SORT_MATCH ? 1u : 2u) * SORT_ROWS << n_bits; i += PT_SORT_THREADS)
        at->pool[i] = 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    SORT_EACH (k, n_items) {
        const uint rank = sort_row_rank(count, seen, mark[k], n_bits, lane);
        if (mark[k] != SORT_NONE)
            mark[k] = mark[k] << 16 | rank; /* rank < SORT_ROW * PT_SORT_ITEMS */
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint digit = id; digit < 1u << n_bits; digit += PT_SORT_THREADS) {
        uint sum = 0;
        for (uint i = 0; i < SORT_ROWS; i++) {
            const uint own = at->pool[(i << n_bits) + digit];
            at->pool[(i << n_bits) + digit] = sum;
            sum += own;
        }
        at->starts[digit] = sum;
    }
    sort_scan(at->starts, at->partial, 1u << n_bits);
    SORT_EACH (k, n_items)
        if (mark[k] != SORT_NONE)
            mark[k] = at->starts[mark[k] >> 16] + count[mark[k] >> 16] + (mark[k] & 0xffff);
    barrier(CLK_LOCAL_MEM_FENCE);
}

#endif
