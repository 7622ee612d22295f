/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/ntt_pass.cl - several levels of transforms over Fr in one pass over memory, by tiles of 2^NTT_LOG_TILE values in local
 * memory, 2^NTT_LOG_EACH of them in a thread's registers.
 *
 * A stage is NTT_LOG_EACH levels at most, all within the registers: bit k of a register's number is bit window + k of the value's
 * place in the tile. Between stages the tile goes through local memory, and each thread takes the values of another window.
 * gpu/gpu_ntt_plan.h reckons tiles, twiddles and traffic; kernels/ntt_values.h says how lazy values are between levels. */
#include "kernels/ntt_values.h"
#include "kernels/shared/ntt_args.h"

enum { EACH = 1 << NTT_LOG_EACH, TILE = 1 << NTT_LOG_TILE, GROUP = TILE / EACH };

typedef struct {
    ntt_pass_args a;
    uint thread;
    uint base; /* in the vector, of the tile's first value */
} tile_view;

/* The place in the tile of a thread's register 0. */
PT_FN uint tile_place(uint thread, uint window)
{
    return (thread >> window) << (window + NTT_LOG_EACH) | (thread & ((1u << window) - 1));
}

/* Where in the vector a place of the tile lies. */
PT_FN uint vector_place(const tile_view *v, uint place)
{
    return v->base + (place >> v->a.log_columns << v->a.log_stride) + (place & ((1u << v->a.log_columns) - 1));
}

/* Eight neighbouring threads meet eight different groups of banks, whatever the window: their places differ in three of the bits
 * below window and from window + NTT_LOG_EACH on, and those of the second kind are folded onto what the window leaves free. */
PT_FN uint bank_place(uint place)
{
    return place ^ (place >> NTT_LOG_EACH & 7);
}

/* The upper half of place p lies 4 groups of banks away from its lower half, so that both are read side by side. */
PT_FN uint bank_place_upper(uint place)
{
    return TILE + (bank_place(place) ^ (TILE > 4 ? 4 : 0));
}

PT_FN void tile_write(__local uint4 *tile, uint thread, uint window, const fr *x)
{
    PT_UNROLL
    for (uint j = 0; j < EACH; j++) {
        const uint place = tile_place(thread, window) | j << window;
        tile[bank_place(place)] = fr_half(&x[j], 0);
        tile[bank_place_upper(place)] = fr_half(&x[j], 4);
    }
}

/* Between windows that are one place apart two work-items swap a value; so near each other they need no tile. */
#if PT_PTX && NTT_LOG_EACH == 1
#define SWAPS_LOG 5
PT_FN void swap_values(uint thread, uint bit, fr *x)
{
    const uint upper = thread >> bit & 1;
    PT_UNROLL
    for (int i = 0; i < FR_WORDS; i++) {
        const uint got = ptx_swap(upper ? x[0].word[i] : x[1].word[i], 1u << bit);
        x[0].word[i] = upper ? got : x[0].word[i];
        x[1].word[i] = upper ? x[1].word[i] : got;
    }
}
#endif

PT_FN void exchange(__local uint4 *tile, uint thread, uint from, uint to, fr *x)
{
#ifdef SWAPS_LOG
    const uint lower = from < to ? from : to;
    if (lower < SWAPS_LOG && GROUP >= 1 << SWAPS_LOG) {
        swap_values(thread, lower, x);
        return;
    }
#endif
    barrier(CLK_LOCAL_MEM_FENCE);
    tile_write(tile, thread, from, x);
    barrier(CLK_LOCAL_MEM_FENCE);
    PT_UNROLL
    for (uint j = 0; j < EACH; j++) {
        const uint place = tile_place(thread, to) | j << to;
        x[j] = fr_of_halves(tile[bank_place(place)], tile[bank_place_upper(place)]);
    }
}

PT_FN void load(const tile_view *v, const __global uint4 *values, uint window, fr *x)
{
    PT_UNROLL
    for (uint j = 0; j < EACH; j++)
        x[j] = fr_load(values, vector_place(v, tile_place(v->thread, window) | j << window));
}

