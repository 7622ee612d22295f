/* SPDX-License-Identifier: Apache-2.0 */
/* node/msm/subgroup_batch.h - are many points of the curve in the subgroup of order r? By sums of random subsets. Per curve. */
#ifndef PT_SUBGROUP_BATCH_H
#define PT_SUBGROUP_BATCH_H

#include "node/arith/curve_build.h"
#include "node/curve.h"

#define g1_batch_outside PT_NAME(g1_batch_outside)
#define g2_batch_outside PT_NAME(g2_batch_outside)
#define subgroup_batch_scratch_bytes PT_NAME(subgroup_batch_scratch_bytes)

/** What one thread needs for either group. */
size_t subgroup_batch_scratch_bytes(void);

/** The index of the first of n points that is not in the subgroup, or n. If one is not, n is returned with probability at most
 *  2^-80, and a later index than the first with at most 2^-76, over what the seed may be.
 *  shape   points as in a key file, on the curve; n <= SUBGROUP_BATCH_MAX; scratch: subgroup_batch_scratch_bytes(), 64-byte aligned
 *  thread  any, one scratch each; the time depends on the points
 *  source  docs/math.md, eqs. 45 to 47 */
size_t g1_batch_outside(const uint8_t *points, size_t n, const subset_seed *seed, void *scratch);
size_t g2_batch_outside(const uint8_t *points, size_t n, const subset_seed *seed, void *scratch);

#endif
