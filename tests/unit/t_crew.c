/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/pipeline/crew.h"
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

/* Tasks that wait for one another: each must be on a thread of its own. */
static void wait_for_all(void *ctx, size_t item, size_t thread)
{
    atomic_size_t *arrived = ctx;
    (void)item;
    (void)thread;
    atomic_fetch_add(arrived, 1);
    while (atomic_load(arrived) < 4)
        ;
}

static void a_crew_of_two_pools_has_the_threads_of_both(void **state)
{
    (void)state;
    pool *pools[2];
    crew *threads;
    atomic_size_t arrived = 0;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pool_create((pool_options){.n_threads = 2}, &pools[i], NULL), PT_OK);
    assert_int_equal(crew_of_pools(pools, 2, &threads, NULL), PT_OK);
    assert_int_equal(crew_size(threads), 4);
    crew_run(threads, 4, wait_for_all, &arrived);
    assert_int_equal(arrived, 4);
    assert_true(crew_cpu_seconds(threads) > 0);
    crew_destroy(threads);
    for (size_t i = 0; i < 2; i++)
        pool_destroy(pools[i]);
}

/* An urgent run that opens while another one is under way is served before the rest of it. */
typedef struct {
    pool *pool;
    atomic_bool go, urgent_done;
    atomic_size_t n_before, n_after; /* items of the patient run that began before and after the urgent one ended */
} urgency;

static void patient_task(void *ctx, size_t item, size_t thread)
{
    urgency *u = ctx;
    (void)thread;
    if (item == 0) {
        atomic_store(&u->go, true);
        while (!atomic_load(&u->urgent_done))
            ;
    }
    atomic_fetch_add(atomic_load(&u->urgent_done) ? &u->n_after : &u->n_before, 1);
}

static void urgent_task(void *ctx, size_t item, size_t thread)
{
    (void)ctx;
    (void)item;
    (void)thread;
}

static void *run_urgently(void *arg)
{
    urgency *u = arg;
    crew *threads;
    if (crew_of_pools(&u->pool, 1, &threads, NULL) != PT_OK)
        return NULL;
    while (!atomic_load(&u->go))
        ;
    crew_run(threads, 100, urgent_task, u); /* of rank 0 */
    atomic_store(&u->urgent_done, true);
    crew_destroy(threads);
    return NULL;
}

static void an_urgent_run_goes_before_the_rest_of_another(void **state)
{
    (void)state;
    urgency u = {.n_before = 0};
    pthread_t id;
    crew *threads;
    assert_int_equal(pool_create((pool_options){.n_threads = 2, .callers_join = true}, &u.pool, NULL), PT_OK);
    assert_int_equal(crew_of_pools(&u.pool, 1, &threads, NULL), PT_OK);
    crew_set_rank(threads, 1);
    assert_int_equal(pthread_create(&id, NULL, run_urgently, &u), 0);
    crew_run(threads, 500, patient_task, &u);
    pthread_join(id, NULL);
    assert_int_equal(u.n_before + u.n_after, 500);
    assert_true(u.n_after > 0);
    crew_destroy(threads);
    pool_destroy(u.pool);
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
        cmocka_unit_test(an_urgent_run_goes_before_the_rest_of_another),
        cmocka_unit_test(a_crew_of_no_pool_is_an_argument_error),
        cmocka_unit_test(parts_cover_a_range_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
