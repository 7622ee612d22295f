/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/subgroup_batch.h"

#include <sodium.h>

#include "node/arith/subgroup.h"
#include "node/msm/bucket_sum.h"

enum {
    N_SUBSETS = 80, /* an error of 2^-80 */
    SCAN_MAX = 160  /* so few are asked one by one: as many tests as there are subsets, and the sums, cost more */
};

/* One thread's: what is drawn, sorted and summed. The scratch of bucket sums follows. */
typedef struct {
    uint16_t mask[SUBGROUP_BATCH_MAX]; /* bit j: the point is in subset j of those that are summed now */
    uint32_t entries[SUBGROUP_BATCH_MAX], starts[(1 << SUBSET_WIDTH_MAX) + 1];
} subset_scratch;

static const size_t sorted_bytes = (sizeof(subset_scratch) + 63) / 64 * 64;

/* What differs between the groups. inside: are all of these subset sums in the subgroup? */
typedef struct {
    size_t point_bytes;
    size_t (*scan)(const uint8_t *points, size_t n);
    bool (*inside)(const bucket_list *list, unsigned width, const msm_query *query, void *scratch);
} group_of_points;

/* Points [0, n) with fresh bits for each window: the nonce is the batch's number and that of the window. */
typedef struct {
    const group_of_points *group;
    const subset_seed *seed;
    uint32_t n_windows; /* drawn until now */
    subset_scratch *scratch;
} subset_check;

size_t subgroup_batch_scratch_bytes(void)
{
    return sorted_bytes + bucket_scratch_bytes();
}

#define DEFINE_INSIDE(GROUP)                                                                                   \
    static bool GROUP##_inside(const bucket_list *list, unsigned width, const msm_query *query, void *scratch) \
    {                                                                                                          \
        GROUP##_xyzz sum[SUBSET_WIDTH_MAX];                                                                    \
        GROUP##_bucket_subset_sums(list, width, query, scratch, sum);                                          \
        for (unsigned j = 0; j < width; j++)                                                                   \
            if (!GROUP##_xyzz_in_subgroup(&sum[j]))                                                            \
                return false;                                                                                  \
        return true;                                                                                           \
    }
DEFINE_INSIDE(g1)
DEFINE_INSIDE(g2)

/* The subsets that are summed together: 2^(width + 1) additions in the end, and one a point, for each width of them. */
static unsigned subset_width(size_t n)
{
    unsigned best = 1;
    size_t best_cost = SIZE_MAX;
    for (unsigned width = 1; width <= SUBSET_WIDTH_MAX; width++) {
        size_t cost = (N_SUBSETS + width - 1) / width * (n + ((size_t)2 << width));
        if (cost < best_cost) {
            best = width;
            best_cost = cost;
        }
    }
    return best;
}

static void draw_masks(subset_check *c, size_t n, unsigned width)
{
    uint8_t nonce[crypto_stream_chacha20_ietf_NONCEBYTES];
    _Static_assert(sizeof nonce == sizeof c->seed->batch + sizeof c->n_windows, "both make the nonce");
    _Static_assert(sizeof c->seed->key == crypto_stream_chacha20_ietf_KEYBYTES, "the key is a stream's");
    memcpy(nonce, &c->seed->batch, sizeof c->seed->batch);
    memcpy(nonce + sizeof c->seed->batch, &c->n_windows, sizeof c->n_windows);
    c->n_windows++;
    uint16_t *mask = c->scratch->mask;
    crypto_stream_chacha20_ietf((unsigned char *)mask, n * sizeof *mask, nonce, c->seed->key);
    for (size_t i = 0; i < n; i++)
        mask[i] &= (uint16_t)((1U << width) - 1);
}

/* Points by their masks: bucket m has those of mask m, and bucket 0, which is in no subset, none. */
static void sort_by_mask(subset_scratch *s, size_t n, unsigned width)
{
    size_t n_buckets = (size_t)1 << width;
    memset(s->starts, 0, (n_buckets + 1) * sizeof *s->starts);
    for (size_t i = 0; i < n; i++)
        s->starts[s->mask[i]]++;
    s->starts[0] = 0;
    for (size_t m = 1; m < n_buckets; m++)
        s->starts[m] += s->starts[m - 1];
    s->starts[n_buckets] = s->starts[n_buckets - 1];
    for (size_t i = n; i-- > 0;)
        if (s->mask[i] != 0)
            s->entries[--s->starts[s->mask[i]]] = (uint32_t)i;
}

/* Are the sums of N_SUBSETS random subsets of the points in the subgroup? */
static bool subsets_inside(subset_check *c, const uint8_t *points, size_t n)
{
    unsigned most = subset_width(n);
    const msm_query query = {points, 0, n};
    for (unsigned done = 0, width; done < N_SUBSETS; done += width) {
        width = N_SUBSETS - done < most ? N_SUBSETS - done : most;
        draw_masks(c, n, width);
        sort_by_mask(c->scratch, n, width);
        const bucket_list list = {c->scratch->entries, c->scratch->starts, (size_t)1 << width};
        if (!c->group->inside(&list, width, &query, (uint8_t *)c->scratch + sorted_bytes))
            return false;
    }
    return true;
}

static size_t find_outside(subset_check *c, const uint8_t *points, size_t n)
{
    size_t bytes = c->group->point_bytes, begin = 0;
    if (n <= SCAN_MAX)
        return c->group->scan(points, n);
    if (subsets_inside(c, points, n))
        return n;
    while (n - begin > SCAN_MAX) { /* one of points [begin, n) is outside, and none before them */
        size_t middle = begin + (n - begin) / 2;
        if (subsets_inside(c, points + begin * bytes, middle - begin))
            begin = middle;
        else
            n = middle;
    }
    return begin + c->group->scan(points + begin * bytes, n - begin - 1); /* else it is the last */
}

size_t g1_batch_outside(const uint8_t *points, size_t n, const subset_seed *seed, void *scratch)
{
    static const group_of_points g1 = {sizeof(g1_affine), g1_scan_outside, g1_inside};
    if (G1_COFACTOR_IS_1)
        return n;
    return find_outside(&(subset_check){&g1, seed, 0, scratch}, points, n);
}

size_t g2_batch_outside(const uint8_t *points, size_t n, const subset_seed *seed, void *scratch)
{
    static const group_of_points g2 = {sizeof(g2_affine), g2_scan_outside, g2_inside};
    return find_outside(&(subset_check){&g2, seed, 0, scratch}, points, n);
}
