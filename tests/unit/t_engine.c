/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/mapping_tests.inc.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>

#include "node/topo/placement.h"
#include "tests/unit/engine_tests.inc.h"
#include "tests/unit/thread_tests.inc.h"

/* ---- proofs ---- */

static void jobs_come_back_proven_in_the_order_of_submission(void **state)
{
    enum { N = 12 };
    (void)state;
    for (size_t n_in_flight = 1; n_in_flight <= 4; n_in_flight += 3)
        for (size_t n_threads = 1; n_threads <= 3; n_threads += 2) {
            rig r = rig_open((engine_setup){.options = {.n_threads = n_threads, .n_in_flight = n_in_flight}});
            engine_job jobs[N];
            assert_null(engine_next(r.engine));
            for (size_t i = 0; i < N; i++) {
                jobs[i] = job_of(&r, i % N_CIRCUITS);
                submit(&r, &jobs[i]);
            }
            for (size_t i = 0; i < N; i++)
                expect_proof(&r, i % N_CIRCUITS, &jobs[i]);
            assert_null(engine_next(r.engine));
            jobs[0] = job_of(&r, 1); /* and it goes on */
            submit(&r, &jobs[0]);
            expect_proof(&r, 1, &jobs[0]);
            rig_close(&r);
        }
}

static void a_witness_that_was_read_before_is_copied(void **state)
{
    (void)state;
    rig r = rig_of(2);
    engine_job jobs[N_CIRCUITS];
    for (size_t i = 0; i < N_CIRCUITS; i++) {
        jobs[i] = (engine_job){.key = r.keys[i], .witness = {.path = "ready"}, .ready = &circuits[i].witness};
        submit(&r, &jobs[i]);
    }
    for (size_t i = 0; i < N_CIRCUITS; i++)
        expect_proof(&r, i, &jobs[i]);
    rig_close(&r);
}

static void a_witness_is_read_from_its_file(void **state)
{
    (void)state;
    rig r = rig_of(1);
    witness_file file = file_of(&circuits[0].right);
    engine_job job = {.key = r.keys[0], .witness = {.path = file.path}};
    submit(&r, &job);
    expect_proof(&r, 0, &job);
    fclose(file.stream);
    rig_close(&r);
}

/* Whatever came of it before is forgotten. */
static void a_job_can_be_submitted_again(void **state)
{
    (void)state;
    rig r = rig_of(1);
    gate g = {.at = STAGE_SYNTHESIS, .go = true, .cancel = true};
    engine_job jobs[2] = {job_at_gate(&r, 0, &g), job_of(&r, 1)};
    for (size_t i = 0; i < 2; i++)
        submit(&r, &jobs[i]);
    expect_failure(&r, &jobs[0], PT_E_NOMEM, "right.wtns: cancelled");
    expect_proof(&r, 1, &jobs[1]);
    g.cancel = g.go = false;
    submit(&r, &jobs[0]);
    assert_true(comes_true(&g.there));
    assert_false(jobs[0].finished);
    atomic_store(&g.go, true);
    expect_proof(&r, 0, &jobs[0]);
    assert_null(engine_next(r.engine));
    rig_close(&r);
}

static void every_stage_is_reported_once_and_its_time_added(void **state)
{
    (void)state;
    rig r = rig_of(1);
    stage_times times = {{0}};
    gate g = {.at = STAGE_COUNT};
    engine_job job = job_at_gate(&r, 0, &g);
    g.watch.times = &times;
    submit(&r, &job);
    expect_proof(&r, 0, &job);
    double sum = 0;
    for (int s = STAGE_WITNESS; s <= STAGE_VERIFY; s++) {
        assert_int_equal(g.n_reports[s], 1);
        assert_true(times.seconds[s] > 0);
        sum += times.seconds[s];
    }
    assert_int_equal(g.n_reports[STAGE_KEY] + g.n_reports[STAGE_WRITE], 0);
    assert_true(sum <= job.seconds);
    rig_close(&r);
}

