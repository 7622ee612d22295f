/* SPDX-License-Identifier: Apache-2.0 */
/* What a rank has recorded, on its way to the root: span_source.c answers, span_gather.c asks. */
#include "mpi/cluster/span_gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mpi/cluster/span_source.h"

enum { RANK = 1, N_SPANS = 2 * WIRE_SPANS_MAX + 7 };

static const double patience_s = 3;

typedef struct {
    timeline *recorded;
    span_source *source;
    span_gather *gather;
    double now;
} talk;

static void record(talk *t, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        timeline_record(t->recorded, &(timeline_span){.start = i, .end = i + 0.5, .partition = i, .stage = STAGE_VERIFY});
}

static wire_device a_device(const void *ctx)
{
    (void)ctx;
    return (wire_device){"H200", "0000:3b:00.0", 2, 40, 1};
}

static int begin(void **state)
{
    static talk t;
    pt_err err = {0};
    span_source_setup setup = {.n_threads = 5, .device = a_device};
    t = (talk){.now = 100};
    *state = &t;
    if (timeline_create(N_SPANS, &t.recorded, &err) != PT_OK)
        return 1;
    setup.recorded = t.recorded;
    return span_source_create(&setup, &t.source, &err) != PT_OK || span_gather_create(2, &t.gather, &err) != PT_OK;
}

static int end(void **state)
{
    talk *t = *state;
    span_gather_destroy(t->gather);
    span_source_destroy(t->source);
    timeline_destroy(t->recorded);
    return 0;
}

static gather_step next(talk *t, uint32_t *first)
{
    *first = UINT32_MAX;
    return span_gather_next(t->gather, RANK, t->now, patience_s, first);
}

static void pong_after(talk *t, double took_s)
{
    span_gather_take(t->gather, RANK,
                     &(wire_frame){.type = WIRE_PONG, .of.pong = {.asked = t->now - took_s, .now = 7000 + t->now}}, t->now);
}

static void pong(talk *t)
{
    pong_after(t, 0.001);
}

/* The worker's answer, as it comes through a frame's bytes. */
static void answer(talk *t, uint32_t first)
{
    pt_err err = {0};
    wire_room there = {0}, here = {0};
    wire_frame told, heard;
    assert_true(span_source_fill(t->source, first, &told));
    assert_int_equal(wire_write(&told, &there, &err), PT_OK);
    assert_int_equal(wire_read(there.bytes, there.n_bytes, &here, &heard, &err), PT_OK);
    span_gather_take(t->gather, RANK, &heard, t->now);
    wire_room_clear(&there);
    wire_room_clear(&here);
}

static void expect_all(const talk *t, uint32_t n)
{
    const gathered all = span_gather_look(t->gather, RANK);
    const double origin = timeline_origin(t->recorded);
    assert_true(all.is_whole);
    assert_int_equal(all.n, n);
    assert_int_equal(all.n_threads, 5);
    assert_string_equal(all.device.name, "H200");
    assert_string_equal(all.device.pci, "0000:3b:00.0");
    assert_true(all.device.index == 2 && all.device.n_proven == 40 && all.device.n_instead == 1);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(all.spans[i].partition, i);
        assert_true(all.spans[i].start == i + origin && all.spans[i].end == i + 0.5 + origin);
    }
}

static void spans_come_in_parts_and_clocks_between_them(void **state)
{
    talk *t = *state;
    uint32_t first, n_asked = 0;
    gather_step step;
    record(t, N_SPANS);
    while ((step = next(t, &first)) == GATHER_ASK) {
        assert_int_equal(first, n_asked < 3 ? n_asked * WIRE_SPANS_MAX : N_SPANS);
        pong(t);
        answer(t, first);
        t->now += 0.002;
        n_asked++;
    }
    assert_int_equal(step, GATHER_DONE);
    assert_int_equal(n_asked, 8); /* the clock is looked at so often */
    expect_all(t, N_SPANS);
}

static void slow_exchanges_are_repeated_but_not_for_ever(void **state)
{
    talk *t = *state;
    uint32_t first, n_asked = 0;
    record(t, 1);
    for (; next(t, &first) == GATHER_ASK; n_asked++) {
        pong_after(t, 0.04);
        answer(t, first);
        t->now += 0.05;
    }
    assert_int_equal(n_asked, 64);
    expect_all(t, 1);
}

