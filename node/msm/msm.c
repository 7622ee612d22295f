/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/msm.h"

#include "node/msm/bucket_sum.h"
#include "node/pipeline/secret_arena.h"

enum { PART_SCALARS = 4096, PARTS_PER_THREAD = 4 };

/* One run: what is asked, its plan, and where things lie. */
typedef struct {
    const fr *scalars;
    crew_range range; /* scalars that some query meets */
    const msm_query *g1, *g2;
    size_t n_g1, n_g2;
    size_t n_parts; /* of the range, in which scalars are counted and recoded */
    scalar_lengths *part_lengths;
    size_t (*part_cursors)[WINDOWS_MAX + 1];
    msm_plan plan;
    uint8_t *arena;
    unsigned group_begin, group_end; /* the pieces that are sorted now */
    size_t slices_begin, n_slices;   /* theirs: the first one's number, and how many a query has */
} msm_work;

static void count_task(void *ctx, size_t part, size_t thread)
{
    const msm_work *work = ctx;
    (void)thread;
    crew_range range = crew_part(work->range.end - work->range.begin, work->n_parts, part);
    recode_lengths(work->scalars + work->range.begin + range.begin, range.end - range.begin, &work->part_lengths[part]);
}

static uint32_t *arena_words(const msm_work *work, size_t at)
{
    return (uint32_t *)(void *)(work->arena + at);
}

static void recode_task(void *ctx, size_t part, size_t thread)
{
    const msm_work *work = ctx;
    (void)thread;
    crew_range range = crew_part(work->range.end - work->range.begin, work->n_parts, part);
    recode_output out = {&work->plan, arena_words(work, work->plan.ones_at), arena_words(work, work->plan.order_at),
                         (uint16_t *)(void *)(work->arena + work->plan.digits_at)};
    recode_part(work->scalars, work->range.begin + range.begin, work->range.begin + range.end, work->part_cursors[part],
                &out);
}

/* The cursors of each part: scalars of more windows come first, and within a number of windows the parts in order. */
static void place_parts(msm_work *work)
{
    size_t next[WINDOWS_MAX + 1] = {0};
    for (unsigned k = 1; k <= work->plan.n_windows; k++)
        next[k] = k < work->plan.n_windows ? work->plan.reach[k] : 0;
    for (size_t part = 0; part < work->n_parts; part++) {
        memcpy(work->part_cursors[part], next, sizeof next);
        const size_t *of_bits = work->part_lengths[part].of_bits;
        next[0] += of_bits[1];
        for (unsigned bits = 2; bits <= SCALAR_BITS_MAX; bits++)
            if (of_bits[bits] != 0)
                next[window_count(bits, work->plan.width)] += of_bits[bits];
    }
}

/* The entries of a piece and the bounds of its buckets. */
static uint32_t *piece_entries(const msm_work *work, unsigned piece)
{
    if (piece == 0)
        return arena_words(work, work->plan.ones_at);
    return arena_words(work, work->plan.sorted_at) + (piece - work->group_begin) * work->plan.n_rest;
}

static uint32_t *piece_starts(const msm_work *work, unsigned piece)
{
    return arena_words(work, work->plan.starts_at) + (piece - work->group_begin) * msm_piece_starts(&work->plan);
}

static void sort_task(void *ctx, size_t item, size_t thread)
{
    const msm_work *work = ctx;
    const msm_plan *plan = &work->plan;
    unsigned piece = work->group_begin + (unsigned)item;
    uint32_t *starts = piece_starts(work, piece);
    (void)thread;
    if (piece == 0) { /* one bucket, of weight 1 */
        starts[0] = starts[1] = 0;
        starts[2] = (uint32_t)plan->n_ones;
        return;
    }
    const uint16_t *digits = (const uint16_t *)(const void *)(work->arena + plan->digits_at);
    recode_sort(digits + plan->digits_first[piece - 1], arena_words(work, plan->order_at), plan->reach[piece - 1],
                plan->width, starts, piece_entries(work, piece));
}

