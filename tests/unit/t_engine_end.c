/* SPDX-License-Identifier: Apache-2.0 */
/* How an engine's work ends early: a stop, memory that is short; and that every byte comes back. */
#include "tests/unit/mapping_tests.inc.h"

#include <pthread.h>
#include <stdio.h>

#include "tests/unit/engine_tests.inc.h"

/* ---- a stop ---- */

/* One job is held in its synthesis, others have been submitted. */
enum { N_WAITING = 5 };

typedef struct {
    rig rig;
    gate gate;
    engine_job jobs[1 + N_WAITING];
} interrupted;

static void begin_one_of_many(interrupted *t, engine_setup setup)
{
    t->rig = rig_open(setup);
    t->gate = (gate){.at = STAGE_SYNTHESIS};
    t->jobs[0] = job_at_gate(&t->rig, 0, &t->gate);
    submit(&t->rig, &t->jobs[0]);
    await(&t->gate.there);
    for (size_t i = 1; i <= N_WAITING; i++) {
        t->jobs[i] = job_of(&t->rig, i % N_CIRCUITS);
        submit(&t->rig, &t->jobs[i]);
    }
}

static void expect_interrupted(interrupted *t)
{
    atomic_store(&t->gate.go, true);
    expect_proof(&t->rig, 0, &t->jobs[0]);
    for (size_t i = 1; i <= N_WAITING; i++)
        expect_unbegun(&t->rig, &t->jobs[i]);
    assert_null(engine_next(t->rig.engine));
    rig_close(&t->rig);
}

static void what_is_begun_ends_after_a_stop_and_what_is_not_says_so(void **state)
{
    (void)state;
    interrupted t;
    begin_one_of_many(&t, (engine_setup){.options = {.n_in_flight = 1}});
    engine_stop(t.rig.engine);
    engine_stop(t.rig.engine);
    expect_interrupted(&t);
}

static void the_stop_flag_stops_as_well(void **state)
{
    (void)state;
    interrupted t;
    atomic_bool stop = false;
    begin_one_of_many(&t, (engine_setup){.options = {.n_in_flight = 1}, .stop = &stop});
    atomic_store(&stop, true);
    expect_interrupted(&t);
}

/* Whatever else is wrong with it: this one would be refused the memory. */
static void a_job_in_the_queue_is_not_begun_once_the_flag_is_set(void **state)
{
    (void)state;
    rig r = rig_of(1);
    const uint64_t budget = engine_partition_bytes(r.engine, circuits[0].key);
    atomic_bool stop = false;
    rig_close(&r);
    r = rig_open((engine_setup){.options = {.n_in_flight = 1, .memory_bytes = budget}, .stop = &stop});
    gate g = {.at = STAGE_SYNTHESIS};
    engine_job held = job_at_gate(&r, 0, &g), too_large = job_of(&r, 1);
    submit(&r, &held);
    await(&g.there);
    submit(&r, &too_large);
    atomic_store(&stop, true);
    atomic_store(&g.go, true);
    expect_proof(&r, 0, &held);
    expect_unbegun(&r, &too_large);
    rig_close(&r);
}

static void a_job_that_waits_for_memory_is_not_begun(void **state)
{
    (void)state;
    rig first = rig_of(1);
    uint64_t budget = 0; /* for each alone, and for no two */
    for (size_t i = 0; i < N_CIRCUITS; i++) {
        const uint64_t bytes = engine_partition_bytes(first.engine, circuits[i].key);
        budget = bytes > budget ? bytes : budget;
    }
    for (size_t i = 0; i < N_CIRCUITS; i++)
        assert_true(2 * engine_partition_bytes(first.engine, circuits[i].key) > budget);
    rig_close(&first);
    for (int by_flag = 0; by_flag < 2; by_flag++) {
        interrupted t;
        atomic_bool stop = false;
        begin_one_of_many(&t, (engine_setup){.options = {.n_in_flight = N_WAITING, /* all but one wait for memory, */
                                                         .queue_depth = 1,         /* for the queue has no room for more */
                                                         .memory_bytes = budget},
                                             .stop = &stop});
        if (by_flag)
            atomic_store(&stop, true);
        else
            engine_stop(t.rig.engine);
        expect_interrupted(&t);
    }
}