static void one_job_can_have_an_engine_to_itself(void **state)
{
    (void)state;
    engine_setup setup = {.options = {.n_threads = 2, .n_in_flight = 7}, .features = cpu_features_read()};
    engine_job job = {.witness = {.path = "ready"}, .ready = &circuits[2].witness};
    pt_err err = {0};
    assert_int_equal(engine_run_alone(&setup, circuits[2].key, &job, &err), PT_OK);
    assert_int_equal(job.err.code, PT_OK);
    assert_true(is_right(&circuits[2], &job));
    assert_null(job.key);
    engine_job_clear(&job);
    setup.options.n_threads = 0;
    assert_int_equal(engine_run_alone(&setup, circuits[2].key, &job, &err), PT_E_ARG);
    engine_job_clear(&job);
}

static void a_partition_a_thread_is_in_flight_but_two_on_one_and_one_on_two(void **state)
{
    (void)state;
    for (size_t n_threads = 1; n_threads <= 5; n_threads++) {
        const engine_setup setup = {.options = {.n_threads = n_threads}, .features = cpu_features_read()};
        engine *on;
        pt_err err = {0};
        assert_int_equal(engine_create(&setup, &on, &err), PT_OK);
        assert_int_equal(engine_figures_now(on).n_in_flight, n_threads == 2 ? 1 : n_threads < 2 ? 2 : n_threads);
        engine_destroy(on);
    }
}

static void no_threads_is_an_argument_error(void **state)
{
    (void)state;
    engine *none = NULL;
    pt_err err = {0};
    assert_int_equal(engine_create(&(engine_setup){.options = {.n_in_flight = 2}}, &none, &err), PT_E_ARG);
    assert_null(none);
    engine_destroy(NULL);
    engine_key_destroy(NULL);
}

/* ---- what goes first ---- */

static void a_larger_priority_begins_first_and_of_equal_ones_the_older(void **state)
{
    enum { N = 7 };
    static const int priorities[N] = {0, 5, -3, 5, 0, INT_MAX, INT_MIN};
    static const size_t turns[N] = {3, 1, 5, 2, 4, 0, 6};
    (void)state;
    rig r = rig_of(1);
    gate first = {.at = STAGE_SYNTHESIS}, others[N] = {{.at = STAGE_COUNT}};
    engine_job jobs[N + 1] = {job_at_gate(&r, 0, &first)};
    atomic_size_t n_begun = 0;
    submit(&r, &jobs[0]);
    await(&first.there); /* the only driver is at work */
    for (size_t i = 0; i < N; i++) {
        others[i] = (gate){.at = STAGE_COUNT, .n_begun = &n_begun};
        jobs[i + 1] = job_at_gate(&r, i % N_CIRCUITS, &others[i]);
        jobs[i + 1].priority = priorities[i];
        submit(&r, &jobs[i + 1]);
    }
    atomic_store(&first.go, true);
    expect_proof(&r, 0, &jobs[0]);
    for (size_t i = 0; i < N; i++) { /* the order in which they come back is another matter */
        expect_proof(&r, i % N_CIRCUITS, &jobs[i + 1]);
        assert_int_equal(others[i].turn, turns[i]);
    }
    rig_close(&r);
}

static void a_finished_job_waits_for_an_older_one(void **state)
{
    (void)state;
    rig r = rig_of(2);
    gate slow = {.at = STAGE_MSM_G1};
    engine_job older = job_at_gate(&r, 0, &slow), younger = job_of(&r, 1);
    submit(&r, &older);
    await(&slow.there);
    submit(&r, &younger);
    while (engine_figures_now(r.engine).arenas.kept_bytes == 0) /* the younger one has given its memory back */
        sleep_ms(1);
    atomic_store(&slow.go, true);
    expect_proof(&r, 0, &older);
    expect_proof(&r, 1, &younger);
    rig_close(&r);
}

static void who_waits_a_while_wakes_as_a_job_finishes(void **state)
{
    (void)state;
    rig r = rig_of(1);
    gate g = {.at = STAGE_SYNTHESIS};
    engine_job job = job_at_gate(&r, 0, &g);
    submit(&r, &job);
    await(&g.there);
    engine_wait_finished(r.engine, 1000);
    assert_null(engine_next_finished(r.engine));
    atomic_store(&g.go, true);
    engine_wait_finished(r.engine, UINT_MAX); /* more than an hour */
    assert_ptr_equal(engine_next_finished(r.engine), &job);
    assert_int_equal(job.err.code, PT_OK);
    engine_job_clear(&job);
    rig_close(&r);
}

