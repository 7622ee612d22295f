/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/mapping_tests.inc.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "node/pipeline/arena_store.h"
#include "tests/unit/thread_tests.inc.h"

/* What the store adds to an arena, beside what the caller asks for. */
#define OWN_BYTES (arena_bytes(0))

static arena_store *store_of(uint64_t budget_bytes)
{
    arena_store *store;
    pt_err err = {0};
    assert_int_equal(arena_store_create(budget_bytes, true, ARENAS_KEPT, &store, &err), PT_OK);
    return store;
}

static uint8_t *take(arena_store *store, size_t n_bytes)
{
    void *arena;
    pt_err err = {0};
    if (arena_take(store, &(arena_request){.n_bytes = n_bytes}, &arena, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return arena;
}

static void expect_figures(arena_store *store, uint64_t taken, uint64_t kept, size_t n_mapped, size_t n_unmapped)
{
    const arena_figures f = arena_store_figures(store);
    assert_int_equal(f.taken_bytes, taken);
    assert_int_equal(f.kept_bytes, kept);
    assert_int_equal(f.n_mapped, n_mapped);
    assert_int_equal(f.n_unmapped, n_unmapped);
}

/* ---- one thread ---- */

static void arenas_of_one_size_follow_one_another_unmapped(void **state)
{
    enum { N_BYTES = 100000, N_AT_ONCE = 3 };
    (void)state;
    arena_store *store = store_of(UINT64_MAX);
    const size_t maps_before = mappings.n_maps, unmaps_before = mappings.n_unmaps;
    for (int round = 0; round < 50; round++) {
        uint8_t *arenas[N_AT_ONCE];
        for (size_t i = 0; i < N_AT_ONCE; i++)
            arenas[i] = take(store, N_BYTES);
        expect_figures(store, N_AT_ONCE * (N_BYTES + OWN_BYTES), 0, N_AT_ONCE, 0);
        for (size_t i = 0; i < N_AT_ONCE; i++)
            arena_give(store, arenas[i]);
        expect_figures(store, 0, N_AT_ONCE * (N_BYTES + OWN_BYTES), N_AT_ONCE, 0);
    }
    assert_int_equal(mappings.n_maps - maps_before, N_AT_ONCE);
    assert_int_equal(mappings.n_unmaps, unmaps_before);
    arena_store_destroy(store);
    assert_int_equal(mappings.n_unmaps - unmaps_before, N_AT_ONCE);
}

static void what_is_said_to_be_used_is_zeroed(void **state)
{
    enum { N_BYTES = 100000, N_USED = 5000 };
    (void)state;
    arena_store *store = store_of(UINT64_MAX);
    uint8_t *arena = take(store, N_BYTES);
    memset(arena, 0xa5, N_USED);
    arena[N_USED] = 1; /* not said */
    arena_give_used(store, arena, N_USED);
    uint8_t *again = take(store, N_BYTES);
    assert_ptr_equal(again, arena);
    assert_true(sodium_is_zero(again, N_USED));
    assert_int_equal(again[N_USED], 1);
    arena_give_used(store, again, SIZE_MAX); /* more than it has: all */
    again = take(store, N_BYTES);
    assert_true(sodium_is_zero(again, N_BYTES));
    arena_give(store, again);
    arena_store_destroy(store);
}

static void an_arena_is_aligned_and_zero_whoever_had_it(void **state)
{
    static const size_t sizes[] = {0, 1, 63, 64, 4032, 4096, 100001, (3 << 20) + 5};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        arena_store *store = store_of(UINT64_MAX);
        for (int round = 0; round < 3; round++) {
            uint8_t *arena = take(store, sizes[i]);
            assert_int_equal((uintptr_t)arena % 64, 0);
            assert_true(sodium_is_zero(arena, sizes[i]));
            memset(arena, 0xa5, sizes[i]);
            arena_give(store, arena);
            assert_true(sodium_is_zero(arena, sizes[i])); /* while nobody has it */
        }
        expect_figures(store, 0, sizes[i] + OWN_BYTES, 1, 0);
        arena_store_destroy(store);
    }
}

/* Are all pages of these bytes in memory, or is none? */
static void expect_pages(const uint8_t *bytes, size_t n_bytes, bool there)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), n_before = (uintptr_t)bytes % page;
    const size_t n_pages = (n_before + n_bytes + page - 1) / page;
    unsigned char *resident = malloc(n_pages);
    assert_int_equal(mincore((void *)(uintptr_t)(bytes - n_before), n_pages * page, resident), 0);
    for (size_t i = 0; i < n_pages; i++)
        assert_int_equal(resident[i] & 1, there);
    free(resident);
}

