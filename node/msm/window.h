/* SPDX-License-Identifier: Apache-2.0 */
/* node/msm/window.h - how scalars are cut into windows, and what an MSM over them costs. Pure: no field, no point. */
#ifndef PT_WINDOW_H
#define PT_WINDOW_H

#include <stddef.h>
#include <stdint.h>

enum {
    WINDOW_WIDTH_MIN = 2,
    WINDOW_WIDTH_MAX = 16, /* a digit in [-(2^15 - 1), 2^15] is one of 2^16 values */
    SCALAR_BITS_MAX = 256,
    WINDOWS_MAX = SCALAR_BITS_MAX / WINDOW_WIDTH_MIN + 1
};

/** How many scalars there are of each length in bits: [0] zeros, [1] ones, [k] in [2^(k-1), 2^k). */
typedef struct {
    size_t of_bits[SCALAR_BITS_MAX + 1];
} scalar_lengths;

/** The windows of a scalar of n_bits: the last has at most width - 1 bits, so that the carry from below fits in. */
static inline unsigned window_count(unsigned n_bits, unsigned width)
{
    return n_bits / width + 1;
}

/** The buckets of a window: one for each magnitude of a digit but 0. */
static inline size_t window_buckets(unsigned width)
{
    return (size_t)1 << (width - 1);
}

/** reach[w] = how many scalars have more than w windows, those of 0 and 1 bits not counted.
 *  shape   reach[WINDOWS_MAX], all written
 *  returns the number of windows that any scalar reaches */
unsigned window_reach(const scalar_lengths *lengths, unsigned width, size_t *reach);

/** What the windows of these scalars cost one query.
 *  units   additions of batched affine points
 *  source  a point costs one; a bucket that is not empty two more, in its row and its column: eqs. 42 and 43 */
uint64_t window_cost(const scalar_lengths *lengths, unsigned width);

/** The width that costs the least; of equal ones the smaller. */
unsigned window_width(const scalar_lengths *lengths);

#endif