static void a_deadline_ends_the_wait_for_memory(void **state)
{
    (void)state;
    rig r = rig_of(1);
    const uint64_t budget = engine_partition_bytes(r.engine, circuits[1].key);
    rig_close(&r);
    r = rig_open((engine_setup){.options = {.n_in_flight = 2, .queue_depth = 1, .memory_bytes = budget}});
    gate holder = {.at = STAGE_MSM_H};
    engine_job held = job_at_gate(&r, 1, &holder), late = job_of(&r, 1), others[2] = {job_of(&r, 1), job_of(&r, 1)};
    submit(&r, &held);
    await(&holder.there);
    late.deadline = clock_seconds() + 0.05;
    submit(&r, &late);
    submit(&r, &others[0]);
    submitter last = {.rig = &r,
                      .job = &others[1]}; /* waits for room in the queue, which there is when the late one has ended */
    assert_int_equal(pthread_create(&last.id, NULL, submit_one, &last), 0);
    const bool was_done = comes_true(&last.done); /* while the first still holds the memory */
    atomic_store(&holder.go, true);
    pthread_join(last.id, NULL);
    expect_proof(&r, 1, &held);
    expect_failure(&r, &late, PT_E_NOMEM, "right.wtns: not proven by its deadline");
    expect_proof(&r, 1, &others[0]);
    expect_proof(&r, 1, &others[1]);
    assert_true(was_done);
    rig_close(&r);
}

static void what_is_submitted_after_a_stop_comes_back_unbegun(void **state)
{
    (void)state;
    rig r = rig_of(1);
    engine_job jobs[2] = {job_of(&r, 0), job_of(&r, 1)};
    engine_stop(r.engine);
    for (size_t i = 0; i < 2; i++)
        submit(&r, &jobs[i]);
    for (size_t i = 0; i < 2; i++)
        expect_unbegun(&r, &jobs[i]);
    rig_close(&r);
}

/* Even where no driver is free to look. */
static void what_is_submitted_after_a_stop_waits_for_nothing(void **state)
{
    (void)state;
    rig r = rig_open((engine_setup){.options = {.n_in_flight = 1, .queue_depth = 1}});
    gate g = {.at = STAGE_QUOTIENT};
    engine_job held = job_at_gate(&r, 0, &g), late[2] = {job_of(&r, 1), job_of(&r, 2)};
    submit(&r, &held);
    await(&g.there);
    engine_stop(r.engine);
    for (size_t i = 0; i < 2; i++) {
        submit(&r, &late[i]);
        assert_true(late[i].finished);
    }
    atomic_store(&g.go, true);
    expect_proof(&r, 0, &held);
    for (size_t i = 0; i < 2; i++)
        expect_unbegun(&r, &late[i]);
    rig_close(&r);
}

/* While the only driver is held: a call tells the one who waits, and a flag is looked at. */
static void a_stop_ends_the_wait_for_a_full_queue(void **state)
{
    (void)state;
    for (int by_flag = 0; by_flag < 2; by_flag++) {
        atomic_bool stop = false;
        rig r = rig_open((engine_setup){.options = {.n_in_flight = 1, .queue_depth = 1}, .stop = &stop});
        gate g = {.at = STAGE_QUOTIENT};
        engine_job jobs[3] = {job_at_gate(&r, 0, &g), job_of(&r, 1), job_of(&r, 2)};
        submit(&r, &jobs[0]);
        await(&g.there);
        submit(&r, &jobs[1]);
        submitter last = {.rig = &r, .job = &jobs[2]};
        assert_int_equal(pthread_create(&last.id, NULL, submit_one, &last), 0);
        await_asleep(&last.thread);
        if (by_flag)
            atomic_store(&stop, true);
        else
            engine_stop(r.engine);
        const bool was_done = comes_true(&last.done), were_finished = was_done && jobs[1].finished && jobs[2].finished;
        atomic_store(&g.go, true);
        pthread_join(last.id, NULL);
        expect_proof(&r, 0, &jobs[0]);
        expect_unbegun(&r, &jobs[1]);
        expect_unbegun(&r, &jobs[2]);
        assert_true(were_finished);
        rig_close(&r);
    }
}