/* By halves of values, neighbouring threads side by side: whole sectors of memory are written at once. */
PT_FN void store(const tile_view *v, __local uint4 *tile, uint window, const fr *x, __global uint4 *values)
{
    barrier(CLK_LOCAL_MEM_FENCE);
    tile_write(tile, v->thread, window, x);
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE); /* all is loaded that is overwritten now */
    PT_UNROLL
    for (uint j = 0; j < 2 * EACH; j++) {
        const uint part = v->thread + j * GROUP, place = part >> 1;
        values[2 * vector_place(v, place) + (part & 1)] = tile[part & 1 ? bank_place_upper(place) : bank_place(place)];
    }
}

/* (x, y) <- (x + t, x - t), t below L (eq. 33). */
PT_FN void butterfly(fr *x, fr *y, fr t)
{
#if FR_LIMIT_IS_2P
    uint borrow;
    const fr settled = fr_settle(*x);
    *y = fr_add_words(fr_sub_words(settled, t, &borrow), fr_of_constant(&fr_limit));
    *x = fr_add_words(settled, t);
#else
    *y = fr_sub(*x, t);
    *x = fr_add(*x, t);
#endif
}

/* ---- splitting: block b is the polynomial modulo x^m - z^2; it splits modulo x^(m/2) - z and x^(m/2) + z: low +- z high ----
 * A stage begins with one block, number q of its level; at its level d there are 2^d, number (q << d) + i, with twiddle z[2^d + i]. */

PT_FN void split_twiddles(const __global uint4 *block, uint q, fr_factor *z)
{
    PT_UNROLL
    for (uint d = 0; d < NTT_LOG_EACH; d++) {
        PT_UNROLL
        for (uint i = 0; i < 1u << d; i++)
            z[(1u << d) + i] = fr_load_factor(block, (q << d) + i);
    }
}

/* The levels of register bits n_levels - 1 ... 0; first: block 0, whose twiddle is 1. */
PT_FN void split_levels(fr *x, const fr_factor *z, uint n_levels, const bool first)
{
    PT_UNROLL
    for (uint d = 0; d < NTT_LOG_EACH; d++) {
        const uint k = NTT_LOG_EACH - 1 - d;
        if (k < n_levels) {
            PT_UNROLL
            for (uint p = 0; p < EACH / 2; p++) {
                const uint i = p >> k, j = i << (k + 1) | (p & ((1u << k) - 1)), far = j | 1u << k;
                butterfly(&x[j], &x[far], first && i == 0 ? fr_settle(x[far]) : fr_mul_factor(x[far], z[(1u << d) + i]));
            }
        }
    }
}

/* The block that the stage of rows row ... begins with. */
PT_FN uint split_block(const tile_view *v, uint row)
{
    return vector_place(v, tile_place(v->thread, v->a.log_columns + row)) >> (v->a.log_stride + row + NTT_LOG_EACH);
}

/* From the window of the uppermost rows to that of the lowest. A stage's twiddles are asked for before the exchange ahead of it. */
PT_FN void split(const tile_view *v, __local uint4 *tile, const __global uint4 *block, fr *x)
{
    uint row = v->a.log_rows - NTT_LOG_EACH, n_levels = NTT_LOG_EACH, q = split_block(v, row);
    fr_factor z[EACH];
    split_twiddles(block, q, z);
    for (;;) {
        const uint from = v->a.log_columns + row;
        if (q == 0)
            split_levels(x, z, n_levels, true);
        else
            split_levels(x, z, n_levels, false);
        if (row == 0)
            return;
        n_levels = row < NTT_LOG_EACH ? row : NTT_LOG_EACH;
        row -= n_levels;
        q = split_block(v, row);
        split_twiddles(block, q, z);
        exchange(tile, v->thread, from, v->a.log_columns + row, x);
    }
}

/* ---- joining: P(x) = E(x^2) + x O(x^2): at a point and at its negative, h places on, with z = table[h + place modulo h] ----
 * The level of register bit k has h = 2^(distance + k), so register j takes z[2^k + j modulo 2^k]. */

