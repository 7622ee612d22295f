/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/point_check.h"

#include <stdatomic.h>

#include "tests/unit/format_tests.inc.h"

/* A curve of one byte a coordinate, whose points say themselves what is wrong with them: their first byte. */
enum { GOOD = 1, OFF = 2, OUT = 3, INFINITE = 0 };

static size_t find_first(const uint8_t *points, size_t point_bytes, size_t n, uint8_t mark)
{
    size_t i = 0;
    while (i < n && points[i * point_bytes] != mark)
        i++;
    return i;
}

static size_t g1_off(const uint8_t *points, size_t n)
{
    return find_first(points, 2, n, OFF);
}

static size_t g2_off(const uint8_t *points, size_t n)
{
    return find_first(points, 4, n, OFF);
}

static size_t g1_out(const uint8_t *points, size_t n)
{
    return find_first(points, 2, n, OUT);
}

static size_t g2_out(const uint8_t *points, size_t n)
{
    return find_first(points, 4, n, OUT);
}

/* Batches that were seen, and the seeds' keys: counted in one run at a time. */
static atomic_uint n_batches, n_misused;
static atomic_uint_fast64_t numbers_seen, key_seen;

static void look_at_batch(size_t n, const subset_seed *seed, const uint8_t *scratch)
{
    uint64_t key, none = 0;
    memcpy(&key, seed->key, sizeof key);
    bool first = atomic_compare_exchange_strong(&key_seen, &none, key);
    bool misused = n > SUBGROUP_BATCH_MAX || scratch == NULL || (uintptr_t)scratch % 64 != 0 || (!first && none != key);
    atomic_fetch_add(&n_misused, misused);
    atomic_fetch_add(&n_batches, 1);
    atomic_fetch_or(&numbers_seen, (uint64_t)1 << seed->batch % 64);
}

static size_t g1_batch_out(const uint8_t *points, size_t n, const subset_seed *seed, void *scratch)
{
    look_at_batch(n, seed, scratch);
    memset(scratch, 1, 100); /* at the end of what was asked for, under a sanitizer */
    return g1_out(points, n);
}

static size_t g2_batch_out(const uint8_t *points, size_t n, const subset_seed *seed, void *scratch)
{
    look_at_batch(n, seed, scratch);
    memset(scratch, 2, 100);
    return g2_out(points, n);
}

static size_t scratch_bytes(void)
{
    return 100;
}

static const pt_curve TOY = {.fq_bytes = 1,
                             .g1_find_off_curve = g1_off,
                             .g2_find_off_curve = g2_off,
                             .g1_find_outside = g1_out,
                             .g2_find_outside = g2_out,
                             .g1_find_outside_batch = g1_batch_out,
                             .g2_find_outside_batch = g2_batch_out,
                             .outside_scratch_bytes = scratch_bytes};

enum { N = 10000 };

typedef struct {
    uint8_t g1[2 * N], g2[4 * N], key[2 * N];
} arrays;

static arrays *all_good(void)
{
    arrays *a = malloc(sizeof *a);
    memset(a, GOOD, sizeof *a);
    return a;
}

/* Check with no crew and with 1 to 4 threads; an empty part: good. */
static void expect(const arrays *a, point_rule rule, const char *part)
{
    const point_span spans[] = {{"G1", 1, POINTS_ON_CURVE, a->g1, N},
                                {"none", 1, POINTS_ON_CURVE, NULL, 0},
                                {"G2", 2, POINTS_ON_CURVE, a->g2, N},
                                {"key", 1, rule, a->key, N}};
    for (size_t n_threads = 0; n_threads < 5; n_threads++) {
        crew *threads = NULL;
        pt_err err = {0};
        if (n_threads > 0)
            assert_int_equal(crew_create(n_threads, &threads, &err), PT_OK);
        pt_status status = points_check(threads, &TOY, "f", spans, 4, &err);
        if (*part == 0)
            assert_int_equal(status, PT_OK);
        else
            assert_error(&err, status, PT_E_FORMAT, part);
        crew_destroy(threads);
    }
}

static void good_points_pass(void **state)
{
    (void)state;
    arrays *a = all_good();
    expect(a, POINTS_ON_CURVE, "");
    expect(a, POINTS_IN_SUBGROUP, "");
    expect(a, POINTS_IN_SUBGROUP_FINITE, "");
    free(a);
}

