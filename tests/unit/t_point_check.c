/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/point_check.h"

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

static const pt_curve TOY = {.fq_bytes = 1,
                             .g1_find_off_curve = g1_off,
                             .g2_find_off_curve = g2_off,
                             .g1_find_outside = g1_out,
                             .g2_find_outside = g2_out};

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_points_pass),
        cmocka_unit_test(each_place_is_looked_at),
        cmocka_unit_test(the_first_fault_is_named_whoever_finds_it),
        cmocka_unit_test(rules_ask_for_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