static void every_page_is_there_when_it_is_handed_out(void **state)
{
    enum { N_BYTES = 5 << 20 };
    (void)state;
    arena_store *store = store_of(UINT64_MAX);
    uint8_t *arena = take(store, N_BYTES);
    expect_pages(arena, N_BYTES, true);
    arena_give(store, arena);
    arena_store_destroy(store);
}

/* Those behind them come when they are written to, and are zeroed like the others. */
static void so_many_pages_are_there_as_are_asked_for(void **state)
{
    enum { N_BYTES = 16 << 20, N_READY = 1 << 20, N_FAR = 8 << 20 /* beyond what a huge page brings along */ };
    (void)state;
    arena_store *store = store_of(UINT64_MAX);
    void *memory;
    pt_err err = {0};
    assert_int_equal(arena_take(store, &(arena_request){.n_bytes = N_BYTES, .n_ready = N_READY}, &memory, &err), PT_OK);
    uint8_t *arena = memory;
    expect_pages(arena, N_READY, true);
    expect_pages(arena + N_FAR, N_BYTES - N_FAR, false);
    memset(arena, 0xa5, N_READY);
    arena_give_used(store, arena, N_READY);
    assert_true(sodium_is_zero(arena, N_READY));
    expect_pages(arena + N_FAR, N_BYTES - N_FAR, false);
    assert_ptr_equal(take(store, N_BYTES), arena);
    memset(arena, 0xa5, N_BYTES);
    arena_give(store, arena);
    assert_true(sodium_is_zero(arena, N_BYTES));
    arena_store_destroy(store);
}

static bool has_huge_pages_refused(const void *address)
{
    char line[512];
    bool inside = false, refused = false;
    FILE *smaps = fopen("/proc/self/smaps", "r");
    assert_non_null(smaps);
    while (fgets(line, sizeof line, smaps) != NULL) {
        unsigned long begin, end;
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            inside = begin <= (uintptr_t)address && (uintptr_t)address < end;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            refused = strstr(line, " nh") != NULL;
    }
    fclose(smaps);
    return refused;
}

static void huge_pages_are_not_taken_where_they_are_not_wanted(void **state)
{
    enum { N_BYTES = 5 << 20 };
    (void)state;
    for (int wanted = 0; wanted < 2; wanted++) {
        arena_store *store;
        pt_err err = {0};
        assert_int_equal(arena_store_create(UINT64_MAX, wanted, ARENAS_KEPT, &store, &err), PT_OK);
        uint8_t *arena = take(store, N_BYTES);
        assert_int_equal(has_huge_pages_refused(arena + N_BYTES / 2), !wanted);
        arena_give(store, arena);
        arena_store_destroy(store);
    }
}

static void a_budget_can_be_given_later(void **state)
{
    (void)state;
    arena_store *store = store_of(UINT64_MAX);
    pt_err err = {0};
    void *arena;
    arena_store_bound(store, arena_bytes(5000));
    assert_int_equal(arena_take(store, &(arena_request){.n_bytes = 5001}, &arena, &err), PT_E_NOMEM);
    arena_give(store, take(store, 5000));
    assert_int_equal(arena_store_figures(store).budget_bytes, arena_bytes(5000));
    arena_store_destroy(store);
}

static bool is_over(void *ctx)
{
    bool *asked = ctx, before = *asked;
    *asked = true;
    return !before;
}

