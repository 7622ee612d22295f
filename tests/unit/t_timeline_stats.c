/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/pipeline/timeline_stats.h"

/* Times are multiples of a power of two, so that sums are exact in any order. */
#define TICK 0x1p-10

enum { N_TICKS = 600, N_SPANS_MAX = 60, N_RUNS = 400 };

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static timeline_span make_span(unsigned which, uint32_t partition, unsigned start, unsigned end, unsigned cpu)
{
    return (timeline_span){.start = start * TICK,
                           .end = end * TICK,
                           .cpu_seconds = cpu * TICK,
                           .bytes = 1000 + end,
                           .partition = partition,
                           .stage = (uint16_t)which,
                           .domain = TIMELINE_NO_DOMAIN};
}

static timeline_stats stats_of(timeline_span *spans, size_t n, size_t n_threads, double shortest_gap)
{
    timeline *recorder;
    timeline_list list;
    timeline_stats out;
    pt_err err = {0};
    assert_int_equal(timeline_create(n, &recorder, &err), PT_OK);
    for (size_t i = 0; i < n; i++)
        timeline_record(recorder, &spans[i]);
    assert_int_equal(timeline_read(recorder, &list, &err), PT_OK);
    assert_int_equal(timeline_stats_of(&list, n_threads, shortest_gap, &out, &err), PT_OK);
    timeline_list_clear(&list);
    timeline_destroy(recorder);
    return out;
}

static void assert_near(double found, double expected)
{
    if (fabs(found - expected) > 1e-12 * (1 + fabs(expected)))
        fail_msg("found %.17g, expected %.17g", found, expected);
}

/* Two partitions on two threads by hand, ticks:
 *   key        0..100                      (belongs to no partition)
 *   partition 0   synthesis 110..130, msm h 130..170
 *   partition 1   synthesis 120..140, msm h 180..200 */
static void the_figures_of_a_small_run_are_those_by_hand(void **state)
{
    (void)state;
    timeline_span spans[] = {
        make_span(STAGE_MSM_H, 1, 180, 200, 30),     make_span(STAGE_KEY, TIMELINE_NO_PARTITION, 0, 100, 100),
        make_span(STAGE_SYNTHESIS, 0, 110, 130, 40), make_span(STAGE_MSM_H, 0, 130, 170, 20),
        make_span(STAGE_SYNTHESIS, 1, 120, 140, 20),
    };
    timeline_stats s = stats_of(spans, 5, 2, 0);
    assert_near(s.window.from, 110 * TICK);
    assert_near(s.window.to, 200 * TICK);
    assert_int_equal(s.partitions.n, 2);
    assert_near(s.partitions.sum, (60 + 80) * TICK);
    assert_near(s.partitions.longest, 80 * TICK);
    assert_near(s.partitions_per_second, 2 / (90 * TICK));
    assert_near(s.in_flight, 140.0 / 90);
    assert_near(s.stage_seconds, 200 * TICK);
    assert_near(s.cpu_seconds, 210 * TICK);
    assert_near(s.utilisation, 110.0 / 180);
    assert_int_equal(s.idle.n, 1); /* 170..180 */
    assert_near(s.idle.sum, 10 * TICK);
    const stage_stats *h = &s.stages[STAGE_MSM_H];
    assert_int_equal(h->spans.n, 2);
    assert_near(h->spans.mean, 30 * TICK);
    assert_near(h->spans.p50, 30 * TICK);
    assert_near(h->spans.p95, 39 * TICK);
    assert_near(h->spans.p99, 39.8 * TICK);
    assert_near(h->share, 0.3);
    assert_near(h->cpu_seconds, 50 * TICK);
    assert_int_equal(h->bytes, 2370);
    assert_int_equal(h->gaps.n, 1);
    assert_near(h->gaps.longest, 10 * TICK);
    assert_int_equal(s.stages[STAGE_SYNTHESIS].gaps.n, 0);
    assert_near(s.stages[STAGE_KEY].share, 0.5);
    assert_int_equal(s.stages[STAGE_VERIFY].spans.n, 0);
}

/* ---- the same figures another way: tick by tick ---- */

static bool is_of(const timeline_span *span, unsigned which)
{
    return which == TIMELINE_ANY_STAGE || span->stage == which;
}

/* Is a span of the stage (or of any) running in the tick that begins at t? */
static bool runs_at(const timeline_span *spans, size_t n, unsigned which, unsigned t)
{
    for (size_t i = 0; i < n; i++)
        if (is_of(&spans[i], which) && spans[i].start <= t * TICK && spans[i].end > t * TICK)
            return true;
    return false;
}

