/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/pipeline/crew.h"

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

static void scratch_is_zero_each_time_and_never_shared(void **state)
{
    static const size_t sizes[] = {1000, 64, 5000, 4999, 3 << 20, 5000, 1};
    (void)state;
    crew *threads;
    assert_int_equal(crew_create(2, &threads, NULL), PT_OK);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *first = crew_scratch_alloc(threads, sizes[i]), *second = crew_scratch_alloc(threads, sizes[i]);
        assert_non_null(first);
        assert_non_null(second);
        assert_int_equal((uintptr_t)first % 64, 0);
        for (size_t at = 0; at < sizes[i]; at++)
            assert_int_equal(first[at] | second[at], 0);
        memset(first, 0xa5, sizes[i]);
        assert_int_equal(second[sizes[i] - 1], 0);
        memset(second, 0xa5, sizes[i]);
        crew_scratch_free(threads, first);
        assert_int_equal(second[0], 0xa5);
        crew_scratch_free(threads, second);
    }
    crew_scratch_free(threads, NULL);
    crew_destroy(threads);
}

static void small_scratch_is_kept_for_the_next(void **state)
{
    (void)state;
    crew *threads;
    assert_int_equal(crew_create(1, &threads, NULL), PT_OK);
    uint8_t *first = crew_scratch_alloc(threads, 100000);
    assert_non_null(first);
    memset(first, 0xa5, 100000);
    crew_scratch_free(threads, first);
    for (size_t at = 0; at < 100000; at++)
        assert_int_equal(first[at], 0); /* zeroed at once, though still the crew's */
    assert_ptr_equal(crew_scratch_alloc(threads, 99999), first);
    crew_scratch_free(threads, first);
    crew_destroy(threads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scratch_is_zero_each_time_and_never_shared),
        cmocka_unit_test(small_scratch_is_kept_for_the_next),
        cmocka_unit_test(every_item_runs_once_on_any_crew),
        cmocka_unit_test(runs_in_quick_succession_lose_no_item),
        cmocka_unit_test(no_threads_is_an_argument_error),
        cmocka_unit_test(parts_cover_a_range_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