static void a_budget_that_shrinks_is_kept_to_as_arenas_return(void **state)
{
    (void)state;
    const size_t each = arena_bytes(5000);
    arena_store *store = store_of(3 * each);
    uint8_t *first = take(store, 5000), *second = take(store, 5000);
    arena_give(store, take(store, 5000));
    expect_figures(store, 2 * each, each, 3, 0);
    arena_store_bound(store, each);
    expect_figures(store, 2 * each, 0, 3, 1);
    arena_give(store, first);
    expect_figures(store, each, 0, 3, 2);
    arena_give(store, second);
    expect_figures(store, 0, each, 3, 2);
    first = take(store, 5000);
    arena_store_bound(store, 2 * each);
    second = take(store, 5000);
    arena_store_bound(store, each);
    pt_err err = {0};
    void *third;
    bool asked = false; /* whether it is wanted, once: then it would have been taken */
    const arena_request brief = {.n_bytes = 5000, .wanted = is_over, .ctx = &asked};
    assert_int_equal(arena_take(store, &brief, &third, &err), PT_E_NOMEM);
    expect_figures(store, 2 * each, 0, 4, 2);
    arena_give(store, first);
    arena_give(store, second);
    arena_store_destroy(store);
}

static void a_kept_arena_serves_what_needs_more_than_half_of_it(void **state)
{
    (void)state;
    arena_store *store = store_of(UINT64_MAX);
    arena_give(store, take(store, 100000));
    uint8_t *more_than_half = take(store, 60000);
    expect_figures(store, 100000 + OWN_BYTES, 0, 1, 0);
    arena_give(store, more_than_half);
    uint8_t *less = take(store, 40000), *larger = take(store, 100001);
    expect_figures(store, 40000 + 100001 + 2 * OWN_BYTES, 100000 + OWN_BYTES, 3, 0);
    arena_give(store, less);
    arena_give(store, larger);
    arena_store_destroy(store);
}

static void the_smallest_that_is_large_enough_is_taken(void **state)
{
    (void)state;
    arena_store *store = store_of(UINT64_MAX);
    static const size_t sizes[] = {3000, 2500, 2000, 4000};
    uint8_t *arenas[4];
    for (size_t i = 0; i < 4; i++)
        arenas[i] = take(store, sizes[i]);
    for (size_t i = 0; i < 4; i++)
        arena_give(store, arenas[i]);
    assert_ptr_equal(take(store, 2400), arenas[1]);
    assert_ptr_equal(take(store, 2400), arenas[0]);
    assert_ptr_equal(take(store, 2400), arenas[3]);
    expect_figures(store, 3000 + 2500 + 4000 + 3 * OWN_BYTES, 2000 + OWN_BYTES, 4, 0);
    arena_give(store, arenas[1]);
    arena_give(store, arenas[0]);
    arena_give(store, arenas[3]);
    arena_store_destroy(store);
}

static void kept_arenas_make_room_and_no_more_of_them_than_it_takes(void **state)
{
    (void)state;
    arena_store *store = store_of(100000 + 4 * OWN_BYTES);
    uint8_t *small = take(store, 10000), *middle = take(store, 20000), *large = take(store, 30000);
    arena_give(store, large);
    arena_give(store, small);
    arena_give(store, middle);
    uint8_t *other = take(store, 65000); /* 30,000 of 60,000 must go: the two smallest */
    expect_figures(store, 65000 + OWN_BYTES, 30000 + OWN_BYTES, 4, 2);
    arena_give(store, other);
    other = take(store, 100000);
    expect_figures(store, 100000 + OWN_BYTES, 0, 5, 4);
    arena_give(store, other);
    arena_store_destroy(store);
}