static void as_many_are_in_flight_as_were_asked_for(void **state)
{
    enum { N_IN_FLIGHT = 3, N = 5 };
    (void)state;
    rig r = rig_of(N_IN_FLIGHT);
    atomic_size_t n_begun = 0;
    gate gates[N];
    engine_job jobs[N];
    for (size_t i = 0; i < N; i++) {
        gates[i] = (gate){.at = STAGE_SYNTHESIS, .n_begun = &n_begun};
        jobs[i] = job_at_gate(&r, 0, &gates[i]);
        submit(&r, &jobs[i]);
    }
    for (size_t i = 0; i < N_IN_FLIGHT; i++)
        await(&gates[i].there);
    assert_int_equal(n_begun, N_IN_FLIGHT);
    assert_int_equal(engine_figures_now(r.engine).arenas.n_mapped, N_IN_FLIGHT);
    assert_true(engine_is_proving(r.engine));
    for (size_t i = 0; i < N; i++)
        atomic_store(&gates[i].go, true);
    for (size_t i = 0; i < N; i++)
        expect_proof(&r, 0, &jobs[i]);
    assert_int_equal(engine_figures_now(r.engine).arenas.n_mapped, N_IN_FLIGHT);
    assert_false(engine_is_proving(r.engine));
    rig_close(&r);
}

static void reading_a_witness_is_not_proving(void **state)
{
    (void)state;
    rig r = rig_of(1);
    gate g = {.at = STAGE_WITNESS};
    engine_job job = job_at_gate(&r, 0, &g);
    assert_false(engine_is_proving(r.engine));
    submit(&r, &job);
    await(&g.there);
    assert_false(engine_is_proving(r.engine));
    atomic_store(&g.go, true);
    expect_proof(&r, 0, &job);
    rig_close(&r);
}

static void submitting_waits_while_the_queue_is_full(void **state)
{
    enum { DEPTH = 2, N = 1 + DEPTH + 1 };
    (void)state;
    rig r = rig_open((engine_setup){.options = {.n_in_flight = 1, .queue_depth = DEPTH}});
    gate g = {.at = STAGE_QUOTIENT};
    engine_job jobs[N] = {job_at_gate(&r, 0, &g)};
    submit(&r, &jobs[0]);
    await(&g.there);
    for (size_t i = 1; i < N; i++)
        jobs[i] = job_of(&r, i % N_CIRCUITS);
    for (size_t i = 1; i <= DEPTH; i++)
        submit(&r, &jobs[i]);
    submitter last = {.rig = &r, .job = &jobs[N - 1]};
    assert_int_equal(pthread_create(&last.id, NULL, submit_one, &last), 0);
    await_asleep(&last.thread);
    assert_false(last.done);
    atomic_store(&g.go, true);
    pthread_join(last.id, NULL);
    for (size_t i = 0; i < N; i++)
        expect_proof(&r, i % N_CIRCUITS, &jobs[i]);
    rig_close(&r);
}

/* ---- failures ---- */

