/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/contest_tests.inc.h"

#include <string.h>

#include "node/pipeline/pool.h"

enum { N_ITEMS = 1000, N_THREADS_MAX = 5 };

typedef struct {
    atomic_uint seen[N_ITEMS];
    atomic_uint busy[N_THREADS_MAX];
    atomic_uint n_clashes;
} run_record;

static void record_task(void *ctx, size_t item, size_t thread)
{
    run_record *record = ctx;
    if (atomic_fetch_add(&record->busy[thread], 1) != 0)
        atomic_fetch_add(&record->n_clashes, 1);
    atomic_fetch_add(&record->seen[item], 1);
    atomic_fetch_sub(&record->busy[thread], 1);
}

static void every_item_runs_once_on_any_crew(void **state)
{
    (void)state;
    for (size_t n_threads = 1; n_threads <= N_THREADS_MAX; n_threads++) {
        crew *threads;
        pt_err err = {0};
        assert_int_equal(crew_create(n_threads, &threads, &err), PT_OK);
        assert_int_equal(crew_size(threads), n_threads);
        for (size_t n_items = 0; n_items <= N_ITEMS; n_items += n_items < 10 ? 1 : 99) {
            static run_record record;
            memset(&record, 0, sizeof record);
            crew_run(threads, n_items, record_task, &record);
            for (size_t i = 0; i < N_ITEMS; i++)
                assert_int_equal(atomic_load(&record.seen[i]), i < n_items);
            assert_int_equal(atomic_load(&record.n_clashes), 0);
        }
        crew_destroy(threads);
    }
}

/* Members that wake late, sleep or join at the last moment meet runs of every length. */
static void runs_in_quick_succession_lose_no_item(void **state)
{
    enum { N_RUNS = 20000 };
    (void)state;
    crew *threads;
    assert_int_equal(crew_create(N_THREADS_MAX, &threads, NULL), PT_OK);
    static run_record record;
    memset(&record, 0, sizeof record);
    for (size_t run = 0; run < N_RUNS; run++)
        crew_run(threads, run % 7, record_task, &record);
    for (size_t i = 0; i < 7; i++) {
        unsigned expected = 0;
        for (size_t run = 0; run < N_RUNS; run++)
            expected += i < run % 7;
        assert_int_equal(atomic_load(&record.seen[i]), expected);
    }
    assert_int_equal(atomic_load(&record.n_clashes), 0);
    crew_destroy(threads);
}

static void no_threads_is_an_argument_error(void **state)
{
    (void)state;
    crew *threads = NULL;
    pt_err err = {0};
    assert_int_equal(crew_create(0, &threads, &err), PT_E_ARG);
    assert_null(threads);
    crew_destroy(NULL);
}

static void parts_cover_a_range_in_order(void **state)
{
    (void)state;
    for (size_t n = 0; n < 40; n++)
        for (size_t n_parts = 1; n_parts < 12; n_parts++) {
            size_t end = 0;
            for (size_t part = 0; part < n_parts; part++) {
                crew_range range = crew_part(n, n_parts, part);
                assert_int_equal(range.begin, end);
                assert_in_range(range.end - range.begin, n / n_parts, n / n_parts + 1);
                end = range.end;
            }
            assert_int_equal(end, n);
        }
}

/* ---- several crews on the threads of one pool ---- */

enum { N_CALLERS = 4, N_POOLS_MAX = 3, CALLER_RUNS = 300 };

typedef struct {
    pool *const *pools;
    size_t n_pools, caller;
    run_record record;
    size_t n_wrong;
} caller;

static void *call_runs(void *arg)
{
    caller *self = arg;
    crew *threads;
    pt_err err = {0};
    if (crew_of_pools(self->pools, self->n_pools, &threads, &err) != PT_OK) {
        self->n_wrong = 1;
        return NULL;
    }
    for (size_t run = 0; run < CALLER_RUNS; run++) {
        const size_t n_items = (run * 7 + self->caller) % 90;
        memset(&self->record, 0, sizeof self->record);
        crew_set_rank(threads, (run + self->caller) % 3);
        crew_run(threads, n_items, record_task, &self->record);
        for (size_t i = 0; i < N_ITEMS; i++)
            self->n_wrong += atomic_load(&self->record.seen[i]) != (i < n_items);
        self->n_wrong += atomic_load(&self->record.n_clashes) != 0;
    }
    crew_destroy(threads);
    return NULL;
}