static void what_can_never_fit_is_refused_at_once_with_the_figures(void **state)
{
    const size_t sizes[] = {5001, 5000 + OWN_BYTES, 1 << 20, SIZE_MAX - OWN_BYTES, SIZE_MAX - 1, SIZE_MAX};
    (void)state;
    arena_store *store = store_of(5000 + OWN_BYTES);
    uint8_t *all = take(store, 5000);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        pt_err err = {0};
        void *arena = store;
        assert_int_equal(arena_take(store, &(arena_request){.n_bytes = sizes[i]}, &arena, &err),
                         PT_E_NOMEM); /* and doesn't wait for the other */
        assert_ptr_equal(arena, store);
        assert_non_null(strstr(err.msg, " 5064 ")); /* the budget */
        if (sizes[i] == 5001)
            assert_string_equal(err.msg, "a partition takes 5065 bytes, but the budget leaves 5064 for partitions");
    }
    expect_figures(store, 5000 + OWN_BYTES, 0, 1, 0);
    arena_give(store, all);
    arena_store_destroy(store);
}

static void no_size_is_too_large_for_a_clear_refusal(void **state)
{
    const size_t sizes[] = {(size_t)1 << 60, SIZE_MAX / 2, SIZE_MAX - 4096, SIZE_MAX - OWN_BYTES, SIZE_MAX - 1, SIZE_MAX};
    (void)state;
    arena_store *store = store_of(UINT64_MAX);
    uint8_t *other = take(store, 10000);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        pt_err err = {0};
        void *arena = store;
        assert_int_equal(arena_take(store, &(arena_request){.n_bytes = sizes[i]}, &arena, &err), PT_E_NOMEM);
        assert_ptr_equal(arena, store);
        expect_figures(store, 10000 + OWN_BYTES, 0, 1, 0);
    }
    arena_give(store, other);
    arena_store_destroy(store);
}

static void a_system_without_memory_is_said_and_costs_nothing(void **state)
{
    (void)state;
    arena_store *store = store_of(UINT64_MAX);
    pt_err err = {0};
    void *arena = NULL;
    mappings.bytes_max = mappings.bytes + 50000;
    assert_int_equal(arena_take(store, &(arena_request){.n_bytes = 100000}, &arena, &err), PT_E_NOMEM);
    mappings.bytes_max = 0;
    assert_string_equal(err.msg, "no memory for a partition: 100064 bytes");
    expect_figures(store, 0, 0, 0, 0);
    arena_give(store, take(store, 100000));
    expect_figures(store, 0, 100000 + OWN_BYTES, 1, 0);
    arena_store_destroy(store);
}

static void kept_arenas_are_released_where_the_system_has_no_memory(void **state)
{
    (void)state;
    arena_store *store = store_of(UINT64_MAX);
    arena_give(store, take(store, 30000));
    uint8_t *other = take(store, 100000);
    mappings.bytes_max = mappings.bytes + 10000;
    uint8_t *arena = take(store, 35000);
    mappings.bytes_max = 0;
    expect_figures(store, 100000 + 35000 + 2 * OWN_BYTES, 0, 3, 1);
    arena_give(store, arena);
    arena_give(store, other);
    arena_store_destroy(store);
}

static void null_is_given_and_destroyed(void **state)
{
    (void)state;
    arena_store *store = store_of(1000);
    arena_give(store, NULL);
    expect_figures(store, 0, 0, 0, 0);
    arena_store_destroy(store);
    arena_store_destroy(NULL);
}

/* ---- threads that wait ---- */

typedef struct {
    arena_store *store;
    size_t n_bytes;
    uint64_t rank;
    atomic_bool cancel;
    atomic_size_t *n_served; /* counted up by each that gets an arena; it keeps it until *n_served is at least `until` */
    size_t until;
    atomic_int thread;
    size_t turn; /* which it was */
    void *arena;
    pt_err err;
    pthread_t id;
} taker;

static bool is_wanted(void *ctx)
{
    const taker *t = ctx;
    return !atomic_load(&t->cancel);
}

static void *take_and_give(void *arg)
{
    taker *t = arg;
    atomic_store(&t->thread, gettid());
    const arena_request request = {.n_bytes = t->n_bytes, .rank = t->rank, .wanted = is_wanted, .ctx = t};
    if (arena_take(t->store, &request, &t->arena, &t->err) != PT_OK)
        return NULL;
    t->turn = atomic_fetch_add(t->n_served, 1);
    while (atomic_load(t->n_served) < t->until)
        sleep_ms(1);
    arena_give(t->store, t->arena);
    return NULL;
}

