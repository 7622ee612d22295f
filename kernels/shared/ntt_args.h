/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/shared/ntt_args.h - the scalars of kernels/ntt_*.cl. */
#ifndef PT_NTT_ARGS_H
#define PT_NTT_ARGS_H

#include "kernels/shared/word.h"

/** What a pass does with its levels; bits of ntt_pass_args.steps. */
enum {
    NTT_SPLIT = 1,  /* from the largest distance down: natural order to bit-reversed */
    NTT_JOIN = 2,   /* and up again: bit-reversed order to natural */
    NTT_PLAIN = 4,  /* of a join: the domain's table (twiddles of distance 1 are 1), else the odd coset's */
    NTT_SCALE = 8,  /* at the end: times 1/n */
    NTT_REDUCE = 16 /* at the end: below the modulus, else as lazy as kernels/ntt_values.h says */
};

/** One pass over n_vectors vectors: log_rows levels, in tiles that a work-group keeps.
 *  A tile is 2^log_rows rows, 2^log_stride values apart in memory, of 2^log_columns values that lie side by side; where log_stride
 *  is 0 it is a run of 2^NTT_LOG_TILE values. */
typedef struct {
    pt_word log_stride, log_columns, log_rows;
    pt_word steps, n_vectors;
} ntt_pass_args;

/** Entries of the table of roots (kernels/ntt_roots.cl), each a value of Fr: root[k] of order 2^k, the inverses, and numbers of n. */
enum {
    NTT_ROOTS = 29, /* k = 0 ... 28 */
    NTT_ROOT = 0,
    NTT_ROOT_INV = NTT_ROOTS,
    NTT_N = 2 * NTT_ROOTS,  /* n, below the modulus */
    NTT_N_INV = NTT_N + 1,  /* 1/n */
    NTT_N_INV2 = NTT_N + 2, /* n^-2, canonical: its product with a value in Montgomery form is canonical */
    NTT_N_ROOTS = NTT_N + 3
};

/** The tables of twiddles (kernels/ntt_twiddles.cl), factors of kernels/fr_shoup.h, w of order n = 2^log_n, g of order 2n, g^2 = w. */
enum {
    NTT_TABLE_BLOCK, /* [b] = w^-(b's bits reversed), b < n/2: of block b at every level of a split: a shorter table is a prefix */
    NTT_TABLE_FORWARD, /* the same of 1/w */
    NTT_TABLE_ODD, /* [h + i] = e^(2i+1), e of order 4h, i < h: of the level that joins halves of h values, on the odd coset */
    NTT_TABLE_PLAIN /* [h + i] = e^-i, e of order 2h, i < h: the same on the domain, with 1/w */
};

typedef struct {
    pt_word n; /* entries */
    pt_word table;
} ntt_twiddles_args;

#endif