static void check_callers(size_t n_pools, size_t n_threads, bool callers_join)
{
    static caller callers[N_CALLERS];
    pthread_t ids[N_CALLERS];
    pool *pools[N_POOLS_MAX];
    for (size_t i = 0; i < n_pools; i++) {
        const pool_options options = {.n_threads = n_threads, .callers_join = callers_join};
        assert_int_equal(pool_create(options, &pools[i], NULL), PT_OK);
    }
    for (size_t i = 0; i < N_CALLERS; i++) {
        callers[i] = (caller){.pools = pools, .n_pools = n_pools, .caller = i};
        assert_int_equal(pthread_create(&ids[i], NULL, call_runs, &callers[i]), 0);
    }
    for (size_t i = 0; i < N_CALLERS; i++) {
        pthread_join(ids[i], NULL);
        assert_int_equal(callers[i].n_wrong, 0);
    }
    for (size_t i = 0; i < n_pools; i++)
        pool_destroy(pools[i]);
}

static void several_callers_share_the_threads(void **state)
{
    (void)state;
    for (size_t n_threads = 1; n_threads <= 3; n_threads++) {
        check_callers(1, n_threads, true);
        check_callers(1, n_threads, false);
    }
    check_callers(2, 1, false);
    check_callers(3, 1, false);
}

enum { N_TOGETHER_MAX = 4 };

/* Tasks that wait for one another: each must be on a thread of its own. */
typedef struct {
    size_t n;
    atomic_size_t n_arrived, n_on[N_TOGETHER_MAX]; /* of each number */
} gathering;

static void wait_for_all(void *ctx, size_t item, size_t thread)
{
    gathering *all = ctx;
    (void)item;
    atomic_fetch_add(&all->n_on[thread], 1);
    atomic_fetch_add(&all->n_arrived, 1);
    while (atomic_load(&all->n_arrived) < all->n)
        sched_yield();
}

static void gather(crew *threads, size_t n, gathering *out)
{
    *out = (gathering){.n = n};
    crew_run(threads, n, wait_for_all, out);
    assert_int_equal(out->n_arrived, n);
}

static void a_crew_of_two_pools_has_the_threads_of_both(void **state)
{
    (void)state;
    pool *pools[2];
    crew *threads;
    gathering all;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pool_create((pool_options){.n_threads = 2}, &pools[i], NULL), PT_OK);
    assert_int_equal(crew_of_pools(pools, 2, &threads, NULL), PT_OK);
    assert_int_equal(crew_size(threads), 4);
    gather(threads, 2, &all);
    gather(threads, 4, &all);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(all.n_on[i], 1);
    assert_true(crew_cpu_seconds(threads) > 0);
    crew_destroy(threads);
    for (size_t i = 0; i < 2; i++)
        pool_destroy(pools[i]);
}

typedef struct {
    pthread_t id;
    atomic_size_t n_items; /* that it worked on */
} calling_thread;

static void note_caller(void *ctx, size_t item, size_t thread)
{
    calling_thread *me = ctx;
    (void)item;
    (void)thread;
    atomic_fetch_add(&me->n_items, pthread_equal(pthread_self(), me->id) != 0);
}

/* Else one thread more than there are cores would work. */
static void a_caller_works_where_callers_join_and_nowhere_else(void **state)
{
    enum { N = 20 };
    (void)state;
    for (int joins = 0; joins < 2; joins++) {
        pool *on;
        crew *threads;
        calling_thread me = {.id = pthread_self()};
        assert_int_equal(pool_create((pool_options){.n_threads = 1, .callers_join = joins}, &on, NULL), PT_OK);
        assert_int_equal(crew_of_pools(&on, 1, &threads, NULL), PT_OK);
        crew_run(threads, N, note_caller, &me);
        assert_int_equal(me.n_items, joins ? N : 0);
        crew_destroy(threads);
        pool_destroy(on);
    }
}

/* ---- whom the threads of a pool work for ---- */

typedef struct {
    uint64_t rank;
    size_t n_items;
} run_shape;

static void begin_run(contender *self, contest *in, size_t number, pool *on, run_shape shape)
{
    *self = (contender){.in = in, .number = number, .n_items = shape.n_items};
    assert_int_equal(crew_of_pools(&on, 1, &self->threads, NULL), PT_OK);
    crew_set_rank(self->threads, shape.rank);
    begin_contending(self);
}

/* How many of the pool's threads go to each run. */
static void expect_threads(pool_options options, const run_shape *runs, size_t n_runs, const size_t *expected)
{
    contest in = {.n_threads = options.n_threads};
    contender contenders[N_RUNS_MAX];
    pool *on;
    assert_int_equal(pool_create(options, &on, NULL), PT_OK);
    for (size_t i = 0; i < n_runs; i++)
        begin_run(&contenders[i], &in, i, on, runs[i]);
    atomic_store(&in.go, true);
    for (size_t i = 0; i < n_runs; i++) {
        pthread_join(contenders[i].id, NULL);
        crew_destroy(contenders[i].threads);
    }
    pool_destroy(on);
    for (size_t i = 0; i < n_runs; i++)
        assert_int_equal(in.n_first[i], expected[i]);
}

