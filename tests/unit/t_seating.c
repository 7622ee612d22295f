/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/contest_tests.inc.h"

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

/* A room of n jobs, each of which knew how many were still to sit down. */
static void seated_open(room *r, seat *seats, size_t n)
{
    room_open((engine_options){0}, false, r);
    seats_open(r, seats, n);
    for (size_t i = 0; i < n; i++)
        seat_take(&seats[i], n - 1 - i);
}

static void seated_close(room *r, seat *seats, size_t n)
{
    seats_close(seats, n);
    room_close(r);
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
    seat seats[N_POOLS];
    seated_open(&r, seats, N_POOLS);
    for (size_t i = 0; i < N_POOLS; i++)
        expect_pools(&seats[i], i, 1);
    for (size_t i = 0; i < N_POOLS; i++)
        seat_leave(&seats[i]);
    seated_close(&r, seats, N_POOLS);
}

static void who_comes_later_gets_the_pool_with_the_least_to_do(void **state)
{
    enum { N = 2 * N_POOLS };
    (void)state;
    room r;
    seat seats[N];
    seated_open(&r, seats, N);
    for (size_t i = 0; i < N; i++)
        expect_pools(&seats[i], i % N_POOLS, 1);
    seat_leave(&seats[1]);
    seat_leave(&seats[4]);
    seat_take(&seats[4], 10);
    expect_pools(&seats[4], 1, 1);
    seat_take(&seats[1], 10);
    expect_pools(&seats[1], 1, 1);
    for (size_t i = 0; i < N; i++)
        seat_leave(&seats[i]);
    seated_close(&r, seats, N);
}

static void jobs_in_a_pool_share_its_threads(void **state)
{
    (void)state;
    room r;
    seat seats[N_POOLS + 1];
    seated_open(&r, seats, N_POOLS + 1);
    for (size_t i = 0; i <= N_POOLS; i++) {
        seat_adjust(&seats[i], 0);
        assert_int_equal(crew_share(seats[i].crew), i % N_POOLS == 0 ? POOL_THREADS / 2 : POOL_THREADS);
    }
    seat_leave(&seats[0]);
    seat_adjust(&seats[N_POOLS], 0);
    assert_int_equal(crew_share(seats[N_POOLS].crew), POOL_THREADS);
    for (size_t i = 1; i <= N_POOLS; i++)
        seat_leave(&seats[i]);
    seated_close(&r, seats, N_POOLS + 1);
}

static void a_job_moves_where_there_is_less_to_do(void **state)
{
    enum { N = 2 * N_POOLS };
    (void)state;
    room r;
    seat seats[N];
    seated_open(&r, seats, N);
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
    seated_close(&r, seats, N);
}

static void those_that_are_left_divide_all_pools(void **state)
{
    (void)state;
    room r;
    seat seats[N_POOLS];
    seated_open(&r, seats, N_POOLS);
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
    seated_close(&r, seats, N_POOLS);
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

/* ---- what a crew and a tail do ---- */

enum { N_SEATS = 3 };

/* Of two that come while a third has all threads, the later is the more urgent. */
static void expect_the_urgent_first(const room *r, bool in_tail)
{
    static const uint64_t ranks[N_SEATS] = {0, (uint64_t)1 << 32, 9};
    seat seats[N_SEATS];
    contender contenders[N_SEATS];
    seats_open(r, seats, N_SEATS);
    contest in = {.n_threads = crew_size(in_tail ? seats[0].tail : seats[0].crew)};
    for (size_t i = 0; i < N_SEATS; i++) {
        contenders[i] = (contender){
            .in = &in, .number = i, .n_items = in.n_threads, .threads = in_tail ? seats[i].tail : seats[i].crew};
        seat_set_rank(&seats[i], ranks[i]);
        begin_contending(&contenders[i]);
    }
    atomic_store(&in.go, true);
    for (size_t i = 0; i < N_SEATS; i++)
        pthread_join(contenders[i].id, NULL);
    seats_close(seats, N_SEATS);
    assert_int_equal(in.n_first[1], 0);
    assert_int_equal(in.n_first[2], in.n_threads);
}

static void a_seat_s_rank_holds_in_its_crew_and_in_its_tail(void **state)
{
    (void)state;
    room r;
    room_open((engine_options){.n_tail_domains = 1}, true, &r);
    expect_the_urgent_first(&r, false);
    expect_the_urgent_first(&r, true);
    room_close(&r);
}

typedef struct {
    size_t n_threads;
    atomic_size_t n_arrived;
} meeting;

static void await_all(void *ctx, size_t item, size_t thread)
{
    meeting *all = ctx;
    (void)item;
    (void)thread;
    atomic_fetch_add(&all->n_arrived, 1);
    while (atomic_load(&all->n_arrived) < all->n_threads)
        sched_yield();
}

/* Each thread works, and so has begun. */
static void meet(crew *threads)
{
    meeting all = {.n_threads = crew_size(threads)};
    crew_run(threads, all.n_threads + 1, await_all, &all);
}

static void the_processor_time_of_crew_and_tail_is_counted(void **state)
{
    (void)state;
    room r;
    room_open((engine_options){.n_tail_domains = 1}, true, &r);
    seat one;
    seats_open(&r, &one, 1);
    assert_true(seat_cpu_seconds(&one) <= 0);
    meet(one.crew);
    const double of_crew = seat_cpu_seconds(&one);
    assert_true(of_crew > 0 && of_crew >= crew_cpu_seconds(one.crew));
    meet(one.tail);
    assert_true(crew_cpu_seconds(one.tail) > 0 && seat_cpu_seconds(&one) >= of_crew + crew_cpu_seconds(one.tail));
    seats_close(&one, 1);
    room_close(&r);
}

static void threads_are_bound_if_the_plan_says_so(void **state)
{
    (void)state;
    topology machine;
    pt_err err = {0};
    assert_int_equal(topology_read(&machine, &err), PT_OK);
    for (int pins = 0; pins < 2; pins++) {
        placement plan;
        seating *among;
        const placement_request request = {.options = {.pin = pins ? CHOICE_ON : CHOICE_OFF}, .can_map = true};
        assert_int_equal(placement_make(&machine, &request, &plan, &err), PT_OK);
        assert_int_equal(seating_create(&(seating_setup){.where = &plan, .machine = &machine}, &among, &err), PT_OK);
        meet(seating_all(among));
        const seating_figures figures = seating_figures_now(among);
        assert_int_equal(figures.n_threads, pins ? plan.n_threads : 0);
        assert_int_equal(figures.n_bound, figures.n_threads);
        seating_destroy(among);
        placement_clear(&plan);
    }
    topology_clear(&machine);
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
        cmocka_unit_test(a_seat_s_rank_holds_in_its_crew_and_in_its_tail),
        cmocka_unit_test(the_processor_time_of_crew_and_tail_is_counted),
        cmocka_unit_test(threads_are_bound_if_the_plan_says_so),
        cmocka_unit_test(without_a_plan_there_is_one_pool),
        cmocka_unit_test(no_threads_is_an_argument_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