static gap_stats gaps_by_ticks(const timeline_span *spans, size_t n, unsigned which, timeline_window within,
                               unsigned shortest)
{
    gap_stats out = {0};
    unsigned length = 0, to = (unsigned)(within.to / TICK);
    for (unsigned t = (unsigned)(within.from / TICK); t <= to; t++) {
        if (t < to && !runs_at(spans, n, which, t)) {
            length++;
            continue;
        }
        if (length > 0 && length >= shortest) {
            out.n++;
            out.sum += length * TICK;
            out.longest = fmax(out.longest, length * TICK);
        }
        length = 0;
    }
    return out;
}

static void assert_same_gaps(gap_stats found, gap_stats expected)
{
    assert_int_equal(found.n, expected.n);
    assert_near(found.sum, expected.sum);
    assert_near(found.longest, expected.longest);
}

/* The k-th smallest, by counting. */
static double ranked(const double *samples, size_t n, size_t k)
{
    for (size_t i = 0; i < n; i++) {
        size_t below = 0, same = 0;
        for (size_t j = 0; j < n; j++) {
            below += samples[j] < samples[i];
            same += samples[j] <= samples[i] && samples[j] >= samples[i];
        }
        if (below <= k && k < below + same)
            return samples[i];
    }
    return -1;
}

static double quantile_by_rank(const double *samples, size_t n, double q)
{
    double at = q * (double)(n - 1), below = floor(at);
    double low = ranked(samples, n, (size_t)below), high = ranked(samples, n, (size_t)ceil(at));
    return low * (1 - (at - below)) + high * (at - below);
}

static void check_durations(const duration_stats *found, const double *samples, size_t n)
{
    double sum = 0, longest = 0;
    for (size_t i = 0; i < n; i++) {
        sum += samples[i];
        longest = fmax(longest, samples[i]);
    }
    assert_int_equal(found->n, n);
    assert_near(found->sum, sum);
    assert_near(found->longest, longest);
    if (n == 0)
        return;
    assert_near(found->mean, sum / (double)n);
    assert_near(found->p50, quantile_by_rank(samples, n, 0.5));
    assert_near(found->p95, quantile_by_rank(samples, n, 0.95));
    assert_near(found->p99, quantile_by_rank(samples, n, 0.99));
}

static void check_stage(const timeline_stats *found, const timeline_span *spans, size_t n, unsigned which,
                        unsigned shortest)
{
    double samples[N_SPANS_MAX], cpu_seconds = 0, all_seconds = 0, own_seconds = 0;
    size_t n_samples = 0;
    timeline_window window = {1e9, 0};
    for (size_t i = 0; i < n; i++) {
        double seconds = spans[i].end - spans[i].start;
        all_seconds += seconds;
        if (spans[i].stage != which)
            continue;
        samples[n_samples++] = seconds;
        own_seconds += seconds;
        cpu_seconds += spans[i].cpu_seconds;
        window = (timeline_window){fmin(window.from, spans[i].start), fmax(window.to, spans[i].end)};
    }
    const stage_stats *own = &found->stages[which];
    check_durations(&own->spans, samples, n_samples);
    assert_near(own->cpu_seconds, cpu_seconds);
    assert_near(own->share, all_seconds > 0 ? own_seconds / all_seconds : 0);
    if (n_samples > 0)
        assert_same_gaps(own->gaps, gaps_by_ticks(spans, n, which, window, shortest));
}

static void check_partitions(const timeline_stats *found, const timeline_span *spans, size_t n, size_t n_threads,
                             unsigned shortest)
{
    double samples[N_SPANS_MAX], cpu_seconds = 0, in_flight = 0;
    size_t n_samples = 0;
    timeline_window window = {1e9, 0};
    for (uint32_t p = 0; p < N_SPANS_MAX; p++) {
        double from = 1e9, to = -1;
        for (size_t i = 0; i < n; i++)
            if (spans[i].partition == p) {
                from = fmin(from, spans[i].start);
                to = fmax(to, spans[i].end);
                cpu_seconds += spans[i].cpu_seconds;
            }
        if (to < 0)
            continue;
        samples[n_samples++] = to - from;
        in_flight += to - from;
        window = (timeline_window){fmin(window.from, from), fmax(window.to, to)};
    }
    check_durations(&found->partitions, samples, n_samples);
    if (n_samples == 0)
        return;
    double seconds = window.to - window.from;
    assert_near(found->window.from, window.from);
    assert_near(found->window.to, window.to);
    assert_near(found->partitions_per_second, seconds > 0 ? (double)n_samples / seconds : 0);
    assert_near(found->in_flight, seconds > 0 ? in_flight / seconds : 0);
    assert_near(found->utilisation, seconds > 0 ? cpu_seconds / ((double)n_threads * seconds) : 0);
    assert_same_gaps(found->idle, gaps_by_ticks(spans, n, TIMELINE_ANY_STAGE, window, shortest));
}

