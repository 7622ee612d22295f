/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/msm.h"

#include <sched.h>
#include <stdatomic.h>

#include "node/msm/bucket_sum.h"
#include "node/pipeline/secret_arena.h"

enum { PART_SCALARS = 4096, PARTS_PER_THREAD = 4 };

/* Recoded scalars, their plan, and the sums under way. */
struct msm {
    const fr *scalars;
    msm_size size;
    size_t n_parts; /* in which scalars are counted and recoded */
    scalar_lengths *part_lengths;
    size_t (*part_cursors)[WINDOWS_MAX + 1];
    msm_plan plan;
    uint8_t *arena;
    const msm_query *g1, *g2; /* of this call, and what follows as well */
    size_t n_g1, n_g2;
    msm_slicing cut;
    g1_xyzz *g1_sums;
    g2_xyzz *g2_sums;
    atomic_size_t unsorted[WINDOWS_MAX + 1]; /* of this call: 1, then 0 */
    atomic_size_t unsummed[WINDOWS_MAX + 1]; /* tasks on a piece's slices */
};

static void count_task(void *ctx, size_t part, size_t thread)
{
    const msm *work = ctx;
    (void)thread;
    crew_range range = crew_part(work->size.n_scalars, work->n_parts, part);
    recode_lengths(work->scalars + range.begin, range.end - range.begin, &work->part_lengths[part]);
}

static uint32_t *arena_words(const msm *work, size_t at)
{
    return (uint32_t *)(void *)(work->arena + at);
}

static void recode_task(void *ctx, size_t part, size_t thread)
{
    const msm *work = ctx;
    (void)thread;
    crew_range range = crew_part(work->size.n_scalars, work->n_parts, part);
    recode_output out = {&work->plan, arena_words(work, work->plan.ones_at), arena_words(work, work->plan.order_at),
                         (uint16_t *)(void *)(work->arena + work->plan.digits_at)};
    recode_part(work->scalars, range.begin, range.end, work->part_cursors[part], &out);
}

/* The cursors of each part: scalars of more windows come first, and within a number of windows the parts in order. */
static void place_parts(msm *work)
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

/* ---- one run for all pieces ----
 * Items: `ahead` pieces are sorted, then for each piece another is sorted `ahead` of it and its own slices are summed. Sorted
 * pieces take turns in plan.n_places places. An item waits for none but earlier ones, which have been started, and seldom. */

static void await_none(const atomic_size_t *left)
{
    while (atomic_load_explicit(left, memory_order_acquire) != 0)
        sched_yield();
}

/* The entries of a piece and the bounds of its buckets. */
static uint32_t *piece_entries(const msm *work, unsigned piece)
{
    if (piece == 0)
        return arena_words(work, work->plan.ones_at);
    return arena_words(work, work->plan.sorted_at) + piece % work->plan.n_places * work->plan.n_rest;
}

static uint32_t *piece_starts(const msm *work, unsigned piece)
{
    return arena_words(work, work->plan.starts_at) + piece % work->plan.n_places * msm_piece_starts(&work->plan);
}

static void sort_piece(const msm *work, unsigned piece)
{
    const msm_plan *plan = &work->plan;
    uint32_t *starts = piece_starts(work, piece);
    if (piece == 0) { /* one bucket, of weight 1 */
        starts[0] = starts[1] = 0;
        starts[2] = (uint32_t)plan->n_ones;
        return;
    }
    const uint16_t *digits = (const uint16_t *)(const void *)(work->arena + plan->digits_at);
    recode_sort(digits + plan->digits_first[piece - 1], arena_words(work, plan->order_at), plan->reach[piece - 1],
                plan->width, starts, piece_entries(work, piece));
}

static void sort_in_turn(msm *work, unsigned piece)
{
    if (piece >= work->plan.n_places)
        await_none(&work->unsummed[piece - work->plan.n_places]);
    sort_piece(work, piece);
    atomic_store_explicit(&work->unsorted[piece], 0, memory_order_release);
}

/* A slice of a piece for one query; first: the number of the piece's first slice. */
static void sum_slice(const msm *work, unsigned piece, size_t first, size_t slice, size_t query, size_t thread)
{
    const msm_plan *plan = &work->plan;
    const uint32_t *starts = piece_starts(work, piece) + 1; /* without the zero digits' */
    const bucket_list list = {piece_entries(work, piece), starts, piece == 0 ? 1 : window_buckets(plan->width)};
    crew_range range = crew_part(starts[list.n_buckets], msm_piece_slices(plan, work->cut, piece), slice);
    uint8_t *scratch = work->arena + plan->scratch_at + thread * bucket_scratch_bytes();
    const size_t number = first + slice;
    if (query < work->n_g2) {
        g2_bucket_sum(&list, range, &work->g2[query], scratch, &work->g2_sums[query * work->cut.n_slices + number]);
    } else {
        query -= work->n_g2;
        g1_bucket_sum(&list, range, &work->g1[query], scratch, &work->g1_sums[query * work->cut.n_slices + number]);
    }
}