static void jobs_that_were_not_given_back_stay_the_callers(void **state)
{
    enum { N = 30 };
    (void)state;
    const size_t bytes_before = mappings.bytes;
    rig r = rig_of(2);
    engine_job jobs[N];
    for (size_t i = 0; i < N; i++) {
        jobs[i] = job_of(&r, i % N_CIRCUITS);
        submit(&r, &jobs[i]);
    }
    expect_proof(&r, 0, &jobs[0]);
    rig_close(&r);
    for (size_t i = 1; i < N; i++) {
        assert_true(jobs[i].finished);
        assert_int_equal(jobs[i].begun, jobs[i].err.code == PT_OK);
        if (jobs[i].begun)
            assert_true(is_right(&circuits[i % N_CIRCUITS], &jobs[i]));
        else
            assert_string_equal(jobs[i].err.msg, "right.wtns: interrupted before it was begun");
        engine_job_clear(&jobs[i]);
    }
    assert_int_equal(mappings.bytes, bytes_before);
}

/* ---- memory ---- */

static void the_smallest_budget_finishes_and_one_byte_less_is_refused(void **state)
{
    (void)state;
    rig r = rig_of(1);
    const uint64_t least = engine_partition_bytes(r.engine, circuits[1].key);
    assert_true(engine_partition_bytes(r.engine, circuits[0].key) < least);
    assert_true(engine_key_bytes(circuits[1].key) > 0);
    rig_close(&r);
    for (uint64_t missing = 0; missing < 2; missing++) {
        r = rig_open((engine_setup){.options = {.n_in_flight = 4, .memory_bytes = least - missing}});
        engine_job jobs[6];
        char refusal[200];
        snprintf(refusal, sizeof refusal,
                 "right.wtns: a partition takes %llu bytes, but the budget leaves %llu for partitions",
                 (unsigned long long)least, (unsigned long long)(least - missing));
        for (size_t i = 0; i < 6; i++) {
            jobs[i] = job_of(&r, i % 2);
            submit(&r, &jobs[i]);
        }
        for (size_t i = 0; i < 6; i++)
            if (i % 2 == 1 && missing > 0)
                expect_failure(&r, &jobs[i], PT_E_NOMEM, refusal);
            else
                expect_proof(&r, i % 2, &jobs[i]);
        rig_close(&r);
    }
}

/* units: bytes. A plan for as many in flight as are asked for, where memory is not short. */
static memory_plan plan_of(size_t n_in_flight, size_t n_partitions)
{
    memory_plan plan;
    pt_err err = {0};
    rig r = rig_of(n_in_flight);
    const proving_key *key = circuits[1].key;
    assert_int_equal(engine_plan(r.engine, &key, 1, n_partitions, &plan, &err), PT_OK);
    rig_close(&r);
    return plan;
}

static void a_plan_has_the_sum_of_its_parts(void **state)
{
    (void)state;
    const memory_plan three = plan_of(3, 0), one = plan_of(3, 1);
    const proving_key *key = circuits[1].key;
    const uint64_t g1 = 2 * key->curve->fq_bytes, g2 = 2 * g1, n = key->n_vars;
    assert_int_equal(three.n_in_flight, 3);
    assert_int_equal(one.n_in_flight, 1);
    const uint64_t n_public = key->n_public, of_vkey = (n_public + 1 + 3) * g1 + 3 * g2;
    assert_int_equal(three.of.points, of_vkey + (2 * n + (n - n_public - 1) + key->domain_size) * g1 + n * g2);
    assert_true(three.of.matrices > 0 && three.of.twiddles > 0);
    assert_int_equal(three.arenas, 3 * three.of.partition);
    assert_int_equal(three.fixed, three.of.points + three.of.matrices + three.of.twiddles + three.stacks_fixed);
    assert_int_equal(three.total, three.fixed + 3 * (three.of.partition + three.stack_each));
    assert_int_equal(one.total, one.least);
}