static void a_job_that_fails_fails_alone_and_says_why(void **state)
{
    (void)state;
    rig r = rig_of(3);
    const tiny_circuit *c = &circuits[0], *larger = &circuits[1], *other = &circuits[2];
    const witness_image no_one = image_of(&c->witness);
    no_one.bytes[no_one.n_bytes - c->witness.n * (size_t)PT_FR_BYTES] = 2; /* value 0 is 2 */
    char curve[100], count[100], count_ready[100];
    snprintf(curve, sizeof curve, "x: a witness of curve %s, but the key is of %s", other->witness.curve->name,
             c->witness.curve->name);
    snprintf(count, sizeof count, "x: a witness of %u values, but the key's circuit has %u", c->witness.n,
             larger->witness.n);
    snprintf(count_ready, sizeof count_ready, "x: a witness of %u values, but the key's circuit has %u", larger->witness.n,
             c->witness.n);
    const struct {
        size_t key;
        input_source from;
        const wtns *ready;
        pt_status code;
        const char *message;
    } bad[] = {
        {0,
         {.path = "/no/such.wtns", .bytes = NULL, .n_bytes = 0},
         NULL,
         PT_E_NOINPUT,
         "/no/such.wtns: No such file or directory"},
        {0,
         {.path = "x", .bytes = c->wrong.bytes, .n_bytes = c->wrong.n_bytes},
         NULL,
         PT_E_VERIFY,
         "x: the proof does not verify: the witness does not satisfy the key's circuit"},
        {0,
         {.path = "x", .bytes = no_one.bytes, .n_bytes = no_one.n_bytes},
         NULL,
         PT_E_FORMAT,
         "x: section 2: value 0 is not 1"},
        {0, {.path = "x", .bytes = "wtns", .n_bytes = 4}, NULL, PT_E_FORMAT, NULL},
        {0, {.path = "x", .bytes = c->right.bytes, .n_bytes = c->right.n_bytes - 1}, NULL, PT_E_FORMAT, NULL},
        {0, {.path = "x", .bytes = other->right.bytes, .n_bytes = other->right.n_bytes}, NULL, PT_E_FORMAT, curve},
        {1, {.path = "x", .bytes = c->right.bytes, .n_bytes = c->right.n_bytes}, NULL, PT_E_FORMAT, count},
        {0, {.path = "x", .bytes = NULL, .n_bytes = 0}, &larger->witness, PT_E_FORMAT, count_ready},
    };
    enum { N_BAD = sizeof bad / sizeof *bad };
    engine_job failing[N_BAD], right[N_BAD];
    for (size_t i = 0; i < N_BAD; i++) {
        failing[i] = (engine_job){.key = r.keys[bad[i].key], .witness = bad[i].from, .ready = bad[i].ready};
        right[i] = job_of(&r, i % N_CIRCUITS);
        submit(&r, &failing[i]);
        submit(&r, &right[i]);
    }
    for (size_t i = 0; i < N_BAD; i++) {
        expect_failure(&r, &failing[i], bad[i].code, bad[i].message != NULL ? bad[i].message : failing[i].err.msg);
        assert_memory_equal(failing[i].err.msg, failing[i].witness.path, strlen(failing[i].witness.path));
        assert_true(failing[i].begun);
        expect_proof(&r, i % N_CIRCUITS, &right[i]);
    }
    assert_int_equal(engine_figures_now(r.engine).arenas.taken_bytes, 0);
    rig_close(&r);
    free(no_one.bytes);
}

static void a_cancelled_job_ends_before_its_next_stage(void **state)
{
    (void)state;
    for (stage at = STAGE_WITNESS; at < STAGE_VERIFY; at++) {
        rig r = rig_of(1);
        gate g = {.at = at};
        engine_job cancelled = job_at_gate(&r, 0, &g), other = job_of(&r, 1);
        submit(&r, &cancelled);
        await(&g.there);
        submit(&r, &other);
        atomic_store(&g.cancel, true);
        atomic_store(&g.go, true);
        expect_failure(&r, &cancelled, PT_E_NOMEM, "right.wtns: cancelled");
        for (int s = STAGE_WITNESS; s <= STAGE_VERIFY; s++)
            assert_int_equal(g.n_reports[s], s <= (int)at);
        expect_proof(&r, 1, &other);
        rig_close(&r);
    }
}

static void a_job_that_is_cancelled_before_it_begins_takes_no_memory(void **state)
{
    (void)state;
    rig r = rig_of(1);
    gate g = {.at = STAGE_COUNT, .cancel = true};
    engine_job cancelled = job_at_gate(&r, 0, &g);
    submit(&r, &cancelled);
    expect_failure(&r, &cancelled, PT_E_NOMEM, "right.wtns: cancelled");
    assert_int_equal(g.n_reports[STAGE_WITNESS], 0);
    assert_int_equal(engine_figures_now(r.engine).arenas.n_mapped, 0);
    rig_close(&r);
}

