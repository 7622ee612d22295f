/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated cluster without faults: what it takes is what arithmetic says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mpi/cluster/simulator.h"

static const double slack_s = 0.02; /* for the last group of results to be committed */

static simulator_result run(simulator_setup setup)
{
    simulator_result result = {0};
    pt_err err = {0};
    setup.seed = 1;
    setup.give_up_s = 1e6;
    assert_int_equal(simulator_run(&setup, &result, &err), PT_OK);
    assert_int_equal(result.n_done, setup.n_partitions);
    assert_int_equal(result.n_failed + result.n_lost + result.n_barred, 0);
    return result;
}

static void assert_takes(simulator_setup setup, double seconds)
{
    const simulator_result result = run(setup);
    const double proving_s = setup.n_partitions * setup.partition_s;
    assert_true(result.makespan_s >= seconds && result.makespan_s <= seconds + slack_s);
    assert_true(result.needed_s > proving_s - 1e-6 && result.needed_s < proving_s + 1e-6);
    assert_true(result.proving_s >= result.needed_s);
}

static void equal_partitions_take_as_many_turns_as_there_are(void **state)
{
    (void)state;
    assert_takes((simulator_setup){.n_ranks = 1, .n_partitions = 7, .partition_s = 2, .n_in_flight = 1, .n_ahead = 2}, 14);
    assert_takes((simulator_setup){.n_ranks = 4, .n_partitions = 64, .partition_s = 3, .n_in_flight = 1, .n_ahead = 2}, 48);
    assert_takes((simulator_setup){.n_ranks = 4, .n_partitions = 64, .partition_s = 3, .n_in_flight = 2, .n_ahead = 2}, 24);
    assert_takes((simulator_setup){.n_ranks = 5, .n_partitions = 11, .partition_s = 1, .n_in_flight = 1}, 3);
    assert_takes((simulator_setup){.n_ranks = 300, .n_partitions = 1200, .partition_s = 10, .n_in_flight = 1, .n_ahead = 2},
                 40);
}

static void a_key_is_opened_before_the_first(void **state)
{
    (void)state;
    assert_takes(
        (simulator_setup){.n_ranks = 3, .n_partitions = 9, .partition_s = 2, .n_in_flight = 1, .n_ahead = 1, .key_s = 5},
        11);
}

/* A root that takes 50 ms to check a proof makes at most 20 a second, however many nodes there are. */
static void a_root_that_is_full_is_what_bounds(void **state)
{
    (void)state;
    const simulator_setup setup = {
        .n_ranks = 16, .n_partitions = 160, .partition_s = 0.5, .n_in_flight = 1, .n_ahead = 2, .judge_s = 0.05};
    const simulator_result result = run(setup);
    assert_true(result.makespan_s >= 8 && result.makespan_s < 10);
    assert_true(result.root_busy_s > 7.999 && result.root_busy_s < 8.2);
}

static void commits_are_of_groups(void **state)
{
    (void)state;
    const simulator_setup setup = {
        .n_ranks = 64, .n_partitions = 640, .partition_s = 1, .n_in_flight = 1, .n_ahead = 2, .commit_s = 0.01};
    const simulator_result result = run(setup);
    assert_true(result.root_busy_s < 0.01 * 640 / 4);
}

/* Half a turn of the root's clock lies between the end of one and what its place is given to, at the most. */
static void an_open_request_takes_as_long_as_its_places_and_lines_let_it(void **state)
{
    (void)state;
    simulator_setup setup = {
        .n_ranks = 2, .n_partitions = 40, .n_places = 40, .partition_s = 3, .n_in_flight = 1, .n_ahead = 2};
    assert_true(run(setup).makespan_s < 60 + 1);
    setup.n_places = 1;
    const double one_place_s = run(setup).makespan_s;
    assert_true(one_place_s >= 120 && one_place_s < 120 + 40 * 0.3);
    setup.n_places = 40;
    setup.line_s = 10;
    const double slow_s = run(setup).makespan_s;
    assert_true(slow_s >= 393 && slow_s < 394);
}

static void late_keys_are_waited_for_by_their_own_partitions_alone(void **state)
{
    (void)state;
    const simulator_setup setup = {.n_ranks = 2,
                                   .n_partitions = 40,
                                   .n_places = 8,
                                   .n_keys = 4,
                                   .partition_s = 2,
                                   .n_in_flight = 1,
                                   .n_ahead = 2,
                                   .key_s = 5};
    const double seconds = run(setup).makespan_s;
    assert_true(seconds >= 45 && seconds < 60); /* 40 s to prove, 20 s to open, partly at the same time */
}

static void a_seed_repeats(void **state)
{
    (void)state;
    const simulator_setup setup = {.n_ranks = 8,
                                   .n_partitions = 40,
                                   .partition_s = 2,
                                   .spread = 0.3,
                                   .speed_spread = 0.4,
                                   .n_in_flight = 2,
                                   .n_ahead = 2,
                                   .frame_s = 0.001};
    const simulator_result a = run(setup), b = run(setup);
    assert_memory_equal(&a, &b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_partitions_take_as_many_turns_as_there_are),
        cmocka_unit_test(a_key_is_opened_before_the_first),
        cmocka_unit_test(a_root_that_is_full_is_what_bounds),
        cmocka_unit_test(commits_are_of_groups),
        cmocka_unit_test(an_open_request_takes_as_long_as_its_places_and_lines_let_it),
        cmocka_unit_test(late_keys_are_waited_for_by_their_own_partitions_alone),
        cmocka_unit_test(a_seed_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