/* Of any pool, whether callers join it or not. */
static void expect_threads_of_any(size_t n_threads, const run_shape *runs, size_t n_runs, const size_t *expected)
{
    expect_threads((pool_options){.n_threads = n_threads}, runs, n_runs, expected);
    expect_threads((pool_options){.n_threads = n_threads, .callers_join = true}, runs, n_runs, expected);
}

static const uint64_t NEXT_CLASS = (uint64_t)1 << 32;

static void runs_of_one_class_share_the_threads(void **state)
{
    (void)state;
    expect_threads_of_any(4, (run_shape[]){{0, 4}, {2, 50}, {1, 50}}, 3, (size_t[]){0, 2, 2});
    expect_threads_of_any(3, (run_shape[]){{0, 3}, {2, 50}, {1, 50}}, 3, (size_t[]){0, 1, 2});
    expect_threads_of_any(4, (run_shape[]){{0, 4}, {3, 50}, {2, 50}, {1, 50}}, 4, (size_t[]){0, 1, 1, 2});
    expect_threads_of_any(4, (run_shape[]){{0, 4}, {5, 50}, {4, 50}, {3, 50}, {2, 50}, {1, 50}}, 6,
                          (size_t[]){0, 0, 1, 1, 1, 1});
    expect_threads_of_any(4, (run_shape[]){{0, 50}, {1, 50}}, 2, (size_t[]){2, 2}); /* with one that has them all */
}

static void a_run_of_a_smaller_class_goes_first(void **state)
{
    (void)state;
    expect_threads_of_any(4, (run_shape[]){{0, 4}, {NEXT_CLASS, 50}, {9, 50}}, 3, (size_t[]){0, 0, 4});
    expect_threads_of_any(4, (run_shape[]){{NEXT_CLASS, 50}, {9, 50}}, 2, (size_t[]){0, 4});
    expect_threads_of_any(4, (run_shape[]){{0, 4}, {NEXT_CLASS, 50}, {9, 50}, {8, 50}}, 4, (size_t[]){0, 0, 2, 2});
}

static void what_a_run_leaves_idle_another_takes(void **state)
{
    (void)state;
    expect_threads_of_any(4, (run_shape[]){{0, 4}, {NEXT_CLASS, 50}, {9, 3}}, 3, (size_t[]){0, 1, 3});
}

static void a_run_counts_on_its_share_and_no_more_than_there_are(void **state)
{
    (void)state;
    crew *threads;
    pool *pools[2];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pool_create((pool_options){.n_threads = 2}, &pools[i], NULL), PT_OK);
    assert_int_equal(crew_of_pools(pools, 2, &threads, NULL), PT_OK);
    assert_int_equal(crew_share(threads), 4);
    crew_set_share(threads, 3);
    assert_int_equal(crew_share(threads), 3);
    assert_int_equal(crew_size(threads), 4);
    crew_set_share(threads, 9);
    assert_int_equal(crew_share(threads), 4);
    assert_int_equal(crew_set_pools(threads, pools, 1, NULL), PT_OK);
    assert_int_equal(crew_share(threads), 2);
    crew_destroy(threads);
    for (size_t i = 0; i < 2; i++)
        pool_destroy(pools[i]);
}

static void a_crew_of_no_pool_is_an_argument_error(void **state)
{
    (void)state;
    crew *threads = NULL;
    pt_err err = {0};
    assert_int_equal(crew_of_pools(NULL, 0, &threads, &err), PT_E_ARG);
    assert_int_equal(crew_of_pools(NULL, CREW_POOLS_MAX + 1, &threads, &err), PT_E_ARG);
    assert_null(threads);
    pool_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_runs_once_on_any_crew),
        cmocka_unit_test(runs_in_quick_succession_lose_no_item),
        cmocka_unit_test(no_threads_is_an_argument_error),
        cmocka_unit_test(several_callers_share_the_threads),
        cmocka_unit_test(a_crew_of_two_pools_has_the_threads_of_both),
        cmocka_unit_test(a_caller_works_where_callers_join_and_nowhere_else),
        cmocka_unit_test(runs_of_one_class_share_the_threads),
        cmocka_unit_test(a_run_of_a_smaller_class_goes_first),
        cmocka_unit_test(what_a_run_leaves_idle_another_takes),
        cmocka_unit_test(a_run_counts_on_its_share_and_no_more_than_there_are),
        cmocka_unit_test(a_crew_of_no_pool_is_an_argument_error),
        cmocka_unit_test(parts_cover_a_range_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
