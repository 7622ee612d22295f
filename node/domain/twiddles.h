/* SPDX-License-Identifier: Apache-2.0 */
/* node/domain/twiddles.h - inside of an ntt_domain: the two tables that its transforms read. Per curve.
 *
 * With w of order n and g of order 2n, g^2 = w:
 *   block[b] = w^-(b's bits reversed), b < n/2: the twiddle of block b at every level of the inverse transform, for a shorter
 *              table is a prefix of a longer one;
 *   odd[h + i] = e^(2i+1), e of order 4h, i < h: the twiddles of the forward level that joins halves of h values. */
#ifndef PT_TWIDDLES_H
#define PT_TWIDDLES_H

#include "node/domain/ntt.h"

struct ntt_domain {
    unsigned log_n;
    size_t n;
    fr *block, *odd; /* into tables */
    _Alignas(64) fr tables[];
};

#endif
