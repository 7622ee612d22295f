/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/shared/arith_args.h - the scalars of kernels/arith_products.cl and arith_additions.cl. */
#ifndef PT_ARITH_ARGS_H
#define PT_ARITH_ARGS_H

#include "kernels/shared/word.h"

typedef struct {
    pt_word n;       /* chains: one a work-item */
    pt_word n_in;    /* elements that they begin from and take in turn: a power of two */
    pt_word n_steps; /* of each chain */
} arith_args;

#endif
