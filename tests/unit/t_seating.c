/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/pipeline/seating.h"

/* Three pools of two threads. */
enum { N_POOLS = 3, POOL_THREADS = 2 };

typedef struct {
    topology machine;
    placement plan;
    seating *seating;
} room;

/* *out stays where it is, for the seating borrows from it. */
static void room_open(engine_options options, bool has_tail, room *out)
{
    pt_err err = {0};
    options.pin = CHOICE_OFF;
    assert_int_equal(topology_read_from("l3:3 core:2 pu:1", &out->machine, &err), PT_OK);
    const placement_request request = {.options = options, .can_map = true};
    assert_int_equal(placement_make(&out->machine, &request, &out->plan, &err), PT_OK);
    const seating_setup setup = {.where = &out->plan, .machine = &out->machine, .has_tail = has_tail};
    assert_int_equal(seating_create(&setup, &out->seating, &err), PT_OK);
}

static void room_close(room *r)
{
    seating_destroy(r->seating);
    placement_clear(&r->plan);
    topology_clear(&r->machine);
}

static void seats_open(const room *r, seat *seats, size_t n)
{
    pt_err err = {0};
    for (size_t i = 0; i < n; i++)
        assert_int_equal(seat_init(r->seating, &seats[i], &err), PT_OK);
}

static void seats_close(seat *seats, size_t n)
{
    for (size_t i = 0; i < n; i++)
        seat_clear(&seats[i]);
}

static void expect_pools(const seat *s, size_t first_pool, size_t n_pools)
{
    assert_int_equal(s->at.first_pool, first_pool);
    assert_int_equal(s->at.n_pools, n_pools);
    assert_int_equal(crew_size(s->crew), n_pools * POOL_THREADS);
    assert_int_equal(seat_domain(s), first_pool);
}

static void a_job_alone_has_all_pools(void **state)
{
    (void)state;
    room r;
    room_open((engine_options){0}, false, &r);
    seat one;
    seats_open(&r, &one, 1);
    for (int i = 0; i < 2; i++) { /* and so has the next */
        seat_take(&one, 0);
        expect_pools(&one, 0, N_POOLS);
        seat_leave(&one);
    }
    assert_int_equal(crew_size(seating_all(r.seating)), N_POOLS * POOL_THREADS);
    seats_close(&one, 1);
    room_close(&r);
}

static void those_that_wait_are_left_pools(void **state)
{
    (void)state;
    room r;
    room_open((engine_options){0}, false, &r);
    seat seats[N_POOLS];
    seats_open(&r, seats, N_POOLS);
    for (size_t i = 0; i < N_POOLS; i++) {
        seat_take(&seats[i], N_POOLS - 1 - i);
        expect_pools(&seats[i], i, 1);
    }
    for (size_t i = 0; i < N_POOLS; i++)
        seat_leave(&seats[i]);
    seats_close(seats, N_POOLS);
    room_close(&r);
}

static void who_comes_later_gets_the_pool_with_the_least_to_do(void **state)
{
    enum { N = 2 * N_POOLS };
    (void)state;
    room r;
    room_open((engine_options){0}, false, &r);
    seat seats[N];
    seats_open(&r, seats, N);
    for (size_t i = 0; i < N; i++) {
        seat_take(&seats[i], N - 1 - i);
        expect_pools(&seats[i], i % N_POOLS, 1);
    }
    seat_leave(&seats[1]);
    seat_leave(&seats[4]);
    seat_take(&seats[4], 10);
    expect_pools(&seats[4], 1, 1);
    seat_take(&seats[1], 10);
    expect_pools(&seats[1], 1, 1);
    for (size_t i = 0; i < N; i++)
        seat_leave(&seats[i]);
    seats_close(seats, N);
    room_close(&r);
}

static void jobs_in_a_pool_share_its_threads(void **state)
{
    (void)state;
    room r;
    room_open((engine_options){0}, false, &r);
    seat seats[N_POOLS + 1];
    seats_open(&r, seats, N_POOLS + 1);
    for (size_t i = 0; i <= N_POOLS; i++)
        seat_take(&seats[i], N_POOLS - i);
    for (size_t i = 0; i <= N_POOLS; i++) {
        seat_adjust(&seats[i], 0);
        assert_int_equal(crew_share(seats[i].crew), i % N_POOLS == 0 ? POOL_THREADS / 2 : POOL_THREADS);
    }
    seat_leave(&seats[0]);
    seat_adjust(&seats[N_POOLS], 0);
    assert_int_equal(crew_share(seats[N_POOLS].crew), POOL_THREADS);
    for (size_t i = 1; i <= N_POOLS; i++)
        seat_leave(&seats[i]);
    seats_close(seats, N_POOLS + 1);
    room_close(&r);
}

