/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/gpu_ntt_plan.h - how a transform of 2^log_n values is cut into passes over memory, and the bytes it takes. Pure.
 *
 * A pass takes log_rows levels in tiles of 2^log_tile values that a work-group keeps in local memory, 2^log_each of them in a
 * thread's registers. 10 levels fit 32 KiB: one pass to 2^10, 2 to 2^19, 3 to 2^27, each reading and writing 32 n bytes.
 *
 * Products: n/2 a level. A split's block 0 has twiddle 1, which saves n (1 - 2^-log_each) of n/2 log n: the first stage is all block 0.
 * The odd coset has no twiddle that is 1.
 *
 * Twiddles are factors of kernels/fr_shoup.h, 64 bytes each. Those of an upper pass are shared by all columns of a tile, 2^log_rows - 1 of
 * them for each row of blocks: they come from the cache. The pass of distance 1 (of a split) or of the largest distance (of a join) uses
 * each entry of its table once a vector: 64 n bytes for 64 n of values (32 n of a split), and of three vectors that are transformed
 * side by side one alone goes to memory. Reckoned for 2^24 at 4.1 TB/s: values 3 x 1 GiB and twiddles 0.5 GiB are 0.92 ms, which hide
 * behind the products: 3.2 ms in all, measured, and 3.7 with Montgomery's products and tables half as large.
 * Tables of two levels (w^(2^12 i + j) = w^(2^12 i) w^j) would spare that 0.5 GiB and nearly 96 n bytes of memory for one product an
 * entry: n more, 0.28 ms that nothing hides. So tables are full: 32 n bytes to split and 64 n to join, as much as a, b and c. */
#ifndef PT_GPU_NTT_PLAN_H
#define PT_GPU_NTT_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

enum {
    GPU_NTT_LOG_N_MAX = 27,
    GPU_NTT_LOG_TILE_MAX = 10,
    GPU_NTT_LOG_EACH_MAX = 4,
    GPU_NTT_VALUE_BYTES = 32,
    GPU_NTT_FACTOR_BYTES = 64
};

typedef struct {
    unsigned log_tile, log_each; /* 0: chosen by size */
} gpu_ntt_shape;

typedef struct {
    unsigned log_stride;  /* values between neighbouring rows: the pass has the levels of distances 2^log_stride and up */
    unsigned log_columns; /* values of a row, side by side; 0 in the pass of distance 1, whose tile is one run */
    unsigned log_rows;    /* levels */
} gpu_ntt_pass;

typedef struct {
    unsigned log_n, log_tile, log_each;
    unsigned n_passes;
    gpu_ntt_pass pass[GPU_NTT_LOG_N_MAX]; /* by growing distance: a join's order, a split's reversed */
    size_t n_groups, group;               /* work-groups a vector, work-items of one */
    size_t local_bytes;                   /* of a work-group */
    size_t vector_bytes;
    size_t block_bytes, forward_bytes, odd_bytes, plain_bytes, roots_bytes; /* tables: NTT_TABLE_* */
} gpu_ntt_plan;

/** Cut a transform of 2^log_n values.
 *  shape   local_bytes, group_max: of the device
 *  errors  PT_E_ARG log_n is 0 or too large, or no pass has this shape; PT_E_DEVICE a tile does not fit the device */
pt_status gpu_ntt_plan_init(unsigned log_n, gpu_ntt_shape shape, uint64_t local_bytes, size_t group_max, gpu_ntt_plan *out,
                            pt_err *err);

#endif