/* Items: every slice of the group for the first G2 query, and so on; the G1 queries come last because theirs are shorter. */
static void slice_task(void *ctx, size_t item, size_t thread)
{
    const msm_work *work = ctx;
    const msm_plan *plan = &work->plan;
    size_t query = item / work->n_slices, number = item % work->n_slices, slice = number;
    unsigned piece = work->group_begin;
    while (slice >= msm_piece_slices(plan, piece))
        slice -= msm_piece_slices(plan, piece++);
    const uint32_t *starts = piece_starts(work, piece) + 1; /* without the zero digits' */
    const bucket_list list = {piece_entries(work, piece), starts, piece == 0 ? 1 : window_buckets(plan->width)};
    crew_range range = crew_part(starts[list.n_buckets], msm_piece_slices(plan, piece), slice);
    uint8_t *scratch = work->arena + plan->scratch_at + thread * bucket_scratch_bytes();
    number += work->slices_begin;
    if (query < work->n_g2) {
        g2_xyzz *sums = (g2_xyzz *)(void *)(work->arena + plan->g2_sums_at);
        g2_bucket_sum(&list, range, &work->g2[query], scratch, &sums[query * plan->n_slices + number]);
    } else {
        query -= work->n_g2;
        g1_xyzz *sums = (g1_xyzz *)(void *)(work->arena + plan->g1_sums_at);
        g1_bucket_sum(&list, range, &work->g1[query], scratch, &sums[query * plan->n_slices + number]);
    }
}

static void sum_groups(crew *threads, msm_work *work)
{
    const msm_plan *plan = &work->plan;
    for (unsigned begin = 0; begin < plan->n_pieces; begin += plan->group) {
        unsigned left = plan->n_pieces - begin;
        work->group_begin = begin;
        work->group_end = begin + (left < plan->group ? left : plan->group);
        work->n_slices = 0;
        for (unsigned piece = begin; piece < work->group_end; piece++)
            work->n_slices += msm_piece_slices(plan, piece);
        crew_run(threads, work->group_end - begin, sort_task, work);
        crew_run(threads, work->n_slices * (work->n_g1 + work->n_g2), slice_task, work);
        work->slices_begin += work->n_slices;
    }
}

/* out = ones + sum over w of 2^(width w) window w (Horner); a piece is the sum of its slices, which come piece by piece. */
#define DEFINE_JOIN(GROUP)                                                                        \
    static void GROUP##_join(const msm_plan *plan, const GROUP##_xyzz *sums, GROUP##_xyzz *out)   \
    {                                                                                             \
        size_t at = plan->n_slices;                                                               \
        GROUP##_set_infinity(out);                                                                \
        for (unsigned piece = plan->n_pieces; piece-- > 0;) {                                     \
            for (unsigned i = 0; piece + 1 < plan->n_pieces && piece > 0 && i < plan->width; i++) \
                GROUP##_dbl(out, out);                                                            \
            for (size_t i = msm_piece_slices(plan, piece); i-- > 0;)                              \
                GROUP##_add(out, out, &sums[--at]);                                               \
        }                                                                                         \
    }
DEFINE_JOIN(g1)
DEFINE_JOIN(g2)

static void join_queries(const msm_work *work, g1_xyzz *out_g1, g2_xyzz *out_g2)
{
    const g1_xyzz *g1_sums = (const g1_xyzz *)(const void *)(work->arena + work->plan.g1_sums_at);
    const g2_xyzz *g2_sums = (const g2_xyzz *)(const void *)(work->arena + work->plan.g2_sums_at);
    for (size_t i = 0; i < work->n_g1; i++)
        g1_join(&work->plan, g1_sums + i * work->plan.n_slices, &out_g1[i]);
    for (size_t i = 0; i < work->n_g2; i++)
        g2_join(&work->plan, g2_sums + i * work->plan.n_slices, &out_g2[i]);
}

