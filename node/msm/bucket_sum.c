/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/bucket_sum.h"

enum {
    TREE_CHAINS = 4,      /* products that don't wait for one another */
    TREE_LANE_CHAINS = 2, /* the same, in lanes */
    TREE_CHAINS_MAX = 16,
    LANES_PAIRS_MIN = 24,  /* below that, a round by pairs is as fast */
    TREE_OPEN_POINTS = 64, /* an open segment keeps that many: rounds of fewer pairs don't pay their inversion */
    PREFETCH_AHEAD = 16    /* entries; a key's points are read in random order */
};

/* A pair of points to be added: the general case, equal points, one of them infinity, or opposite points. */
enum { PAIR_ADD, PAIR_DOUBLE, PAIR_FIRST, PAIR_SECOND, PAIR_CANCEL };

#define GROUP g1
#define GROUP_FIELD fq
#define TREE_POINTS 2048
#define BLOCK_COLUMNS_LOG 5
#define BLOCK_ROWS 64
#include "node/msm/bucket_sum.inc.h"

#define GROUP g2
#define GROUP_FIELD fq2
#define TREE_POINTS 1024
#define BLOCK_COLUMNS_LOG 5
#define BLOCK_ROWS 32
#include "node/msm/bucket_sum.inc.h"

size_t bucket_scratch_bytes(void)
{
    size_t g1 = sizeof(g1_bucket_scratch), g2 = sizeof(g2_bucket_scratch);
    return ((g1 > g2 ? g1 : g2) + 63) / 64 * 64;
}

void g1_bucket_sum(const bucket_list *list, crew_range slice, const msm_query *query, void *scratch, g1_xyzz *out)
{
    g1_slice_sum(list, slice, query, scratch, out);
}

void g2_bucket_sum(const bucket_list *list, crew_range slice, const msm_query *query, void *scratch, g2_xyzz *out)
{
    g2_slice_sum(list, slice, query, scratch, out);
}

void g1_bucket_subset_sums(const bucket_list *list, unsigned width, const msm_query *query, void *scratch, g1_xyzz *out)
{
    g1_subset_sums(list, width, query, scratch, out);
}

void g2_bucket_subset_sums(const bucket_list *list, unsigned width, const msm_query *query, void *scratch, g2_xyzz *out)
{
    g2_subset_sums(list, width, query, scratch, out);
}
