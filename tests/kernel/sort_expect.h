/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/sort_expect.h - scalars of every kind, and what a sort of them has to be, by plain means. */
#ifndef PT_SORT_EXPECT_H
#define PT_SORT_EXPECT_H

#include "gpu/msm_sort_plan.h"

typedef enum {
    SORT_UNIFORM,
    SORT_EQUAL,   /* one drawn value */
    SORT_BITS,    /* 0 and 1 */
    SORT_MONSTER, /* 15 of 16 have one digit in all windows, the others are drawn */
    SORT_ZERO,
    SORT_ONE,
    SORT_MINUS_ONE, /* r - 1 */
    SORT_HALVES,    /* (r - 1) / 2 and (r + 1) / 2: the largest digits of both signs */
    SORT_BYTES,     /* 0 to 255: few buckets of one window */
    SORT_N_KINDS
} sort_kind;

extern const char *const sort_kind_names[SORT_N_KINDS];

/** n scalars of a kind below the current curve's order, 8 words each. */
void sort_draw(sort_kind kind, size_t n, uint64_t seed, uint32_t *scalars);

/** What a device left, or memory that was a device's. */
typedef struct {
    const uint32_t *entries;
    const msm_task *tasks;
    const msm_cut *cuts;
    msm_sort_totals totals;
} sort_result;

/** Fail the test unless the tasks hold exactly the entries that the scalars have, each bucket's in the order of their indices, and
 *  tasks and cuts are as kernels/shared/msm_layout.h says. */
void sort_check(const msm_sort_plan *plan, const uint32_t *scalars, const sort_result *result);

/** The current curve's order, 8 words, and its bits. */
const uint32_t *sort_order(void);
unsigned sort_order_bits(void);

#endif
