/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/bit_fold.h"

/* The sum of all buckets and that of bit 0 weigh the same: bit 0 of a set has both. */
#define DEFINE_BIT_FOLD(GROUP)                                                                          \
    void bit_fold_##GROUP(const bit_fold_shape *shape, const GROUP##_xyzz *bit_sums, GROUP##_xyzz *out) \
    {                                                                                                   \
        GROUP##_xyzz acc;                                                                               \
        GROUP##_set_infinity(&acc);                                                                     \
        for (size_t bit = shape->n_sets * shape->width; bit-- > 0;) {                                   \
            const size_t set = bit / shape->width, within = bit % shape->width;                         \
            GROUP##_dbl(&acc, &acc);                                                                    \
            for (size_t repeat = 0; repeat < shape->n_repeats; repeat++) {                              \
                const GROUP##_xyzz *sums = bit_sums + (repeat * shape->n_sets + set) * shape->width;    \
                if (within + 1 < shape->width)                                                          \
                    GROUP##_add(&acc, &acc, &sums[within + 1]);                                         \
                if (within == 0)                                                                        \
                    GROUP##_add(&acc, &acc, &sums[0]);                                                  \
            }                                                                                           \
        }                                                                                               \
        *out = acc;                                                                                     \
    }
DEFINE_BIT_FOLD(g1)
DEFINE_BIT_FOLD(g2)
