/* SPDX-License-Identifier: Apache-2.0 */
/* node/msm/bit_fold.h - from a device's bit sums (gpu/gpu_msm.h) to the sum of an MSM. Per curve. */
#ifndef PT_BIT_FOLD_H
#define PT_BIT_FOLD_H

#include "node/arith/g1.h"
#include "node/arith/g2.h"

#define bit_fold_g1 PT_NAME(bit_fold_g1)
#define bit_fold_g2 PT_NAME(bit_fold_g2)

/** Where bit sums lie: n_repeats times n_sets sets of width sums each. A set's are that of all its buckets, then those of the buckets
 *  with bit 0, 1 ... width - 2 of their number set, bucket i weighing i + 1; set w weighs 2^(width w), and repeats are added up. */
typedef struct {
    size_t n_repeats, n_sets;
    unsigned width;
} bit_fold_shape;

/** The whole sum.
 *  source  Horner's rule over bits, docs/math.md, eqs. 41 and 50: width n_sets doublings, and an addition for every bit sum */
void bit_fold_g1(const bit_fold_shape *shape, const g1_xyzz *bit_sums, g1_xyzz *out);
void bit_fold_g2(const bit_fold_shape *shape, const g2_xyzz *bit_sums, g2_xyzz *out);

#endif