/* Items of a piece: the sort ahead of it, then every slice for the first G2 query, and so on; the G1 queries come last because
 * theirs are shorter. */
static void piece_task(void *ctx, size_t item, size_t thread)
{
    msm *work = ctx;
    const msm_plan *plan = &work->plan;
    const unsigned ahead = msm_sorted_ahead(plan);
    unsigned piece = 0;
    if (item < ahead) {
        sort_in_turn(work, (unsigned)item);
        return;
    }
    item -= ahead;
    for (size_t first = 0;; piece++) {
        const size_t n_slices = msm_piece_slices(plan, work->cut, piece), n_sums = n_slices * (work->n_g1 + work->n_g2);
        const size_t n_sorts = piece + ahead < plan->n_pieces;
        if (item < n_sorts) {
            sort_in_turn(work, piece + ahead);
            return;
        }
        item -= n_sorts;
        if (item < n_sums) {
            await_none(&work->unsorted[piece]);
            sum_slice(work, piece, first, item % n_slices, item / n_slices, thread);
            atomic_fetch_sub_explicit(&work->unsummed[piece], 1, memory_order_release);
            return;
        }
        item -= n_sums;
        first += n_slices;
    }
}

static void sum_pieces(crew *threads, msm *work)
{
    const msm_plan *plan = &work->plan;
    const size_t n_queries = work->n_g1 + work->n_g2;
    for (unsigned piece = 0; piece < plan->n_pieces; piece++) {
        atomic_init(&work->unsorted[piece], 1);
        atomic_init(&work->unsummed[piece], msm_piece_slices(plan, work->cut, piece) * n_queries);
    }
    crew_run(threads, plan->n_pieces + work->cut.n_slices * n_queries, piece_task, work);
}

/* out = ones + sum over w of 2^(width w) window w (Horner); a piece is the sum of its slices, which come piece by piece. */
#define DEFINE_JOIN(GROUP)                                                                        \
    static void GROUP##_join(const msm *work, const GROUP##_xyzz *sums, GROUP##_xyzz *out)        \
    {                                                                                             \
        const msm_plan *plan = &work->plan;                                                       \
        size_t at = work->cut.n_slices;                                                           \
        GROUP##_set_infinity(out);                                                                \
        for (unsigned piece = plan->n_pieces; piece-- > 0;) {                                     \
            for (unsigned i = 0; piece + 1 < plan->n_pieces && piece > 0 && i < plan->width; i++) \
                GROUP##_dbl(out, out);                                                            \
            for (size_t i = msm_piece_slices(plan, work->cut, piece); i-- > 0;)                   \
                GROUP##_add(out, out, &sums[--at]);                                               \
        }                                                                                         \
    }
DEFINE_JOIN(g1)
DEFINE_JOIN(g2)

static pt_status check_queries(const msm_query *queries, size_t n_queries, size_t n_scalars, pt_err *err)
{
    for (size_t i = 0; i < n_queries; i++) {
        const msm_query *q = &queries[i];
        if (q->first > n_scalars || q->n > n_scalars - q->first)
            return pt_fail(err, PT_E_ARG, "MSM query %zu: points for %zu scalars from %zu on, but there are %zu", i, q->n,
                           q->first, n_scalars);
    }
    return PT_OK;
}

static msm_shape shape_of(const msm_size *size, unsigned width, const scalar_lengths *lengths)
{
    return (msm_shape){lengths,    width,           size->n_threads, size->n_g1,
                       size->n_g2, sizeof(g1_xyzz), sizeof(g2_xyzz), bucket_scratch_bytes()};
}

static size_t parts_max(const msm_size *size)
{
    size_t most = size->n_threads * PARTS_PER_THREAD, n_parts = size->n_scalars / PART_SCALARS + 1;
    return n_parts < most ? n_parts : most;
}

/* The struct itself, the parts' lengths and their cursors: what lies in front of the planned arrays. */
static size_t front_bytes(size_t n_parts)
{
    return msm_array_bytes(1, sizeof(msm)) + msm_array_bytes(n_parts, sizeof(scalar_lengths)) +
           msm_array_bytes(n_parts, (WINDOWS_MAX + 1) * sizeof(size_t));
}

static size_t memory_bytes(const msm_size *size, unsigned width)
{
    const msm_shape shape = shape_of(size, width, NULL);
    return front_bytes(parts_max(size)) + msm_plan_bytes(&shape, size->n_scalars);
}

size_t msm_memory_bytes(const msm_size *size)
{
    return memory_bytes(size, 0);
}