static void begin_taking(taker *t)
{
    assert_int_equal(pthread_create(&t->id, NULL, take_and_give, t), 0);
    await_asleep(&t->thread);
}

static void those_who_wait_are_served_by_rank(void **state)
{
    enum { N = 5, N_BYTES = 10000 };
    static const uint64_t ranks[N] = {7, 3, 9, UINT64_MAX, 0};
    static const size_t turns[N] = {2, 1, 3, 4, 0};
    (void)state;
    arena_store *store = store_of(N_BYTES + OWN_BYTES);
    atomic_size_t n_served = 0;
    taker takers[N];
    uint8_t *all = take(store, N_BYTES);
    for (size_t i = 0; i < N; i++) {
        takers[i] = (taker){.store = store, .n_bytes = N_BYTES, .rank = ranks[i], .n_served = &n_served};
        begin_taking(&takers[i]);
    }
    assert_int_equal(n_served, 0);
    arena_give(store, all);
    for (size_t i = 0; i < N; i++) {
        pthread_join(takers[i].id, NULL);
        assert_int_equal(takers[i].err.code, PT_OK);
        assert_int_equal(takers[i].turn, turns[i]);
    }
    expect_figures(store, 0, N_BYTES + OWN_BYTES, 1, 0);
    arena_store_destroy(store);
}

static void those_of_one_rank_are_served_as_they_came(void **state)
{
    enum { N = 4, N_BYTES = 10000 };
    (void)state;
    arena_store *store = store_of(N_BYTES + OWN_BYTES);
    atomic_size_t n_served = 0;
    taker takers[N];
    uint8_t *all = take(store, N_BYTES);
    for (size_t i = 0; i < N; i++) {
        takers[i] = (taker){.store = store, .n_bytes = N_BYTES, .rank = 1, .n_served = &n_served};
        begin_taking(&takers[i]);
    }
    arena_give(store, all);
    for (size_t i = 0; i < N; i++) {
        pthread_join(takers[i].id, NULL);
        assert_int_equal(takers[i].turn, i);
    }
    arena_store_destroy(store);
}

/* Where 50,000 of 100,000 are taken: there is room for the small one alone, but the large one comes before it. */
static void begin_large_and_small(arena_store *store, atomic_size_t *n_served, taker *large, taker *small)
{
    *large = (taker){.store = store, .n_bytes = 90000, .rank = 1, .n_served = n_served};
    *small = (taker){.store = store, .n_bytes = 20000, .rank = 2, .n_served = n_served};
    begin_taking(large);
    begin_taking(small);
}

/* Else a large partition would wait for as long as small ones come. */
static void a_small_one_waits_behind_a_large_one_of_smaller_rank(void **state)
{
    (void)state;
    arena_store *store = store_of(100000);
    taker large, small;
    atomic_size_t n_served = 0;
    uint8_t *first = take(store, 50000);
    begin_large_and_small(store, &n_served, &large, &small);
    assert_int_equal(n_served, 0);
    arena_give(store, first);
    pthread_join(large.id, NULL);
    pthread_join(small.id, NULL);
    assert_int_equal(large.turn, 0);
    assert_int_equal(small.turn, 1);
    expect_figures(store, 0, arena_store_figures(store).kept_bytes, 3, 2);
    arena_store_destroy(store);
}

static void one_who_comes_later_with_a_smaller_rank_does_not_wait_behind(void **state)
{
    (void)state;
    arena_store *store = store_of(100000);
    atomic_size_t n_served = 0;
    taker large = {.store = store, .n_bytes = 90000, .rank = 5, .n_served = &n_served};
    uint8_t *first = take(store, 50000);
    begin_taking(&large);
    uint8_t *urgent = take(store, 20000); /* of rank 0 */
    arena_give(store, urgent);
    assert_int_equal(n_served, 0);
    arena_give(store, first);
    pthread_join(large.id, NULL);
    assert_int_equal(large.err.code, PT_OK);
    arena_store_destroy(store);
}