static void a_job_past_its_deadline_fails_and_one_before_it_does_not(void **state)
{
    (void)state;
    rig r = rig_of(1);
    gate g = {.at = STAGE_MSM_H};
    engine_job jobs[3] = {job_of(&r, 0), job_at_gate(&r, 1, &g), job_of(&r, 2)};
    jobs[0].deadline = clock_seconds() - 1;
    jobs[2].deadline = clock_seconds() + 1000;
    submit(&r, &jobs[0]);
    expect_failure(&r, &jobs[0], PT_E_NOMEM, "right.wtns: not proven by its deadline");
    jobs[1].deadline = clock_seconds() + 0.25; /* which passes in its fourth stage, or before */
    submit(&r, &jobs[1]);
    submit(&r, &jobs[2]);
    while (clock_seconds() <= jobs[1].deadline)
        sleep_ms(10);
    atomic_store(&g.go, true);
    expect_failure(&r, &jobs[1], PT_E_NOMEM, "right.wtns: not proven by its deadline");
    assert_int_equal(g.n_reports[STAGE_MSM_G1], 0);
    expect_proof(&r, 2, &jobs[2]);
    rig_close(&r);
}

/* ---- a placement ---- */

static void threads_are_where_the_plan_has_them(void **state)
{
    enum { N = 4, LOOKS = 5000 };
    (void)state;
    topology machine;
    placement plan;
    pt_err err = {0};
    assert_int_equal(topology_read(&machine, &err), PT_OK);
    const placement_request request = {.options = {.pin = CHOICE_ON}, .can_map = true};
    assert_int_equal(placement_make(&machine, &request, &plan, &err), PT_OK);
    for (size_t n_in_flight = 1; n_in_flight <= 2; n_in_flight++) {
        rig r = rig_open((engine_setup){.options = {.n_in_flight = n_in_flight}, .where = &plan, .machine = &machine});
        engine_job jobs[N];
        for (size_t i = 0; i < N; i++) {
            jobs[i] = job_of(&r, i % N_CIRCUITS);
            submit(&r, &jobs[i]);
        }
        for (size_t i = 0; i < N; i++)
            expect_proof(&r, i % N_CIRCUITS, &jobs[i]);
        engine_figures f = engine_figures_now(r.engine);
        for (int i = 0; i < LOOKS && f.n_bound < f.n_threads; i++) { /* some may not have begun yet */
            sleep_ms(1);
            f = engine_figures_now(r.engine);
        }
        assert_int_equal(f.n_threads,
                         plan.n_threads - (n_in_flight == 1 && plan.n_pools == 1)); /* that one is the driver */
        assert_int_equal(f.n_bound, f.n_threads);
        assert_int_equal(f.n_in_flight, n_in_flight);
        assert_int_equal(crew_size(engine_crew(r.engine)), plan.n_threads);
        rig_close(&r);
    }
    placement_clear(&plan);
    topology_clear(&machine);
}

/* Jobs that come while others run get crews of their own; the last alone has all pools, and the tail is another crew. */
static void crews_share_the_pools_and_the_tail_has_its_own(void **state)
{
    enum { N = 12 };
    (void)state;
    topology machine;
    placement plan;
    pt_err err = {0};
    assert_int_equal(topology_read_from("l3:3 core:2 pu:1", &machine, &err), PT_OK);
    for (size_t n_tail = 0; n_tail <= 3; n_tail++) {
        const placement_request request = {.options = {.pin = CHOICE_OFF, .n_tail_domains = n_tail}, .can_map = true};
        assert_int_equal(placement_make(&machine, &request, &plan, &err), PT_OK);
        rig r = rig_open((engine_setup){.options = request.options, .where = &plan, .machine = &machine});
        engine_job jobs[N];
        for (size_t i = 0; i < N; i++) {
            jobs[i] = job_of(&r, i % N_CIRCUITS);
            submit(&r, &jobs[i]);
        }
        for (size_t i = 0; i < N; i++)
            expect_proof(&r, i % N_CIRCUITS, &jobs[i]);
        const engine_figures f = engine_figures_now(r.engine);
        assert_int_equal(f.n_threads + f.n_bound, 0); /* none was to be bound */
        assert_int_equal(f.n_in_flight, 2 * plan.n_pools);
        rig_close(&r);
        placement_clear(&plan);
    }
    topology_clear(&machine);
}

/* ---- the timeline ---- */