static msm *place_front(void *memory, const fr *scalars, const msm_size *size)
{
    msm *work = memory;
    memset(work, 0, sizeof *work);
    work->scalars = scalars;
    work->size = *size;
    work->n_parts = parts_max(size);
    work->part_lengths = (scalar_lengths *)(void *)((uint8_t *)memory + msm_array_bytes(1, sizeof *work));
    uint8_t *cursors = (uint8_t *)work->part_lengths + msm_array_bytes(work->n_parts, sizeof(scalar_lengths));
    work->part_cursors = (size_t(*)[WINDOWS_MAX + 1])(void *)cursors;
    work->arena = (uint8_t *)memory + front_bytes(work->n_parts);
    memset(work->part_lengths, 0, work->n_parts * sizeof(scalar_lengths));
    return work;
}

static pt_status begin_width(crew *threads, unsigned width, const fr *scalars, const msm_size *size, void *memory,
                             size_t n_bytes, msm **out, pt_err *err)
{
    if (size->n_scalars > ENTRY_INDEX_MASK)
        return pt_fail(err, PT_E_ARG, "MSM: %zu scalars; at most 2^31 - 1 are supported", size->n_scalars);
    msm *work = place_front(memory, scalars, size);
    scalar_lengths lengths = {{0}};
    crew_run(threads, work->n_parts, count_task, work);
    for (size_t part = 0; part < work->n_parts; part++)
        for (size_t bits = 0; bits <= SCALAR_BITS_MAX; bits++)
            lengths.of_bits[bits] += work->part_lengths[part].of_bits[bits];
    const msm_shape shape = shape_of(size, width, &lengths);
    msm_plan_make(&shape, n_bytes - front_bytes(work->n_parts), &work->plan);
    place_parts(work);
    crew_run(threads, work->n_parts, recode_task, work);
    *out = work;
    return PT_OK;
}

pt_status msm_begin(crew *threads, const fr *scalars, const msm_size *size, void *memory, msm **out, pt_err *err)
{
    return begin_width(threads, 0, scalars, size, memory, msm_memory_bytes(size), out, err);
}

pt_status msm_sum(crew *threads, msm *self, const msm_query *g1, size_t n_g1, g1_xyzz *out_g1, const msm_query *g2,
                  size_t n_g2, g2_xyzz *out_g2, pt_err *err)
{
    pt_status status = check_queries(g1, n_g1, self->size.n_scalars, err);
    if (status == PT_OK)
        status = check_queries(g2, n_g2, self->size.n_scalars, err);
    if (status != PT_OK)
        return status;
    self->g1 = g1;
    self->g2 = g2;
    self->n_g1 = n_g1;
    self->n_g2 = n_g2;
    self->cut = msm_slice(&self->plan, crew_share(threads), n_g1, n_g2); /* at most what memory is for */
    self->g1_sums = (g1_xyzz *)(void *)(self->arena + self->plan.sums_at);
    self->g2_sums =
        (g2_xyzz *)(void *)((uint8_t *)self->g1_sums + msm_array_bytes(n_g1 * self->cut.n_slices, sizeof(g1_xyzz)));
    sum_pieces(threads, self);
    for (size_t i = 0; i < n_g1; i++)
        g1_join(self, self->g1_sums + i * self->cut.n_slices, &out_g1[i]);
    for (size_t i = 0; i < n_g2; i++)
        g2_join(self, self->g2_sums + i * self->cut.n_slices, &out_g2[i]);
    return PT_OK;
}

pt_status msm_run_width(crew *threads, unsigned width, const fr *scalars, size_t n_scalars, const msm_query *g1,
                        size_t n_g1, g1_xyzz *out_g1, const msm_query *g2, size_t n_g2, g2_xyzz *out_g2, pt_err *err)
{
    const msm_size size = {n_scalars, crew_size(threads), n_g1, n_g2};
    size_t n_bytes = memory_bytes(&size, width);
    msm *work;
    void *memory = secret_alloc(n_bytes);
    if (memory == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for sums of %zu points: %zu bytes", n_scalars, n_bytes);
    pt_status status = begin_width(threads, width, scalars, &size, memory, n_bytes, &work, err);
    if (status == PT_OK)
        status = msm_sum(threads, work, g1, n_g1, out_g1, g2, n_g2, out_g2, err);
    secret_free(memory);
    return status;
}

pt_status msm_run(crew *threads, const fr *scalars, size_t n_scalars, const msm_query *g1, size_t n_g1, g1_xyzz *out_g1,
                  const msm_query *g2, size_t n_g2, g2_xyzz *out_g2, pt_err *err)
{
    return msm_run_width(threads, 0, scalars, n_scalars, g1, n_g1, out_g1, g2, n_g2, out_g2, err);
}