static void one_that_returns_serves_two_at_once(void **state)
{
    (void)state;
    arena_store *store = store_of(100000);
    atomic_size_t n_served = 0;
    taker takers[2];
    uint8_t *all = take(store, 90000);
    for (size_t i = 0; i < 2; i++) { /* each keeps its own until both are served */
        takers[i] = (taker){.store = store, .n_bytes = 40000, .rank = i, .n_served = &n_served, .until = 2};
        begin_taking(&takers[i]);
    }
    arena_give(store, all);
    for (size_t i = 0; i < 2; i++)
        pthread_join(takers[i].id, NULL);
    expect_figures(store, 0, 2 * (40000 + OWN_BYTES), 3, 1);
    arena_store_destroy(store);
}

static void a_cancelled_wait_ends_and_lets_others_by(void **state)
{
    (void)state;
    arena_store *store = store_of(100000);
    taker large, small;
    atomic_size_t n_served = 0;
    uint8_t *first = take(store, 50000);
    begin_large_and_small(store, &n_served, &large, &small);
    atomic_store(&large.cancel, true);
    pthread_join(large.id, NULL);
    assert_int_equal(large.err.code, PT_E_NOMEM);
    assert_string_equal(large.err.msg, "cancelled");
    assert_null(large.arena);
    pthread_join(small.id, NULL); /* there was room for it all the time */
    assert_int_equal(small.err.code, PT_OK);
    expect_figures(store, 50000 + OWN_BYTES, 20000 + OWN_BYTES, 2, 0);
    arena_give(store, first);
    arena_store_destroy(store);
}

static void an_arena_that_is_not_wanted_is_not_taken(void **state)
{
    (void)state;
    arena_store *store = store_of(UINT64_MAX);
    taker nobody = {.cancel = true};
    void *arena = NULL;
    pt_err err = {0};
    const arena_request request = {.n_bytes = 1000, .wanted = is_wanted, .ctx = &nobody};
    assert_int_equal(arena_take(store, &request, &arena, &err), PT_E_NOMEM);
    assert_string_equal(err.msg, "cancelled");
    assert_null(arena);
    expect_figures(store, 0, 0, 0, 0);
    arena_store_destroy(store);
}

/* ---- many threads ---- */

enum { N_VISITORS = 6, N_VISITS = 400, BUDGET_BYTES = 200000, MOST_BYTES = 120000 };