static void as_many_are_in_flight_as_the_plan_has_room_for(void **state)
{
    enum { N = 4 };
    (void)state;
    const memory_plan wanted = plan_of(N, 0);
    for (size_t n_fit = 1; n_fit < N; n_fit++) {
        const uint64_t budget = wanted.total - (N - n_fit) * (wanted.of.partition + wanted.stack_each);
        rig r = rig_open((engine_setup){.options = {.n_in_flight = N, .memory_bytes = budget}});
        memory_plan plan;
        pt_err err = {0};
        atomic_size_t n_begun = 0;
        gate gates[N];
        engine_job jobs[N];
        const proving_key *key = circuits[1].key;
        assert_int_equal(engine_plan(r.engine, &key, 1, 0, &plan, &err), PT_OK);
        assert_int_equal(plan.total, budget);
        assert_int_equal(plan.n_in_flight, n_fit);
        for (size_t i = 0; i < N; i++) {
            gates[i] = (gate){.at = STAGE_SYNTHESIS, .n_begun = &n_begun};
            jobs[i] = job_at_gate(&r, 1, &gates[i]);
            submit(&r, &jobs[i]);
        }
        for (size_t i = 0; i < n_fit; i++)
            await(&gates[i].there);
        assert_int_equal(n_begun, n_fit);
        assert_int_equal(engine_figures_now(r.engine).n_in_flight, n_fit);
        assert_int_equal(engine_figures_now(r.engine).arenas.taken_bytes, plan.arenas);
        assert_int_equal(engine_figures_now(r.engine).arenas.budget_bytes, plan.arenas);
        for (size_t i = 0; i < N; i++)
            atomic_store(&gates[i].go, true);
        for (size_t i = 0; i < N; i++)
            expect_proof(&r, 1, &jobs[i]);
        rig_close(&r);
    }
}

/* Of four threads, where there is memory for n_partitions without their key: how many are in flight if n_asked are asked for. */
static size_t in_flight_of(const proving_key *key, uint64_t n_partitions, size_t n_asked)
{
    engine_setup setup = {.options = {.n_threads = 4, .n_in_flight = n_asked}, .features = cpu_features_read()};
    engine *on;
    memory_plan plan;
    pt_err err = {0};
    assert_int_equal(engine_create(&setup, &on, &err), PT_OK);
    setup.options.memory_bytes = n_partitions * engine_partition_bytes(on, key);
    engine_destroy(on);
    assert_int_equal(engine_create(&setup, &on, &err), PT_OK);
    if (engine_plan(on, &key, 1, 0, &plan, &err) != PT_OK)
        fail_msg("%s", err.msg);
    engine_destroy(on);
    return plan.n_in_flight;
}

static void who_asks_for_no_number_gets_half_of_the_memory(void **state)
{
    (void)state;
    tiny_circuit large = circuit_open("bn254", 13); /* beside whose partitions stacks are small */
    assert_int_equal(in_flight_of(large.key, 8, 0), 4);
    assert_int_equal(in_flight_of(large.key, 7, 0), 3);
    assert_int_equal(in_flight_of(large.key, 7, 4), 4);
    assert_int_equal(in_flight_of(large.key, 6, 0), 3);
    assert_int_equal(in_flight_of(large.key, 5, 0), 2);
    circuit_close(&large);
}

static void one_byte_less_than_the_least_is_no_plan(void **state)
{
    (void)state;
    const memory_plan least = plan_of(1, 0);
    for (uint64_t missing = 0; missing < 2; missing++) {
        rig r = rig_open((engine_setup){.options = {.n_in_flight = 2, .memory_bytes = least.least - missing}});
        memory_plan plan;
        pt_err err = {0};
        char figures[60];
        snprintf(figures, sizeof figures, "at least %llu bytes", (unsigned long long)least.least);
        const proving_key *key = circuits[1].key;
        assert_int_equal(engine_plan(r.engine, &key, 1, 0, &plan, &err), missing == 0 ? PT_OK : PT_E_NOMEM);
        assert_true(missing == 0 || strstr(err.msg, figures) != NULL);
        rig_close(&r);
    }
}

static void nothing_is_mapped_once_each_driver_has_had_its_memory(void **state)
{
    enum { N_IN_FLIGHT = 3, N = 30 };
    (void)state;
    rig r = rig_of(N_IN_FLIGHT);
    gate gates[N_IN_FLIGHT];
    engine_job jobs[N];
    for (size_t i = 0; i < N_IN_FLIGHT; i++) { /* all at once */
        gates[i] = (gate){.at = STAGE_SYNTHESIS};
        jobs[i] = job_at_gate(&r, 1, &gates[i]);
        submit(&r, &jobs[i]);
    }
    for (size_t i = 0; i < N_IN_FLIGHT; i++)
        await(&gates[i].there);
    for (size_t i = 0; i < N_IN_FLIGHT; i++)
        atomic_store(&gates[i].go, true);
    for (size_t i = 0; i < N_IN_FLIGHT; i++)
        expect_proof(&r, 1, &jobs[i]);
    const size_t maps_before = mappings.n_maps, unmaps_before = mappings.n_unmaps;
    for (size_t i = 0; i < N; i++) {
        jobs[i] = job_of(&r, 1);
        submit(&r, &jobs[i]);
    }
    for (size_t i = 0; i < N; i++) {
        expect_next(&r, &jobs[i]);
        assert_int_equal(jobs[i].err.code, PT_OK);
        engine_job_clear(&jobs[i]);
    }
    assert_int_equal(mappings.n_maps, maps_before);
    assert_int_equal(mappings.n_unmaps, unmaps_before);
    rig_close(&r);
}

