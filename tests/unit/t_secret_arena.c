/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/secret_arena.h"

#include "tests/unit/secret_tests.inc.h"

static void memory_is_zero_aligned_and_writable(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 4032, 4033, 100000, (3 << 20) + 5};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *memory = secret_alloc(sizes[i]);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 64, 0);
        assert_true(sodium_is_zero(memory, sizes[i]));
        memset(memory, 0xa5, sizes[i]);
        secret_free(memory);
    }
}

static void it_is_in_no_core_dump(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 10000, 5 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *memory = secret_alloc(sizes[i]);
        assert_non_null(memory);
        assert_true(is_not_dumped(memory));
        assert_true(is_not_dumped(memory + sizes[i] - 1));
        secret_free(memory);
    }
}

static void what_is_released_is_zero(void **state)
{
    (void)state;
    const size_t n_bytes = (2 << 20) + 77;
    uint8_t *memory = secret_alloc(n_bytes);
    assert_non_null(memory);
    memset(memory, 0xa5, n_bytes);
    unmapped_forget();
    secret_free(memory);
    assert_in_range((uintptr_t)memory, unmapped.begin, unmapped.begin + unmapped.n_bytes - n_bytes);
    assert_true(unmapped.zero);
}

/* What the caller has zeroed is not zeroed again: that would bring pages which were never there. */
static void what_was_zeroed_is_released_as_it_is(void **state)
{
    enum { N_BYTES = 16 << 20, N_NEAR = 4 << 20 /* more than what a huge page brings along */ };
    (void)state;
    uint8_t *memory = secret_alloc(N_BYTES);
    assert_non_null(memory);
    memset(memory, 0xa5, 1000);
    sodium_memzero(memory, 1000);
    unmapped_forget();
    secret_free_zeroed(memory);
    assert_in_range((uintptr_t)memory, unmapped.begin, unmapped.begin + unmapped.n_bytes - N_BYTES);
    assert_in_range(unmapped.n_resident, 1, N_NEAR / (size_t)sysconf(_SC_PAGESIZE));
}

static void no_memory_is_null(void **state)
{
    (void)state;
    assert_null(secret_alloc(SIZE_MAX));
    assert_null(secret_alloc(SIZE_MAX - 64));
    assert_null(secret_alloc((size_t)1 << 60));
}

static void null_is_released(void **state)
{
    (void)state;
    secret_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zero_aligned_and_writable),
        cmocka_unit_test(it_is_in_no_core_dump),
        cmocka_unit_test(what_is_released_is_zero),
        cmocka_unit_test(what_was_zeroed_is_released_as_it_is),
        cmocka_unit_test(no_memory_is_null),
        cmocka_unit_test(null_is_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
