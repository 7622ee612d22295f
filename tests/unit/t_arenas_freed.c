/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/mapping_tests.inc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "node/pipeline/arena_store.h"

enum { N_BYTES = 5 << 20 };

static const arena_policy freeing[] = {ARENAS_FREED_BY_ONE, ARENAS_FREED_APART};

static arena_store *store_of(uint64_t budget_bytes, arena_policy policy)
{
    arena_store *store;
    pt_err err = {0};
    assert_int_equal(arena_store_create(budget_bytes, true, policy, &store, &err), PT_OK);
    return store;
}

static uint8_t *take(arena_store *store)
{
    void *arena;
    pt_err err = {0};
    if (arena_take(store, &(arena_request){.n_bytes = N_BYTES}, &arena, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return arena;
}

static void every_arena_goes_back_to_the_system(void **state)
{
    enum { N_ARENAS = 40 };
    (void)state;
    for (size_t p = 0; p < sizeof freeing / sizeof *freeing; p++) {
        const size_t bytes_before = mappings.bytes;
        arena_store *store = store_of(UINT64_MAX, freeing[p]);
        for (int i = 0; i < N_ARENAS; i++) {
            uint8_t *arena = take(store);
            assert_int_equal((uintptr_t)arena % 64, 0);
            assert_true(sodium_is_zero(arena, N_BYTES));
            memset(arena, 0xa5, N_BYTES);
            arena_give(store, arena);
        }
        const arena_figures f = arena_store_figures(store);
        assert_int_equal(f.n_mapped, N_ARENAS);
        assert_int_equal(f.kept_bytes, 0);
        arena_store_destroy(store);
        assert_int_equal(mappings.bytes, bytes_before);
    }
}

/* The second can be had only when the first has been freed. */
static void the_budget_is_kept_to(void **state)
{
    enum { N_TURNS = 20 };
    (void)state;
    for (size_t p = 0; p < sizeof freeing / sizeof *freeing; p++) {
        arena_store *store = store_of(arena_bytes(N_BYTES), freeing[p]);
        for (size_t i = 0; i < N_TURNS; i++) {
            uint8_t *arena = take(store);
            const arena_figures f = arena_store_figures(store);
            assert_int_equal(f.taken_bytes, arena_bytes(N_BYTES));
            assert_int_equal(f.n_unmapped, i);
            arena_give(store, arena);
        }
        arena_store_destroy(store);
    }
}

static void pages_come_as_they_are_touched(void **state)
{
    (void)state;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t p = 0; p < sizeof freeing / sizeof *freeing; p++) {
        arena_store *store = store_of(UINT64_MAX, freeing[p]);
        uint8_t *arena = take(store), *last = arena + N_BYTES - (uintptr_t)(arena + N_BYTES) % page - page;
        unsigned char resident;
        assert_int_equal(mincore(last, page, &resident), 0);
        assert_false(resident & 1);
        arena_give(store, arena);
        arena_store_destroy(store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_arena_goes_back_to_the_system),
        cmocka_unit_test(the_budget_is_kept_to),
        cmocka_unit_test(pages_come_as_they_are_touched),
    };
    return cmocka_run_group_tests_name("arenas that are freed", tests, NULL, NULL);
}
