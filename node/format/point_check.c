/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/point_check.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Points a task takes: some 100 us of work, or a batch of random subset sums. */
enum { CHUNK_ON_CURVE = 2048, CHUNK_IN_SUBGROUP = 4, BATCH_MIN = 256 };

typedef struct {
    const pt_curve *curve;
    const point_span *spans;
    size_t first_item[POINT_SPANS_MAX + 1];
    uint8_t seed_key[sizeof((subset_seed *)0)->key];
    uint8_t *scratch; /* for batches, each thread's; NULL if no span has any */
    size_t scratch_bytes;
    _Atomic uint64_t first_bad; /* place_of, the smallest seen */
} check;

/* A bad point as a number: the order of these is that of the spans and of the points in them. */
static uint64_t place_of(size_t span, size_t index, point_fault fault)
{
    return (uint64_t)span << 48 | (uint64_t)index << 2 | fault;
}

static void report(check *c, uint64_t place)
{
    uint64_t seen = atomic_load(&c->first_bad);
    while (place < seen && !atomic_compare_exchange_weak(&c->first_bad, &seen, place))
        ;
}

static bool in_batches(const point_span *span)
{
    return span->rule != POINTS_ON_CURVE && span->n >= BATCH_MIN;
}

static size_t chunk_of(const point_span *span)
{
    return span->rule == POINTS_ON_CURVE ? CHUNK_ON_CURVE : in_batches(span) ? SUBGROUP_BATCH_MAX : CHUNK_IN_SUBGROUP;
}

/* Of points on the curve. The item is the batch's number. */
static size_t find_outside(const check *c, const point_span *span, const uint8_t *points, size_t n, size_t item,
                           size_t thread)
{
    const pt_curve *curve = c->curve;
    if (!in_batches(span))
        return span->group == 1 ? curve->g1_find_outside(points, n) : curve->g2_find_outside(points, n);
    subset_seed seed = {.batch = item};
    memcpy(seed.key, c->seed_key, sizeof seed.key);
    void *scratch = c->scratch + thread * c->scratch_bytes;
    return span->group == 1 ? curve->g1_find_outside_batch(points, n, &seed, scratch)
                            : curve->g2_find_outside_batch(points, n, &seed, scratch);
}

static size_t find_infinity(const uint8_t *points, size_t point_bytes, size_t n)
{
    size_t i = 0;
    while (i < n && !sodium_is_zero(points + i * point_bytes, point_bytes))
        i++;
    return i;
}

static void check_chunk(void *ctx, size_t item, size_t thread)
{
    check *c = ctx;
    size_t s = 0;
    while (item >= c->first_item[s + 1])
        s++;
    const point_span *span = &c->spans[s];
    size_t begin = (item - c->first_item[s]) * chunk_of(span);
    size_t n = span->n - begin < chunk_of(span) ? span->n - begin : chunk_of(span);
    size_t point_bytes = 2 * span->group * (size_t)c->curve->fq_bytes;
    const uint8_t *points = span->points + begin * point_bytes;
    size_t good = span->group == 1 ? c->curve->g1_find_off_curve(points, n) : c->curve->g2_find_off_curve(points, n);
    if (good < n)
        report(c, place_of(s, begin + good, POINT_OFF_CURVE));
    if (span->rule == POINTS_ON_CURVE)
        return;
    /* Only points of the curve may be asked for their subgroup. */
    size_t inside = find_outside(c, span, points, good, item, thread);
    if (inside < good)
        report(c, place_of(s, begin + inside, POINT_OUTSIDE));
    size_t finite = span->rule == POINTS_IN_SUBGROUP_FINITE ? find_infinity(points, point_bytes, good) : good;
    if (finite < good)
        report(c, place_of(s, begin + finite, POINT_INFINITE));
}

const char *point_fault_text(point_fault fault)
{
    static const char *const what[] = {[POINT_OFF_CURVE] = "is not on the curve",
                                       [POINT_INFINITE] = "is infinity",
                                       [POINT_OUTSIDE] = "is not in the subgroup of order r"};
    return what[fault];
}

/* The seed and the scratch, if there is a batch. */
static pt_status prepare_batches(check *c, size_t n_spans, size_t n_threads, const char *path, pt_err *err)
{
    size_t s = 0;
    while (s < n_spans && !in_batches(&c->spans[s]))
        s++;
    if (s == n_spans)
        return PT_OK;
    if (sodium_init() < 0)
        return pt_fail(err, PT_E_INTERNAL, "libsodium finds no source of randomness");
    randombytes_buf(c->seed_key, sizeof c->seed_key);
    c->scratch_bytes = (c->curve->outside_scratch_bytes() + 63) / 64 * 64;
    c->scratch = aligned_alloc(64, n_threads * c->scratch_bytes);
    if (c->scratch == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to check its points: %zu bytes", path, n_threads * c->scratch_bytes);
    return PT_OK;
}

pt_status points_find_bad(crew *threads, const pt_curve *curve, const char *path, const point_span *spans, size_t n_spans,
                          point_place *out, pt_err *err)
{
    check c = {.curve = curve, .spans = spans, .first_bad = UINT64_MAX};
    pt_status status = prepare_batches(&c, n_spans, threads == NULL ? 1 : crew_size(threads), path, err);
    if (status != PT_OK)
        return status;
    for (size_t s = 0; s < n_spans; s++)
        c.first_item[s + 1] = c.first_item[s] + (spans[s].n + chunk_of(&spans[s]) - 1) / chunk_of(&spans[s]);
    if (threads != NULL)
        crew_run(threads, c.first_item[n_spans], check_chunk, &c);
    for (size_t item = 0; threads == NULL && item < c.first_item[n_spans]; item++)
        check_chunk(&c, item, 0);
    free(c.scratch);
    uint64_t bad = atomic_load(&c.first_bad);
    if (bad == UINT64_MAX)
        *out = (point_place){.span = n_spans};
    else
        *out = (point_place){(size_t)(bad >> 48), (size_t)(bad >> 2 & (((uint64_t)1 << 46) - 1)), (point_fault)(bad & 3)};
    return PT_OK;
}

pt_status points_check(crew *threads, const pt_curve *curve, const char *path, const point_span *spans, size_t n_spans,
                       pt_err *err)
{
    point_place bad;
    pt_status status = points_find_bad(threads, curve, path, spans, n_spans, &bad, err);
    if (status != PT_OK || bad.span == n_spans)
        return status;
    return pt_fail(err, PT_E_FORMAT, "%s: %s: point %zu of %zu %s", path, spans[bad.span].where, bad.index,
                   spans[bad.span].n, point_fault_text(bad.fault));
}