static bool overlap(const timeline_span *a, const timeline_span *b)
{
    return a->start < b->end && b->start < a->end;
}

static void each_stage_of_each_partition_has_one_span(void **state)
{
    enum { N = 9, N_IN_FLIGHT = 3, N_STAGES = STAGE_VERIFY - STAGE_WITNESS + 1, CANCELLED = 4 };
    (void)state;
    timeline *line;
    pt_err err = {0};
    assert_int_equal(timeline_create(N * STAGE_COUNT, &line, &err), PT_OK);
    rig r = rig_open((engine_setup){.options = {.n_in_flight = N_IN_FLIGHT}, .timeline = line});
    gate g = {.at = STAGE_QUOTIENT, .go = true};
    engine_job jobs[N];
    for (size_t i = 0; i < N; i++) {
        jobs[i] = i == CANCELLED ? job_at_gate(&r, i % N_CIRCUITS, &g) : job_of(&r, i % N_CIRCUITS);
        if (i == CANCELLED)
            g.go = false;
        submit(&r, &jobs[i]);
    }
    await(&g.there);
    atomic_store(&g.cancel, true);
    atomic_store(&g.go, true);
    for (size_t i = 0; i < N; i++) {
        expect_next(&r, &jobs[i]);
        engine_job_clear(&jobs[i]);
    }
    rig_close(&r);
    timeline_list list;
    unsigned seen[N][STAGE_COUNT] = {{0}};
    assert_int_equal(timeline_read(line, &list, &err), PT_OK);
    for (size_t i = 0; i < list.n; i++) {
        const timeline_span *s = &list.spans[i];
        assert_in_range(s->partition, 0, N - 1);
        assert_in_range(s->row, 0, N_IN_FLIGHT - 1);
        assert_true(s->end >= s->start && s->bytes > 0 && s->cpu_seconds >= 0);
        seen[s->partition][s->stage]++;
        for (size_t k = 0; k < i; k++)
            assert_false(list.spans[k].row == s->row && overlap(s, &list.spans[k]));
    }
    for (size_t i = 0; i < N; i++)
        for (int s = 0; s < STAGE_COUNT; s++)
            assert_int_equal(seen[i][s],
                             s >= STAGE_WITNESS && s <= (i == CANCELLED ? STAGE_QUOTIENT : STAGE_VERIFY) ? 1 : 0);
    timeline_list_clear(&list);
    timeline_destroy(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_come_back_proven_in_the_order_of_submission),
        cmocka_unit_test(a_witness_that_was_read_before_is_copied),
        cmocka_unit_test(a_witness_is_read_from_its_file),
        cmocka_unit_test(a_job_can_be_submitted_again),
        cmocka_unit_test(every_stage_is_reported_once_and_its_time_added),
        cmocka_unit_test(one_job_can_have_an_engine_to_itself),
        cmocka_unit_test(a_partition_a_thread_is_in_flight_but_two_on_one_and_one_on_two),
        cmocka_unit_test(no_threads_is_an_argument_error),
        cmocka_unit_test(a_larger_priority_begins_first_and_of_equal_ones_the_older),
        cmocka_unit_test(a_finished_job_waits_for_an_older_one),
        cmocka_unit_test(who_waits_a_while_wakes_as_a_job_finishes),
        cmocka_unit_test(as_many_are_in_flight_as_were_asked_for),
        cmocka_unit_test(reading_a_witness_is_not_proving),
        cmocka_unit_test(submitting_waits_while_the_queue_is_full),
        cmocka_unit_test(a_job_that_fails_fails_alone_and_says_why),
        cmocka_unit_test(a_cancelled_job_ends_before_its_next_stage),
        cmocka_unit_test(a_job_that_is_cancelled_before_it_begins_takes_no_memory),
        cmocka_unit_test(a_job_past_its_deadline_fails_and_one_before_it_does_not),
        cmocka_unit_test(threads_are_where_the_plan_has_them),
        cmocka_unit_test(crews_share_the_pools_and_the_tail_has_its_own),
        cmocka_unit_test(each_stage_of_each_partition_has_one_span),
    };
    return cmocka_run_group_tests(tests, circuits_open, circuits_close);
}
