/* SPDX-License-Identifier: Apache-2.0 */
/* node/msm/bucket_sum.inc.h - template: a slice of sorted entries to its weighted sum. bucket_sum.c has its instances.
 *
 * needs   GROUP, GROUP_FIELD, TREE_POINTS, BLOCK_COLUMNS_LOG, BLOCK_ROWS: a block has BLOCK_ROWS << BLOCK_COLUMNS_LOG buckets
 *
 * Buckets are summed in blocks, first each bucket, then the block's rows and columns (eq. 43):
 * with b = base + hi 2^k + lo, sum (b + 1) S_b = 2^k sum hi R_hi + sum lo C_lo + (base + 1) sum S_b. */

#include "node/msm/tree_sum.inc.h"

#define F(verb) PT_JOIN(GROUP_FIELD, PT_JOIN(_, verb))
#define G(verb) PT_JOIN(GROUP, PT_JOIN(_, verb))
#define BLOCK_COLUMNS ((size_t)1 << BLOCK_COLUMNS_LOG)
#define BLOCK_BUCKETS ((size_t)BLOCK_ROWS << BLOCK_COLUMNS_LOG)

_Static_assert(BLOCK_BUCKETS >= (size_t)1 << SUBSET_WIDTH_MAX, "subset sums take one block");
_Static_assert(BLOCK_BUCKETS <= TREE_POINTS, "the rows of a block are one batch, its columns another");

typedef struct {
    G(tree) tree;
    size_t n_points, n_segments;    /* of the batch: whole segments; what follows them is open */
    uint32_t bucket[TREE_POINTS];   /* a segment's bucket in the block */
    G(affine) block[BLOCK_BUCKETS]; /* bucket sums; infinity where there is none */
} G(bucket_scratch);

/* Where a slice stands: the next entry, its bucket and where that ends, in the slice. */
typedef struct {
    const bucket_list *list;
    const msm_query *query;
    size_t entry, end, bucket, bucket_end;
} G(walk);

static void G(walk_bucket_end)(G(walk) * at)
{
    size_t end = at->list->starts[at->bucket + 1];
    at->bucket_end = end < at->end ? end : at->end;
}

static void G(walk_begin)(G(walk) * at)
{
    size_t low = 0, high = at->list->n_buckets; /* starts[low] <= entry < starts[high] */
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (at->list->starts[middle] <= at->entry)
            low = middle;
        else
            high = middle;
    }
    at->bucket = low;
    G(walk_bucket_end)(at);
}

/* To the next bucket with an entry, if there is one. */
static void G(walk_next_bucket)(G(walk) * at)
{
    while (at->entry < at->end && at->entry == at->bucket_end) {
        at->bucket++;
        G(walk_bucket_end)(at);
    }
}

static inline void G(prefetch_entry)(const G(walk) * at, size_t entry)
{
    size_t i = (size_t)(at->list->entries[entry] & ENTRY_INDEX_MASK) - at->query->first;
    if (i >= at->query->n)
        return;
    const uint8_t *bytes = at->query->points + i * sizeof(G(affine));
    for (size_t line = 0; line < sizeof(G(affine)) + 64; line += 64) /* one more: points are not aligned */
        __builtin_prefetch(bytes + line);
}

/* Append the points of entries [entry, stop) that are in range and not infinity to the batch. */
static void G(batch_gather)(G(bucket_scratch) * s, G(walk) * at, size_t stop)
{
    G(affine) *begin = &s->tree.point[s->n_points], *p = begin;
    for (; at->entry < stop; at->entry++) {
        if (at->entry + PREFETCH_AHEAD < at->end)
            G(prefetch_entry)(at, at->entry + PREFETCH_AHEAD);
        uint32_t entry = at->list->entries[at->entry];
        size_t i = (size_t)(entry & ENTRY_INDEX_MASK) - at->query->first;
        if (i >= at->query->n) /* also where the difference wrapped */
            continue;
        G(affine_load)(p, at->query->points + i * sizeof *p);
        if (G(affine_is_infinity)(p))
            continue;
        GROUP_FIELD minus_y;
        F(neg)(&minus_y, &p->y);
        F(cmov)(&p->y, &minus_y, entry >> ENTRY_SIGN); /* signs are random: no branch */
        p++;
    }
    s->tree.length[s->n_segments] += (uint32_t)(p - begin);
    s->n_points += (size_t)(p - begin);
}

/* Fill the batch from one block; is the last segment open, its bucket not at its end? */
static bool G(batch_fill)(G(bucket_scratch) * s, G(walk) * at)
{
    size_t block = at->bucket / BLOCK_BUCKETS;
    while (at->entry < at->end && at->bucket / BLOCK_BUCKETS == block) {
        size_t room = TREE_POINTS - s->n_points;
        if (at->bucket_end - at->entry > room) {
            G(batch_gather)(s, at, at->entry + room);
            if (s->n_points == TREE_POINTS)
                return s->tree.length[s->n_segments] > 0;
            continue;
        }
        G(batch_gather)(s, at, at->bucket_end);
        if (s->tree.length[s->n_segments] > 0) {
            s->bucket[s->n_segments++] = (uint32_t)(at->bucket % BLOCK_BUCKETS);
            s->tree.length[s->n_segments] = 0;
        }
        G(walk_next_bucket)(at);
    }
    return false;
}

