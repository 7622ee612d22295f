/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/clock_match.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/setup/splitmix.h"

static const double tiny = 1e-7; /* what doubles of some days' seconds resolve */

static void expect_own(const clock_match *match, double other, double own, double error)
{
    double got;
    assert_true(fabs(clock_match_own(match, other, &got) - own) < tiny);
    assert_true(fabs(got - error) < tiny);
}

static void one_exchange_is_right_to_half_of_what_it_took(void **state)
{
    (void)state;
    clock_match match = {.n = 0};
    clock_match_add(&match, 10, 5000, 10.4);
    expect_own(&match, 5000, 10.2, 0.2);
    expect_own(&match, 5010, 20.2, 0.2 + 150e-6);
    expect_own(&match, 4990, 0.2, 0.2 + 150e-6);
}

static void the_quickest_exchange_counts(void **state)
{
    (void)state;
    clock_match match = {.n = 0};
    clock_match_add(&match, 10, 5000, 10.4);
    clock_match_add(&match, 11, 5001.001, 11.002);
    clock_match_add(&match, 12, 5002.4, 12.5);
    expect_own(&match, 5001.001, 11.001, 0.001);
    assert_int_equal(match.n, 1);
    assert_int_equal(match.n_exchanges, 3);
}

static void an_exchange_that_goes_back_in_time_is_none(void **state)
{
    (void)state;
    clock_match match = {.n = 0};
    clock_match_add(&match, 10, 5000, 9);
    clock_match_add(&match, 10, 5000, (double)NAN);
    assert_int_equal(match.n, 0);
    assert_int_equal(match.n_exchanges, 0);
}

/* From 0 to 1, most of them small. */
static double waited(uint64_t *random)
{
    const double x = (double)(splitmix_next(random) >> 11) * 0x1p-53;
    return x * x * x * x;
}

/* A clock with another origin and another rate; each way takes up to 20 ms, and at times no exchange comes through for minutes. */
static void expect_within_the_error(double rate, double seconds, uint64_t seed, double error_max)
{
    clock_match match = {.n = 0};
    uint64_t random = seed;
    const double origin = -4321;
    for (double at = 3; at < seconds; at += splitmix_next(&random) % 100 == 0 ? 200 : 1) {
        const double looked = at + 1e-4 + 0.02 * waited(&random), answered = looked + 1e-4 + 0.02 * waited(&random);
        clock_match_add(&match, at, (looked - origin) * rate, answered);
        assert_true(match.n <= CLOCK_PAIRS_MAX);
    }
    double before = -INFINITY;
    for (double at = 0; at < seconds + 20; at += seconds / 5000) {
        double error, own = clock_match_own(&match, (at - origin) * rate, &error);
        if (fabs(own - at) > error + tiny)
            fail_msg("seed %llu, rate %.9f: %.7f s is said to be %.7f s, to within %.7f s", (unsigned long long)seed, rate,
                     at, own, error);
        assert_true(own > before);
        assert_true(error < error_max);
        before = own;
    }
}

static void what_is_said_is_true_to_within_the_error(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 40; seed++) {
        const double rate = 1 + 15e-6 * ((double)(seed % 7) - 3) / 3;
        expect_within_the_error(rate, 20, seed, 0.03);
        expect_within_the_error(rate, 600, seed, 0.03);
        expect_within_the_error(rate, 40000, seed, 0.03);
    }
}

/* Rates that a single exchange knows nothing of. */
static void a_long_run_is_followed(void **state)
{
    (void)state;
    clock_match match = {.n = 0};
    double error;
    for (double at = 0; at < 36000; at++)
        clock_match_add(&match, at, 1000 + 1.0001 * at, at);
    assert_true(match.n > CLOCK_PAIRS_MAX / 4 && match.n <= CLOCK_PAIRS_MAX);
    for (double at = 0; at < 35000; at += 7)
        assert_true(fabs(clock_match_own(&match, 1000 + 1.0001 * at, &error) - at) < 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_exchange_is_right_to_half_of_what_it_took),
        cmocka_unit_test(the_quickest_exchange_counts),
        cmocka_unit_test(an_exchange_that_goes_back_in_time_is_none),
        cmocka_unit_test(what_is_said_is_true_to_within_the_error),
        cmocka_unit_test(a_long_run_is_followed),
    };
    return cmocka_run_group_tests_name("clock_match", tests, NULL, NULL);
}