static void what_comes_twice_or_late_is_passed_over(void **state)
{
    talk *t = *state;
    uint32_t first;
    record(t, N_SPANS);
    answer(t, 0); /* unasked: of another run's end */
    assert_false(span_gather_look(t->gather, RANK).is_whole);
    for (uint32_t i = 0; i < 12; i++) {
        if (next(t, &first) != GATHER_ASK)
            break;
        answer(t, first);
        answer(t, first);
        answer(t, 0);
        answer(t, N_SPANS + 5);
        pong(t);
        t->now += 0.1;
    }
    assert_int_equal(next(t, &first), GATHER_DONE);
    expect_all(t, N_SPANS);
}

/* What is recorded between two parts is not in the second: numbers would shift. */
static void all_parts_are_of_one_whole(void **state)
{
    talk *t = *state;
    wire_frame told;
    record(t, 10);
    assert_true(span_source_fill(t->source, 0, &told));
    record(t, 3);
    assert_true(span_source_fill(t->source, 4, &told));
    assert_int_equal(told.of.spans.n_in_all, 10);
    assert_int_equal(told.of.spans.n, 6);
    assert_int_equal(told.of.spans.first, 4);
}

static void what_is_lost_is_asked_for_again(void **state)
{
    talk *t = *state;
    uint32_t first;
    record(t, 3);
    assert_int_equal(next(t, &first), GATHER_ASK);
    t->now += 0.01;
    assert_int_equal(next(t, &first), GATHER_WAIT);
    t->now += 0.05;
    assert_int_equal(next(t, &first), GATHER_ASK);
    assert_int_equal(first, 0);
    answer(t, first);
    t->now += 0.01;
    assert_int_equal(next(t, &first), GATHER_ASK); /* at once: it was answered */
    assert_int_equal(first, 3);
}

static void who_does_not_answer_is_given_up(void **state)
{
    talk *t = *state;
    uint32_t first;
    gather_step step = GATHER_ASK;
    const double began = t->now;
    for (; step != GATHER_GIVEN_UP && t->now < began + 10; t->now += 0.02)
        step = next(t, &first);
    assert_int_equal(step, GATHER_GIVEN_UP);
    assert_true(t->now > began + patience_s && t->now < began + patience_s + 1);
    assert_false(span_gather_look(t->gather, RANK).is_whole);
}

/* The root was stopped, and all ranks may have been. */
static void a_pause_of_the_root_costs_no_rank_its_timeline(void **state)
{
    talk *t = *state;
    uint32_t first;
    record(t, 1);
    assert_int_equal(next(t, &first), GATHER_ASK);
    t->now += 100 * patience_s;
    assert_int_equal(next(t, &first), GATHER_ASK);
    answer(t, first);
    assert_true(span_gather_look(t->gather, RANK).n == 1);
}

static void times_that_no_clock_says_are_put_right(void **state)
{
    talk *t = *state;
    pt_err err = {0};
    wire_room room = {0};
    wire_frame told;
    timeline_record(t->recorded, &(timeline_span){.start = 2, .end = 1, .cpu_seconds = -1, .stage = STAGE_WRITE});
    timeline_record(t->recorded, &(timeline_span){.start = -1e9, .end = -1e9, .stage = STAGE_WRITE});
    assert_true(span_source_fill(t->source, 0, &told));
    assert_int_equal(wire_write(&told, &room, &err), PT_OK);
    wire_room_clear(&room);
}

static void another_process_has_another_clock(void **state)
{
    talk *t = *state;
    uint32_t first;
    record(t, 3);
    pong(t);
    assert_int_equal(span_gather_look(t->gather, RANK).clock->n, 1);
    assert_int_equal(next(t, &first), GATHER_ASK);
    answer(t, first);
    span_gather_forget(t->gather, RANK);
    assert_int_equal(span_gather_look(t->gather, RANK).clock->n, 0);
    assert_false(span_gather_look(t->gather, RANK).is_whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(spans_come_in_parts_and_clocks_between_them, begin, end),
        cmocka_unit_test_setup_teardown(slow_exchanges_are_repeated_but_not_for_ever, begin, end),
        cmocka_unit_test_setup_teardown(what_comes_twice_or_late_is_passed_over, begin, end),
        cmocka_unit_test_setup_teardown(all_parts_are_of_one_whole, begin, end),
        cmocka_unit_test_setup_teardown(what_is_lost_is_asked_for_again, begin, end),
        cmocka_unit_test_setup_teardown(who_does_not_answer_is_given_up, begin, end),
        cmocka_unit_test_setup_teardown(a_pause_of_the_root_costs_no_rank_its_timeline, begin, end),
        cmocka_unit_test_setup_teardown(times_that_no_clock_says_are_put_right, begin, end),
        cmocka_unit_test_setup_teardown(another_process_has_another_clock, begin, end),
    };
    return cmocka_run_group_tests_name("span_gather", tests, NULL, NULL);
}