static void a_system_without_memory_fails_the_partition_alone(void **state)
{
    (void)state;
    rig r = rig_of(1);
    engine_job jobs[3] = {job_of(&r, 0), job_of(&r, 1), job_of(&r, 0)};
    submit(&r, &jobs[0]);
    expect_proof(&r, 0, &jobs[0]);
    const size_t kept = engine_figures_now(r.engine).arenas.kept_bytes;
    mappings.bytes_max = mappings.bytes - kept + 1; /* not even when what is kept is released */
    submit(&r, &jobs[1]);
    expect_next(&r, &jobs[1]);
    mappings.bytes_max = 0;
    assert_int_equal(jobs[1].err.code, PT_E_NOMEM);
    assert_non_null(strstr(jobs[1].err.msg, "right.wtns: no memory for a partition: "));
    engine_job_clear(&jobs[1]);
    submit(&r, &jobs[2]);
    expect_proof(&r, 0, &jobs[2]);
    rig_close(&r);
}

/* Only the first driver can't be done without. */
static void an_engine_without_memory_for_a_driver_says_so(void **state)
{
    (void)state;
    rig r = rig_of(3);
    gate g = {.at = STAGE_MSM_H};
    engine_job jobs[3] = {job_at_gate(&r, 0, &g), job_of(&r, 1), job_of(&r, 2)};
    pt_err err = {0};
    mappings.bytes_max = mappings.bytes;
    assert_int_equal(engine_submit(r.engine, &jobs[0], &err), PT_E_NOMEM);
    mappings.bytes_max = 0;
    engine_job_clear(&jobs[0]);
    assert_null(engine_next(r.engine));
    submit(&r, &jobs[0]);
    await(&g.there);
    mappings.bytes_max = mappings.bytes;
    submit(&r, &jobs[1]);
    mappings.bytes_max = 0;
    submit(&r, &jobs[2]); /* which gets the second driver */
    atomic_store(&g.go, true);
    for (size_t i = 0; i < 3; i++)
        expect_proof(&r, i, &jobs[i]);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_begun_ends_after_a_stop_and_what_is_not_says_so),
        cmocka_unit_test(the_stop_flag_stops_as_well),
        cmocka_unit_test(a_job_in_the_queue_is_not_begun_once_the_flag_is_set),
        cmocka_unit_test(a_job_that_waits_for_memory_is_not_begun),
        cmocka_unit_test(a_deadline_ends_the_wait_for_memory),
        cmocka_unit_test(what_is_submitted_after_a_stop_comes_back_unbegun),
        cmocka_unit_test(what_is_submitted_after_a_stop_waits_for_nothing),
        cmocka_unit_test(a_stop_ends_the_wait_for_a_full_queue),
        cmocka_unit_test(jobs_that_were_not_given_back_stay_the_callers),
        cmocka_unit_test(the_smallest_budget_finishes_and_one_byte_less_is_refused),
        cmocka_unit_test(a_plan_has_the_sum_of_its_parts),
        cmocka_unit_test(as_many_are_in_flight_as_the_plan_has_room_for),
        cmocka_unit_test(who_asks_for_no_number_gets_half_of_the_memory),
        cmocka_unit_test(one_byte_less_than_the_least_is_no_plan),
        cmocka_unit_test(nothing_is_mapped_once_each_driver_has_had_its_memory),
        cmocka_unit_test(a_system_without_memory_fails_the_partition_alone),
        cmocka_unit_test(an_engine_without_memory_for_a_driver_says_so),
    };
    return cmocka_run_group_tests(tests, circuits_open, circuits_close);
}