PT_FN void join_twiddles(const tile_view *v, const __global uint4 *table, uint row, fr_factor *z)
{
    const uint log_distance = v->a.log_stride + row;
    const uint place = vector_place(v, tile_place(v->thread, v->a.log_columns + row)) & ((1u << log_distance) - 1);
    PT_UNROLL
    for (uint i = 1; i < EACH; i++)
        z[i] = fr_load_factor(table, (i << log_distance) + place);
}

/* The levels of register bits k0 ... NTT_LOG_EACH - 1; first: distance 1 on the domain, where twiddles of place 0 are 1. */
PT_FN void join_levels(fr *x, const fr_factor *z, uint k0, const bool first)
{
    PT_UNROLL
    for (uint k = 0; k < NTT_LOG_EACH; k++)
        if (k >= k0) {
            PT_UNROLL
            for (uint p = 0; p < EACH / 2; p++) {
                const uint i = p & ((1u << k) - 1), j = (p >> k) << (k + 1) | i, far = j | 1u << k;
                butterfly(&x[j], &x[far], first && i == 0 ? fr_settle(x[far]) : fr_mul_factor(x[far], z[(1u << k) + i]));
            }
        }
}

/* From the window of the lowest rows to that of the uppermost. */
PT_FN void join(const tile_view *v, __local uint4 *tile, const __global uint4 *table, fr *x)
{
    const uint row_max = v->a.log_rows - NTT_LOG_EACH;
    const bool plain = (v->a.steps & NTT_PLAIN) != 0 && v->a.log_stride == 0;
    uint row = 0, done = 0;
    fr_factor z[EACH];
    join_twiddles(v, table, row, z);
    for (;;) {
        const uint from = v->a.log_columns + row;
        if (plain && row == 0)
            join_levels(x, z, done - row, true);
        else
            join_levels(x, z, done - row, false);
        if (row == row_max)
            return;
        done = row + NTT_LOG_EACH;
        row = done < row_max ? done : row_max;
        join_twiddles(v, table, row, z);
        exchange(tile, v->thread, from, v->a.log_columns + row, x);
    }
}

/* block, joined: tables of NTT_TABLE_*; roots: kernels/ntt_roots.cl; tile: 32 bytes a value.
 * A work-group takes one tile of one vector; the vectors' same tiles are neighbours, so that twiddles come from the cache. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
ntt_pass(__global uint4 *v0, __global uint4 *v1, __global uint4 *v2, const __global uint4 *block,
         const __global uint4 *joined, const __global uint4 *roots, const ntt_pass_args a, __local uint4 *tile)
{
    const uint group = (uint)get_group_id(0), number = group / a.n_vectors, vector = group - number * a.n_vectors;
    __global uint4 *values = vector == 0 ? v0 : vector == 1 ? v1 : v2;
    const uint log_side = a.log_stride - a.log_columns; /* tiles side by side */
    tile_view v = {a, (uint)get_local_id(0), 0};
    v.base = (number >> log_side) << (NTT_LOG_TILE + log_side) | (number & ((1u << log_side) - 1)) << a.log_columns;
    const uint lowest = a.log_columns, uppermost = a.log_columns + a.log_rows - NTT_LOG_EACH;
    fr x[EACH];
    load(&v, values, (a.steps & NTT_SPLIT) != 0 ? uppermost : lowest, x);
    if ((a.steps & NTT_SPLIT) != 0)
        split(&v, tile, block, x);
    if ((a.steps & NTT_JOIN) != 0)
        join(&v, tile, joined, x);
    if ((a.steps & NTT_SCALE) != 0) {
        const fr n_inv = fr_load(roots, NTT_N_INV);
        PT_UNROLL
        for (uint j = 0; j < EACH; j++)
            x[j] = fr_mul(fr_settle(x[j]), n_inv);
    }
    if ((a.steps & NTT_REDUCE) != 0) {
        PT_UNROLL
        for (uint j = 0; j < EACH; j++)
            x[j] = fr_reduce(fr_settle(x[j]));
    }
    store(&v, tile, (a.steps & NTT_JOIN) != 0 ? uppermost : lowest, x, values);
}