static void each_place_is_looked_at(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i += 1111) {
        char part[64];
        arrays *a = all_good();
        a->g1[2 * i] = OFF;
        snprintf(part, sizeof part, "f: G1: point %zu of %d is not on the curve", i, N);
        expect(a, POINTS_ON_CURVE, part);
        memset(a->g1, GOOD, sizeof a->g1);
        a->g2[4 * i] = OFF;
        snprintf(part, sizeof part, "f: G2: point %zu of %d is not on the curve", i, N);
        expect(a, POINTS_ON_CURVE, part);
        free(a);
    }
}

static void the_first_fault_is_named_whoever_finds_it(void **state)
{
    (void)state;
    arrays *a = all_good();
    a->key[0] = OUT;
    a->g2[4 * 17] = OFF;
    a->g2[4 * (N - 1)] = OFF;
    expect(a, POINTS_IN_SUBGROUP, "f: G2: point 17 of 10000 is not on the curve");
    a->g1[2 * (N - 1)] = OFF;
    a->g1[2 * (N - 2)] = OFF;
    expect(a, POINTS_IN_SUBGROUP, "f: G1: point 9998 of 10000 is not on the curve");
    free(a);
}

static void rules_ask_for_more(void **state)
{
    (void)state;
    arrays *a = all_good();
    memset(a->key + 2 * 5, INFINITE, 2);
    expect(a, POINTS_IN_SUBGROUP, "");
    expect(a, POINTS_IN_SUBGROUP_FINITE, "f: key: point 5 of 10000 is infinity");
    a->key[2 * 4] = OUT;
    expect(a, POINTS_ON_CURVE, "");
    expect(a, POINTS_IN_SUBGROUP_FINITE, "f: key: point 4 of 10000 is not in the subgroup of order r");
    a->key[2 * 3] = OFF;
    expect(a, POINTS_IN_SUBGROUP, "f: key: point 3 of 10000 is not on the curve");
    free(a);
}

static void batches_are_numbered_apart_and_share_a_key(void **state)
{
    enum { MANY = 3 * SUBGROUP_BATCH_MAX + 1 };
    uint8_t *points = malloc(4 * (size_t)MANY);
    uint64_t last_key = 0;
    (void)state;
    memset(points, GOOD, 4 * (size_t)MANY);
    const point_span spans[] = {{"G1", 1, POINTS_IN_SUBGROUP, points, MANY}, {"G2", 2, POINTS_IN_SUBGROUP, points, MANY}};
    for (size_t n_threads = 1; n_threads < 4; n_threads++) {
        crew *threads;
        pt_err err = {0};
        n_batches = n_misused = 0;
        numbers_seen = key_seen = 0;
        points[4 * (size_t)MANY - 4] = GOOD;
        assert_int_equal(crew_create(n_threads, &threads, &err), PT_OK);
        assert_int_equal(points_check(threads, &TOY, "f", spans, 2, &err), PT_OK);
        assert_int_equal(n_batches, 8);
        assert_int_equal(__builtin_popcountll(numbers_seen), 8);
        assert_int_equal(n_misused, 0);
        assert_true(key_seen != 0 && key_seen != last_key);
        last_key = key_seen;
        points[4 * (size_t)MANY - 4] = OUT;
        pt_status status = points_check(threads, &TOY, "f", spans + 1, 1, &err);
        assert_error(&err, status, PT_E_FORMAT, "f: G2: point 98304 of 98305 is not in the subgroup of order r");
        crew_destroy(threads);
    }
    free(points);
}

static void few_points_are_asked_without_a_batch(void **state)
{
    uint8_t points[2 * 255];
    (void)state;
    memset(points, GOOD, sizeof points);
    pt_err err = {0};
    n_batches = 0;
    const point_span few = {"G1", 1, POINTS_IN_SUBGROUP, points, 255};
    assert_int_equal(points_check(NULL, &TOY, "f", &few, 1, &err), PT_OK);
    points[2 * 254] = OUT;
    pt_status status = points_check(NULL, &TOY, "f", &few, 1, &err);
    assert_error(&err, status, PT_E_FORMAT, "f: G1: point 254 of 255 is not in the subgroup of order r");
    assert_int_equal(n_batches, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_points_pass),
        cmocka_unit_test(each_place_is_looked_at),
        cmocka_unit_test(the_first_fault_is_named_whoever_finds_it),
        cmocka_unit_test(rules_ask_for_more),
        cmocka_unit_test(batches_are_numbered_apart_and_share_a_key),
        cmocka_unit_test(few_points_are_asked_without_a_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
