/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/pipeline/crew.h"
#include "node/pipeline/timeline.h"

enum { N_THREADS = 4, N_EACH = 20000, N_ALL = N_THREADS * N_EACH };

/* Every field follows from row and partition: half a span shows. */
static timeline_span make_span(size_t row, size_t partition)
{
    double start = (double)((partition * 7919 + row) % 1000);
    return (timeline_span){.start = start,
                           .end = start + (double)row + 1,
                           .cpu_seconds = 2 * start,
                           .bytes = partition * 1000 + row,
                           .partition = (uint32_t)partition,
                           .stage = (uint16_t)(partition % STAGE_COUNT),
                           .row = (uint16_t)row,
                           .domain = (uint16_t)(row + 10)};
}

static timeline *create(size_t capacity)
{
    timeline *self;
    pt_err err = {0};
    assert_int_equal(timeline_create(capacity, &self, &err), PT_OK);
    return self;
}

static timeline_list read_all(const timeline *self)
{
    timeline_list list;
    pt_err err = {0};
    assert_int_equal(timeline_read(self, &list, &err), PT_OK);
    return list;
}

/* Spans that are not what was recorded, or not in order. */
static size_t n_wrong(const timeline_list *list)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        const timeline_span *s = &list->spans[i];
        timeline_span expected = make_span(s->row, s->partition);
        n += memcmp(s, &expected, sizeof *s) != 0 || (i > 0 && list->spans[i - 1].start > s->start);
    }
    return n;
}

typedef struct {
    timeline *timeline;
    atomic_size_t n_begun, n_done, n_wrong;
} race;

static void read_while_others_record(race *r)
{
    pt_err err = {0};
    timeline_list seen;
    while (atomic_load(&r->n_done) < N_THREADS && timeline_read(r->timeline, &seen, &err) == PT_OK) {
        atomic_fetch_add(&r->n_wrong, n_wrong(&seen));
        timeline_list_clear(&seen);
    }
}

/* Item 0 reads until all others are done; those begin together. */
static void record_or_read(void *ctx, size_t item, size_t thread)
{
    race *r = ctx;
    (void)thread;
    for (atomic_fetch_add(&r->n_begun, 1); atomic_load(&r->n_begun) <= N_THREADS;)
        ;
    if (item == 0) {
        read_while_others_record(r);
        return;
    }
    for (size_t p = 0; p < N_EACH; p++) {
        timeline_span span = make_span(item - 1, p);
        timeline_record(r->timeline, &span);
    }
    atomic_fetch_add(&r->n_done, 1);
}

/* With spans that were cleared away beneath: a slot that is taken but not yet written must not show them. */
static timeline *create_used(size_t capacity)
{
    timeline *self = create(capacity);
    timeline_span wrong = make_span(0, 0);
    wrong.bytes++;
    for (size_t i = 0; i < capacity; i++)
        timeline_record(self, &wrong);
    timeline_clear(self);
    return self;
}

static void threads_that_record_at_once_lose_nothing(void **state)
{
    (void)state;
    race r = {.timeline = create_used(N_ALL)};
    crew *threads;
    pt_err err = {0};
    assert_int_equal(crew_create(N_THREADS + 1, &threads, &err), PT_OK);
    crew_run(threads, N_THREADS + 1, record_or_read, &r);
    crew_destroy(threads);
    timeline_list all = read_all(r.timeline);
    static bool found[N_THREADS][N_EACH];
    assert_int_equal(atomic_load(&r.n_wrong), 0);
    assert_int_equal(n_wrong(&all), 0);
    assert_int_equal(all.n, N_ALL);
    for (size_t i = 0; i < all.n; i++) {
        assert_false(found[all.spans[i].row][all.spans[i].partition]);
        found[all.spans[i].row][all.spans[i].partition] = true;
    }
    assert_int_equal(timeline_n_lost(r.timeline), 0);
    timeline_list_clear(&all);
    timeline_destroy(r.timeline);
}

static void spans_without_room_are_counted(void **state)
{
    (void)state;
    for (size_t capacity = 0; capacity < 4; capacity++) {
        timeline *self = create(capacity);
        for (size_t p = 0; p < 10; p++) {
            timeline_span span = make_span(1, p);
            timeline_record(self, &span);
            assert_int_equal(timeline_n_lost(self), p < capacity ? 0 : p + 1 - capacity);
        }
        timeline_list list = read_all(self);
        assert_int_equal(list.n, capacity);
        assert_int_equal(n_wrong(&list), 0);
        timeline_list_clear(&list);
        timeline_destroy(self);
    }
}

static void a_cleared_timeline_begins_anew(void **state)
{
    (void)state;
    timeline *self = create(2);
    for (size_t p = 0; p < 3; p++) {
        timeline_span span = make_span(0, p);
        timeline_record(self, &span);
    }
    timeline_clear(self);
    assert_int_equal(timeline_n_lost(self), 0);
    timeline_list list = read_all(self);
    assert_int_equal(list.n, 0);
    timeline_list_clear(&list);
    timeline_span span = make_span(0, 9);
    timeline_record(self, &span);
    list = read_all(self);
    assert_int_equal(list.n, 1);
    assert_int_equal(list.spans[0].partition, 9);
    timeline_list_clear(&list);
    timeline_destroy(self);
}

static void no_timeline_records_nothing(void **state)
{
    (void)state;
    timeline_span span = make_span(0, 0);
    timeline_record(NULL, &span);
    double before = timeline_now(NULL);
    assert_true(timeline_now(NULL) >= before);
    timeline_destroy(NULL);
}

static void a_timeline_beyond_memory_is_refused(void **state)
{
    (void)state;
    timeline *self;
    pt_err err = {0};
    assert_int_equal(timeline_create(SIZE_MAX / 64, &self, &err), PT_E_NOMEM);
}

/* Bounds far above what it costs (some 30 ns), so that a loaded machine passes and a lock or a system call does not. */
static void recording_costs_less_than_two_microseconds(void **state)
{
    enum { N = 100000 };
    (void)state;
    timeline *self = create(N);
    timeline_span span = make_span(0, 0);
    double start = timeline_cpu_now();
    for (size_t i = 0; i < N; i++) {
        span.start = timeline_now(self);
        span.end = timeline_now(self);
        timeline_record(self, &span);
    }
    double ns = 1e9 * (timeline_cpu_now() - start) / N;
    print_message("two clocks and a span: %.0f ns\n", ns);
    assert_true(ns < 2000);
    timeline_destroy(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_that_record_at_once_lose_nothing),
        cmocka_unit_test(spans_without_room_are_counted),
        cmocka_unit_test(a_cleared_timeline_begins_anew),
        cmocka_unit_test(no_timeline_records_nothing),
        cmocka_unit_test(a_timeline_beyond_memory_is_refused),
        cmocka_unit_test(recording_costs_less_than_two_microseconds),
    };
    return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
