/* SPDX-License-Identifier: Apache-2.0 */
#include "node/setup/fixed_base.h"

#include <stdlib.h>

enum {
    BATCH = 512, /* additions that share an inversion */
    WINDOW_BITS_MIN = 2,
    WINDOW_BITS_MAX = 16,
    TABLE_BYTES_MAX = 64 << 20
};

/* Windows of c bits for signed digits of a scalar below r: one bit more than r has, for the last carry. */
static unsigned windows_of(unsigned c)
{
    return (FR_BITS + c) / c;
}

/* The window with the fewest additions, those that make its tables included. */
static unsigned choose_window_bits(size_t n_expected, size_t point_bytes)
{
    unsigned best = WINDOW_BITS_MIN;
    size_t best_cost = SIZE_MAX;
    for (unsigned c = WINDOW_BITS_MIN; c <= WINDOW_BITS_MAX; c++) {
        size_t table_points = (size_t)windows_of(c) << (c - 1);
        size_t cost = table_points + windows_of(c) * n_expected;
        if (table_points * point_bytes <= TABLE_BYTES_MAX && cost < best_cost) {
            best = c;
            best_cost = cost;
        }
    }
    return best;
}

/* Bits [at, at + c) of a canonical scalar, c <= 16. */
static unsigned scalar_bits(const fr *k, unsigned at, unsigned c)
{
    unsigned limb = at / 64, shift = at % 64;
    if (limb >= FR_LIMBS)
        return 0;
    uint64_t bits = k->limb[limb] >> shift;
    if (shift + c > 64 && limb + 1 < FR_LIMBS)
        bits |= k->limb[limb + 1] << (64 - shift);
    return (unsigned)(bits & ((1u << c) - 1));
}

#define GROUP g1
#define GROUP_FIELD fq
#include "node/setup/fixed_base.inc.h"

#define GROUP g2
#define GROUP_FIELD fq2
#include "node/setup/fixed_base.inc.h"
