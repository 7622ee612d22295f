/* SPDX-License-Identifier: Apache-2.0 */
/* node/msm/bucket_sum.h - weighted sums and subset sums of sorted points, by batched affine additions. Per curve. */
#ifndef PT_BUCKET_SUM_H
#define PT_BUCKET_SUM_H

#include "node/msm/msm.h"
#include "node/msm/recode.h"

#define g1_bucket_sum PT_NAME(g1_bucket_sum)
#define g2_bucket_sum PT_NAME(g2_bucket_sum)
#define g1_bucket_subset_sums PT_NAME(g1_bucket_subset_sums)
#define g2_bucket_subset_sums PT_NAME(g2_bucket_subset_sums)
#define bucket_scratch_bytes PT_NAME(bucket_scratch_bytes)

/** One sorted piece: bucket b, of weight b + 1, has entries [starts[b], starts[b + 1]). */
typedef struct {
    const uint32_t *entries;
    const uint32_t *starts;
    size_t n_buckets;
} bucket_list;

enum { SUBSET_WIDTH_MAX = 10 };

/** What one thread needs for either group. */
size_t bucket_scratch_bytes(void);

/** *out = sum over the entries of the slice: weight of its bucket, times the query's point or its negative. Entries beyond the
 *  query's range contribute nothing. A bucket that is cut by the slice's ends contributes what lies inside.
 *  shape   scratch: bucket_scratch_bytes(), 64-byte aligned
 *  thread  any, one scratch each; time and memory accesses depend on scalars and points
 *  source  docs/math.md, eqs. 41 to 44 */
void g1_bucket_sum(const bucket_list *list, crew_range slice, const msm_query *query, void *scratch, g1_xyzz *out);
void g2_bucket_sum(const bucket_list *list, crew_range slice, const msm_query *query, void *scratch, g2_xyzz *out);

/** out[j] = sum of the query's points or their negatives over the entries of the buckets in whose number bit j is set.
 *  shape   list->n_buckets == 2^width, width <= SUBSET_WIDTH_MAX; out[width]; scratch as above
 *  thread  any, one scratch each
 *  source  docs/math.md, eqs. 42 and 46 */
void g1_bucket_subset_sums(const bucket_list *list, unsigned width, const msm_query *query, void *scratch, g1_xyzz *out);
void g2_bucket_subset_sums(const bucket_list *list, unsigned width, const msm_query *query, void *scratch, g2_xyzz *out);

#endif
