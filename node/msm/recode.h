/* SPDX-License-Identifier: Apache-2.0 */
/* node/msm/recode.h - scalars classed by length and cut into signed digits; a window's digits sorted. Per curve. */
#ifndef PT_RECODE_H
#define PT_RECODE_H

#include "node/arith/fr.h"
#include "node/msm/msm_plan.h"

#define recode_lengths PT_NAME(recode_lengths)
#define recode_part PT_NAME(recode_part)
#define recode_sort PT_NAME(recode_sort)

/** An entry: the index of a scalar, and in the top bit whether its point is to be negated. */
enum { ENTRY_SIGN = 31 };
#define ENTRY_INDEX_MASK (((uint32_t)1 << ENTRY_SIGN) - 1)

/** Count the lengths of min(s, r - s) of n scalars: -1 is as short as 1.
 *  shape   scalars[n] canonical; *out is added to */
void recode_lengths(const fr *scalars, size_t n, scalar_lengths *out);

/** Where recoded scalars go. */
typedef struct {
    const msm_plan *plan;
    uint32_t *ones, *order; /* entries of length 1, and of the rest by falling number of windows */
    uint16_t *digits;       /* window w's digits, in `order`'s order, from plan->digits_first[w] on; modulo 2^16 */
} recode_output;

/** Recode scalars [begin, end): min(s, r - s) in digits of [-(2^(width-1) - 1), 2^(width-1)].
 *  shape   cursor[WINDOWS_MAX + 1]: [k] where the next scalar of k windows goes in `order`, [0] the next in `ones`; moved on
 *  thread  any, with cursors that do not overlap */
void recode_part(const fr *scalars, size_t begin, size_t end, size_t *cursor, const recode_output *out);

/** Sort the entries of a window by the magnitude of their digits; zero digits are dropped.
 *  shape   digits[n], order[n] -> sorted[n]; starts[2^(width-1) + 2]: magnitude m has entries [starts[m], starts[m + 1]) */
void recode_sort(const uint16_t *digits, const uint32_t *order, size_t n, unsigned width, uint32_t *starts,
                 uint32_t *sorted);

#endif