/* Sum the batch: whole segments go to the block's buckets, an open one stays as the beginning of the next batch. */
static void G(batch_sum)(G(bucket_scratch) * s, bool open)
{
    G(tree_sum)(&s->tree, s->n_segments + (open ? 1 : 0), open);
    for (size_t i = 0; i < s->n_segments; i++)
        s->block[s->bucket[i]] = s->tree.point[i];
    uint32_t left = open ? s->tree.length[s->n_segments] : 0;
    memmove(s->tree.point, s->tree.point + s->n_segments, left * sizeof *s->tree.point);
    s->tree.length[0] = left;
    s->n_points = left;
    s->n_segments = 0;
}

/* Sum n_lines of n buckets each, `step` apart, with `next` from line to line: tree.point[i] becomes line i's sum. */
static void G(block_lines)(G(bucket_scratch) * s, size_t n_lines, size_t next, size_t n, size_t step)
{
    G(affine) *p = s->tree.point;
    for (size_t line = 0; line < n_lines; line++) {
        G(affine) *begin = p;
        *p++ = s->block[line * next]; /* infinity too: a line has at least one */
        for (size_t i = 1; i < n; i++)
            if (!G(affine_is_infinity)(&s->block[line * next + i * step]))
                *p++ = s->block[line * next + i * step];
        s->tree.length[line] = (uint32_t)(p - begin);
    }
    G(tree_sum)(&s->tree, n_lines, false);
}

/* *weighted = sum i p[i], *total = sum p[i], i < n. */
static void G(running_sums)(const G(affine) * p, size_t n, G(xyzz) * weighted, G(xyzz) * total)
{
    G(set_infinity)(weighted);
    G(set_infinity)(total);
    for (size_t i = n; i-- > 1;) {
        G(add_mixed)(total, total, &p[i]);
        G(add)(weighted, weighted, total);
    }
    G(add_mixed)(total, total, &p[0]);
}

/* Add the block's weighted sum to *out and clear it; base is its first bucket. */
static void G(block_reduce)(G(bucket_scratch) * s, size_t base, G(xyzz) * out)
{
    G(xyzz) rows, columns, total;
    G(block_lines)(s, BLOCK_ROWS, BLOCK_COLUMNS, BLOCK_COLUMNS, 1);
    G(running_sums)(s->tree.point, BLOCK_ROWS, &rows, &total);
    for (size_t i = 0; i < BLOCK_COLUMNS_LOG; i++)
        G(dbl)(&rows, &rows);
    G(block_lines)(s, BLOCK_COLUMNS, 1, BLOCK_ROWS, BLOCK_COLUMNS);
    G(add)(out, out, &rows);
    G(running_sums)(s->tree.point, BLOCK_COLUMNS, &columns, &rows);
    G(add)(out, out, &columns);
    const uint64_t weight = base + 1;
    G(mul_var)(&total, &total, &weight, 1);
    G(add)(out, out, &total);
    memset(s->block, 0, sizeof s->block);
    s->tree.length[0] = 0;
}

static void G(scratch_clear)(G(bucket_scratch) * s)
{
    memset(s->block, 0, sizeof s->block);
    s->n_points = s->n_segments = 0;
    G(tree_init)(&s->tree);
}

static void G(slice_sum)(const bucket_list *list, crew_range slice, const msm_query *query, G(bucket_scratch) * s,
                         G(xyzz) * out)
{
    G(walk) at = {.list = list, .query = query, .entry = slice.begin, .end = slice.end};
    G(xyzz) sum;
    G(set_infinity)(&sum);
    G(scratch_clear)(s);
    if (at.entry < at.end)
        G(walk_begin)(&at);
    while (at.entry < at.end) {
        size_t block = at.bucket / BLOCK_BUCKETS;
        bool open = G(batch_fill)(s, &at);
        G(batch_sum)(s, open);
        if (at.entry == at.end || at.bucket / BLOCK_BUCKETS != block)
            G(block_reduce)(s, block * BLOCK_BUCKETS, &sum);
    }
    *out = sum;
}

/* bits[j] = the sum of the lines in whose number bit j is set; n_bits of them. */
static void G(lines_by_bit)(const G(affine) * line, unsigned n_bits, G(xyzz) * bits)
{
    for (unsigned j = 0; j < n_bits; j++) {
        G(set_infinity)(&bits[j]);
        for (size_t i = 0; i >> n_bits == 0; i++)
            if (i >> j & 1)
                G(add_mixed)(&bits[j], &bits[j], &line[i]);
    }
}

/* As bucket_subset_sums: a bucket's high bits are its row, its low bits its column (eq. 46). */
static void G(subset_sums)(const bucket_list *list, unsigned width, const msm_query *query, G(bucket_scratch) * s,
                           G(xyzz) * out)
{
    G(walk) at = {.list = list, .query = query, .end = list->starts[list->n_buckets]};
    const unsigned low = width / 2, high = width - low;
    const size_t n_columns = (size_t)1 << low, n_rows = (size_t)1 << high;
    G(scratch_clear)(s);
    if (at.entry < at.end)
        G(walk_begin)(&at);
    while (at.entry < at.end)
        G(batch_sum)(s, G(batch_fill)(s, &at));
    G(block_lines)(s, n_columns, 1, n_rows, n_columns);
    G(lines_by_bit)(s->tree.point, low, out);
    G(block_lines)(s, n_rows, n_columns, n_columns, 1);
    G(lines_by_bit)(s->tree.point, high, out + low);
}

#undef BLOCK_BUCKETS
#undef BLOCK_COLUMNS
#undef G
#undef F
#undef BLOCK_ROWS
#undef BLOCK_COLUMNS_LOG
#undef TREE_POINTS
#undef GROUP_FIELD
#undef GROUP