/* Widen the range by the queries', after checking them. */
static pt_status check_queries(const msm_query *queries, size_t n_queries, size_t n_scalars, crew_range *range, pt_err *err)
{
    for (size_t i = 0; i < n_queries; i++) {
        const msm_query *q = &queries[i];
        if (q->first > n_scalars || q->n > n_scalars - q->first)
            return pt_fail(err, PT_E_ARG, "MSM query %zu: points for %zu scalars from %zu on, but there are %zu", i, q->n,
                           q->first, n_scalars);
        if (q->n == 0)
            continue;
        range->begin = q->first < range->begin ? q->first : range->begin;
        range->end = q->first + q->n > range->end ? q->first + q->n : range->end;
    }
    return PT_OK;
}

/* Count lengths by part, and plan by their sum. */
static void plan_work(crew *threads, msm_work *work, unsigned width)
{
    scalar_lengths lengths = {{0}};
    crew_run(threads, work->n_parts, count_task, work);
    for (size_t part = 0; part < work->n_parts; part++)
        for (size_t bits = 0; bits <= SCALAR_BITS_MAX; bits++)
            lengths.of_bits[bits] += work->part_lengths[part].of_bits[bits];
    const msm_shape shape = {&lengths,   width,           crew_size(threads), work->n_g1,
                             work->n_g2, sizeof(g1_xyzz), sizeof(g2_xyzz),    bucket_scratch_bytes()};
    msm_plan_make(&shape, &work->plan);
}

static pt_status run_planned(crew *threads, msm_work *work, unsigned width, pt_err *err)
{
    plan_work(threads, work, width);
    work->arena = crew_scratch_alloc(threads, work->plan.bytes);
    if (work->arena == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for sums of %zu points: %zu bytes", work->range.end - work->range.begin,
                       work->plan.bytes);
    place_parts(work);
    crew_run(threads, work->n_parts, recode_task, work);
    sum_groups(threads, work);
    return PT_OK;
}

pt_status msm_run_width(crew *threads, unsigned width, const fr *scalars, size_t n_scalars, const msm_query *g1,
                        size_t n_g1, g1_xyzz *out_g1, const msm_query *g2, size_t n_g2, g2_xyzz *out_g2, pt_err *err)
{
    msm_work work = {.scalars = scalars, .range = {n_scalars, 0}, .g1 = g1, .g2 = g2, .n_g1 = n_g1, .n_g2 = n_g2};
    if (check_queries(g1, n_g1, n_scalars, &work.range, err) != PT_OK ||
        check_queries(g2, n_g2, n_scalars, &work.range, err) != PT_OK)
        return PT_E_ARG;
    if (work.range.begin > work.range.end)
        work.range = (crew_range){0, 0};
    if (work.range.end > ENTRY_INDEX_MASK)
        return pt_fail(err, PT_E_ARG, "MSM: %zu scalars; at most 2^31 - 1 are supported", n_scalars);
    size_t most = crew_size(threads) * PARTS_PER_THREAD, n = work.range.end - work.range.begin;
    work.n_parts = n / PART_SCALARS + 1 < most ? n / PART_SCALARS + 1 : most;
    size_t part_bytes = sizeof *work.part_lengths + sizeof *work.part_cursors;
    work.part_lengths = secret_alloc(work.n_parts * part_bytes);
    if (work.part_lengths == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory to count scalars: %zu bytes", work.n_parts * part_bytes);
    work.part_cursors = (size_t(*)[WINDOWS_MAX + 1])(void *)(work.part_lengths + work.n_parts);
    pt_status status = run_planned(threads, &work, width, err);
    if (status == PT_OK)
        join_queries(&work, out_g1, out_g2);
    crew_scratch_free(threads, work.arena);
    secret_free(work.part_lengths);
    return status;
}

pt_status msm_run(crew *threads, const fr *scalars, size_t n_scalars, const msm_query *g1, size_t n_g1, g1_xyzz *out_g1,
                  const msm_query *g2, size_t n_g2, g2_xyzz *out_g2, pt_err *err)
{
    return msm_run_width(threads, 0, scalars, n_scalars, g1, n_g1, out_g1, g2, n_g2, out_g2, err);
}