static void a_job_moves_where_there_is_less_to_do(void **state)
{
    enum { N = 2 * N_POOLS };
    (void)state;
    room r;
    room_open((engine_options){0}, false, &r);
    seat seats[N];
    seats_open(&r, seats, N);
    for (size_t i = 0; i < N; i++)
        seat_take(&seats[i], N - 1 - i);
    for (size_t i = 0; i < N; i++) { /* two in each pool: nobody moves */
        seat_adjust(&seats[i], 0);
        expect_pools(&seats[i], i % N_POOLS, 1);
    }
    seat_leave(&seats[1]); /* 2, 1, 2: none gains */
    seat_adjust(&seats[0], 0);
    expect_pools(&seats[0], 0, 1);
    seat_leave(&seats[4]); /* 2, 0, 2 */
    seat_adjust(&seats[0], 0);
    expect_pools(&seats[0], 1, 1);
    seat_adjust(&seats[3], 0);
    expect_pools(&seats[3], 0, 1);
    seat_leave(&seats[0]);
    seat_leave(&seats[2]);
    seat_leave(&seats[3]);
    seat_leave(&seats[5]);
    seats_close(seats, N);
    room_close(&r);
}

static void those_that_are_left_divide_all_pools(void **state)
{
    (void)state;
    room r;
    room_open((engine_options){0}, false, &r);
    seat seats[N_POOLS];
    seats_open(&r, seats, N_POOLS);
    for (size_t i = 0; i < N_POOLS; i++)
        seat_take(&seats[i], N_POOLS - 1 - i);
    seat_leave(&seats[0]);
    seat_leave(&seats[1]);
    seat_adjust(&seats[2], 1); /* of two crews, with one for who waits */
    assert_in_range(seats[2].at.n_pools, 1, N_POOLS - 1);
    seat_adjust(&seats[2], 0);
    expect_pools(&seats[2], 0, N_POOLS);
    seat_take(&seats[0], 0);
    seat_adjust(&seats[2], 0);
    for (size_t k = 0; k < N_POOLS; k++) { /* each in one crew again */
        size_t n = 0;
        for (size_t i = 0; i < N_POOLS; i += 2)
            n += seats[i].at.first_pool <= k && k < seats[i].at.first_pool + seats[i].at.n_pools;
        assert_int_equal(n, 1);
    }
    seat_leave(&seats[0]);
    seat_leave(&seats[2]);
    seats_close(seats, N_POOLS);
    room_close(&r);
}

static void a_seat_has_the_tail_that_was_asked_for(void **state)
{
    (void)state;
    for (size_t n_tail = 0; n_tail <= N_POOLS; n_tail++) {
        room r;
        room_open((engine_options){.n_tail_domains = n_tail}, n_tail > 0, &r);
        seat one;
        seats_open(&r, &one, 1);
        assert_int_equal(one.tail == NULL ? 0 : crew_size(one.tail), n_tail * POOL_THREADS);
        seats_close(&one, 1);
        room_close(&r);
    }
}

static void without_a_plan_there_is_one_pool(void **state)
{
    enum { N_THREADS = 3 };
    (void)state;
    seating *among;
    seat two[2];
    pt_err err = {0};
    assert_int_equal(seating_create(&(seating_setup){.n_threads = N_THREADS}, &among, &err), PT_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(seat_init(among, &two[i], &err), PT_OK);
        seat_take(&two[i], 0);
        assert_int_equal(crew_size(two[i].crew), N_THREADS);
        assert_int_equal(seat_domain(&two[i]), TOPOLOGY_NONE);
    }
    assert_int_equal(seating_figures_now(among).n_threads, 0);
    for (size_t i = 0; i < 2; i++) {
        seat_leave(&two[i]);
        seat_clear(&two[i]);
    }
    seating_destroy(among);
}

static void no_threads_is_an_argument_error(void **state)
{
    (void)state;
    seating *among = NULL;
    pt_err err = {0};
    assert_int_equal(seating_create(&(seating_setup){0}, &among, &err), PT_E_ARG);
    assert_null(among);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_alone_has_all_pools),
        cmocka_unit_test(those_that_wait_are_left_pools),
        cmocka_unit_test(who_comes_later_gets_the_pool_with_the_least_to_do),
        cmocka_unit_test(jobs_in_a_pool_share_its_threads),
        cmocka_unit_test(a_job_moves_where_there_is_less_to_do),
        cmocka_unit_test(those_that_are_left_divide_all_pools),
        cmocka_unit_test(a_seat_has_the_tail_that_was_asked_for),
        cmocka_unit_test(without_a_plan_there_is_one_pool),
        cmocka_unit_test(no_threads_is_an_argument_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