typedef struct {
    arena_store *store;
    uint8_t number;
    uint64_t random;
    size_t n_wrong, n_refused;
    pthread_t id;
} visitor;

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static bool all_are(const uint8_t *bytes, size_t n_bytes, uint8_t value)
{
    for (size_t i = 0; i < n_bytes; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

static void visit_once(visitor *v)
{
    static const size_t sizes[] = {300, 8000, 9000, 50000, 90000, MOST_BYTES, BUDGET_BYTES};
    const size_t n_bytes = sizes[next_random(&v->random) % (sizeof sizes / sizeof *sizes)];
    pt_err err = {0};
    void *arena;
    const arena_request request = {.n_bytes = n_bytes, .rank = next_random(&v->random) % 4};
    if (arena_take(v->store, &request, &arena, &err) != PT_OK) {
        v->n_refused++;
        v->n_wrong += n_bytes != BUDGET_BYTES;
        return;
    }
    v->n_wrong += !all_are(arena, n_bytes, 0);
    memset(arena, v->number, n_bytes);
    sched_yield();
    v->n_wrong += !all_are(arena, n_bytes, v->number);
    arena_give(v->store, arena);
}

static void *visit(void *arg)
{
    visitor *v = arg;
    for (int i = 0; i < N_VISITS; i++)
        visit_once(v);
    return NULL;
}

typedef struct {
    arena_store *store;
    atomic_bool over;
    size_t n_looks, n_beyond;
    pthread_t id;
} onlooker;

static void *look_on(void *arg)
{
    onlooker *o = arg;
    while (!atomic_load(&o->over)) {
        const arena_figures f = arena_store_figures(o->store);
        o->n_beyond += f.taken_bytes + f.kept_bytes > f.budget_bytes || f.n_unmapped > f.n_mapped;
        o->n_looks++;
        sched_yield();
    }
    return NULL;
}

static void many_stay_within_the_budget_and_out_of_each_others_way(void **state)
{
    (void)state;
    const size_t bytes_before = mappings.bytes;
    arena_store *store = store_of(BUDGET_BYTES);
    onlooker looker = {.store = store};
    visitor visitors[N_VISITORS];
    size_t n_refused = 0;
    assert_int_equal(pthread_create(&looker.id, NULL, look_on, &looker), 0);
    for (size_t i = 0; i < N_VISITORS; i++) {
        visitors[i] = (visitor){.store = store, .number = (uint8_t)(i + 1), .random = 0x9e3779b97f4a7c15 * (i + 1)};
        assert_int_equal(pthread_create(&visitors[i].id, NULL, visit, &visitors[i]), 0);
    }
    for (size_t i = 0; i < N_VISITORS; i++) {
        pthread_join(visitors[i].id, NULL);
        assert_int_equal(visitors[i].n_wrong, 0);
        n_refused += visitors[i].n_refused;
    }
    atomic_store(&looker.over, true);
    pthread_join(looker.id, NULL);
    const arena_figures f = arena_store_figures(store);
    assert_int_equal(f.taken_bytes, 0);
    assert_true(n_refused > 0 && looker.n_looks > 0);
    assert_int_equal(looker.n_beyond, 0);
    assert_in_range(f.n_mapped - f.n_unmapped, 1, BUDGET_BYTES / 300);
    arena_store_destroy(store);
    assert_int_equal(mappings.bytes, bytes_before); /* every byte returned */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arenas_of_one_size_follow_one_another_unmapped),
        cmocka_unit_test(what_is_said_to_be_used_is_zeroed),
        cmocka_unit_test(an_arena_is_aligned_and_zero_whoever_had_it),
        cmocka_unit_test(every_page_is_there_when_it_is_handed_out),
        cmocka_unit_test(so_many_pages_are_there_as_are_asked_for),
        cmocka_unit_test(huge_pages_are_not_taken_where_they_are_not_wanted),
        cmocka_unit_test(a_budget_can_be_given_later),
        cmocka_unit_test(a_budget_that_shrinks_is_kept_to_as_arenas_return),
        cmocka_unit_test(a_kept_arena_serves_what_needs_more_than_half_of_it),
        cmocka_unit_test(the_smallest_that_is_large_enough_is_taken),
        cmocka_unit_test(kept_arenas_make_room_and_no_more_of_them_than_it_takes),
        cmocka_unit_test(what_can_never_fit_is_refused_at_once_with_the_figures),
        cmocka_unit_test(no_size_is_too_large_for_a_clear_refusal),
        cmocka_unit_test(a_system_without_memory_is_said_and_costs_nothing),
        cmocka_unit_test(kept_arenas_are_released_where_the_system_has_no_memory),
        cmocka_unit_test(null_is_given_and_destroyed),
        cmocka_unit_test(those_who_wait_are_served_by_rank),
        cmocka_unit_test(those_of_one_rank_are_served_as_they_came),
        cmocka_unit_test(a_small_one_waits_behind_a_large_one_of_smaller_rank),
        cmocka_unit_test(one_who_comes_later_with_a_smaller_rank_does_not_wait_behind),
        cmocka_unit_test(one_that_returns_serves_two_at_once),
        cmocka_unit_test(a_cancelled_wait_ends_and_lets_others_by),
        cmocka_unit_test(an_arena_that_is_not_wanted_is_not_taken),
        cmocka_unit_test(many_stay_within_the_budget_and_out_of_each_others_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