static void random_runs_have_the_figures_counted_tick_by_tick(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= N_RUNS; seed++) {
        uint64_t random = seed;
        timeline_span spans[N_SPANS_MAX];
        size_t n = next_random(&random) % (N_SPANS_MAX + 1), n_threads = 1 + next_random(&random) % 8;
        unsigned shortest = (unsigned)(next_random(&random) % 6);
        for (size_t i = 0; i < n; i++) {
            unsigned start = (unsigned)(next_random(&random) % (N_TICKS - 40)),
                     length = (unsigned)(next_random(&random) % 40);
            uint32_t partition = (uint32_t)(next_random(&random) % 12);
            spans[i] = make_span((unsigned)(next_random(&random) % STAGE_COUNT),
                                 partition == 11 ? TIMELINE_NO_PARTITION : partition, start, start + length,
                                 (unsigned)(next_random(&random) % 80));
        }
        timeline_stats found = stats_of(spans, n, n_threads, shortest * TICK);
        for (unsigned s = 0; s < STAGE_COUNT; s++)
            check_stage(&found, spans, n, s, shortest);
        check_partitions(&found, spans, n, n_threads, shortest);
    }
}

/* Partitions 0 and 1, 2 and 3, 4 alone. */
static void proofs_take_from_their_first_span_to_their_last(void **state)
{
    (void)state;
    timeline_span spans[] = {make_span(STAGE_KEY, TIMELINE_NO_PARTITION, 0, 9, 0),
                             make_span(STAGE_MSM_H, 1, 10, 20, 0),
                             make_span(STAGE_MSM_H, 2, 15, 30, 0),
                             make_span(STAGE_MSM_H, 0, 20, 50, 0),
                             make_span(STAGE_MSM_H, 3, 40, 41, 0),
                             make_span(STAGE_MSM_H, 4, 60, 61, 0)};
    const timeline_list list = {spans, 6};
    duration_stats proofs;
    pt_err err = {0};
    assert_int_equal(timeline_proofs_of(&list, 2, &proofs, &err), PT_OK);
    assert_int_equal(proofs.n, 3);
    assert_near(proofs.sum, (40 + 26 + 1) * TICK);
    assert_near(proofs.p50, 26 * TICK);
    assert_near(proofs.longest, 40 * TICK);
    assert_int_equal(timeline_proofs_of(&(timeline_list){0}, 2, &proofs, &err), PT_OK);
    assert_int_equal(proofs.n, 0);
}

static void gaps_at_the_edges_of_a_window_count(void **state)
{
    (void)state;
    timeline_span spans[] = {make_span(STAGE_KEY, 0, 10, 20, 0), make_span(STAGE_KEY, 1, 30, 40, 0)};
    const timeline_list list = {spans, 2};
    timeline_gaps walk = timeline_gaps_in(&list, STAGE_KEY, (timeline_window){5 * TICK, 25 * TICK}, 0);
    timeline_window gap;
    assert_true(timeline_next_gap(&walk, &gap));
    assert_near(gap.from, 5 * TICK);
    assert_near(gap.to, 10 * TICK);
    assert_true(timeline_next_gap(&walk, &gap));
    assert_near(gap.from, 20 * TICK);
    assert_near(gap.to, 25 * TICK);
    assert_false(timeline_next_gap(&walk, &gap));
    walk = timeline_gaps_in(&list, STAGE_WRITE, (timeline_window){5 * TICK, 35 * TICK}, 0);
    assert_true(timeline_next_gap(&walk, &gap));
    assert_near(gap.to - gap.from, 30 * TICK);
    assert_false(timeline_next_gap(&walk, &gap));
}

static void nothing_recorded_gives_zeroes(void **state)
{
    (void)state;
    timeline_stats zero = {.n_threads = 3, .shortest_gap = 1}, found = stats_of(NULL, 0, 3, 1);
    assert_memory_equal(&found, &zero, sizeof zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_figures_of_a_small_run_are_those_by_hand),
        cmocka_unit_test(random_runs_have_the_figures_counted_tick_by_tick),
        cmocka_unit_test(proofs_take_from_their_first_span_to_their_last),
        cmocka_unit_test(gaps_at_the_edges_of_a_window_count),
        cmocka_unit_test(nothing_recorded_gives_zeroes),
    };
    return cmocka_run_group_tests_name("timeline_stats", tests, NULL, NULL);
}
