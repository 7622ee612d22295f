/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/ship_level.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const double mb = 1e6;

/* What shrinks to packed of it at so many bytes a second. */
static ship_rate rate(double bytes_a_second, double packed)
{
    return (ship_rate){.plain_bytes = 10 * mb, .packed_bytes = 10 * mb * packed, .seconds = 10 * mb / bytes_a_second};
}

static int chosen(double link_rate, ship_rate first, ship_rate third)
{
    const ship_rate rates[SHIP_LEVELS] = {{0}, first, third};
    return ship_levels[ship_level_choose(link_rate, rates)];
}

static void a_fast_link_gets_nothing_packed(void **state)
{
    (void)state;
    assert_int_equal(chosen(10e9, rate(500 * mb, 0.1), rate(200 * mb, 0.09)), 0);
}

static void a_slow_link_gets_what_is_smallest(void **state)
{
    (void)state;
    assert_int_equal(chosen(1 * mb, rate(500 * mb, 0.1), rate(200 * mb, 0.09)), 3);
    assert_int_equal(chosen(100 * mb, rate(500 * mb, 0.1), rate(200 * mb, 0.09)), 1);
}

static void what_does_not_shrink_is_not_packed(void **state)
{
    (void)state;
    assert_int_equal(chosen(1 * mb, rate(500 * mb, 1), rate(200 * mb, 1)), 0);
}

/* At 100 MB/s and a half a byte takes 10 ns plain, and 5 ns and the packing's packed. */
static void the_choice_turns_where_the_times_are_equal(void **state)
{
    (void)state;
    assert_int_equal(chosen(100 * mb, rate(199 * mb, 0.5), (ship_rate){0}), 0);
    assert_int_equal(chosen(100 * mb, rate(201 * mb, 0.5), (ship_rate){0}), 1);
}

static void what_was_not_measured_is_not_chosen(void **state)
{
    (void)state;
    assert_int_equal(chosen(1, (ship_rate){0}, (ship_rate){0}), 0);
    assert_int_equal(chosen(0, rate(500 * mb, 0.1), rate(200 * mb, 0.1)), 0);
}

/* Pieces of a megabyte, asked for as soon as the link has taken the one before; level i packs to packed[i]. Returns the level at the end. */
static int level_after(double link_rate, const double packed[SHIP_LEVELS], double seconds)
{
    ship_link link = {0};
    double now = 100;
    for (const double end = now + seconds; now < end;) {
        const size_t i = ship_link_level(&link, now);
        const double packing = i == 0 ? 0 : mb / (500 * mb);
        now += packing;
        ship_link_note(&link, i, (size_t)mb, (size_t)(mb * packed[i]), packing, now);
        now += mb * packed[i] / link_rate;
    }
    return ship_levels[ship_link_level(&link, now)];
}

static void the_first_second_decides(void **state)
{
    (void)state;
    static const double shrinks[] = {1, 0.2, 0.1}, stays[] = {1, 1, 1};
    assert_int_equal(level_after(20 * mb, shrinks, 2), 3);
    assert_int_equal(level_after(20 * mb, stays, 2), 0);
    assert_int_equal(level_after(5e9, shrinks, 2), 0);
}

static void all_levels_take_turns_before(void **state)
{
    (void)state;
    ship_link link = {0};
    unsigned seen[SHIP_LEVELS] = {0};
    for (int i = 0; i < 30; i++) {
        const size_t level = ship_link_level(&link, i * 0.01);
        seen[level]++;
        ship_link_note(&link, level, 100, 50, 0.001, i * 0.01);
    }
    for (size_t i = 0; i < SHIP_LEVELS; i++)
        assert_int_equal(seen[i], 10);
}

/* A pause is not the link's. */
static void time_in_which_nothing_is_wanted_does_not_count(void **state)
{
    (void)state;
    ship_link link = {0};
    double now = 0;
    for (int i = 0; i < 30; i++) {
        const size_t level = ship_link_level(&link, now);
        ship_link_note(&link, level, (size_t)mb, (size_t)(level == 0 ? mb : mb / 2), level == 0 ? 0 : 0.01, now);
        now += i % 2 == 0 ? 0.0005 : 5; /* two follow each other at 2 GB/s, then nothing for long */
    }
    assert_true(link.chosen);
    assert_int_equal(ship_levels[link.choice], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fast_link_gets_nothing_packed),
        cmocka_unit_test(a_slow_link_gets_what_is_smallest),
        cmocka_unit_test(what_does_not_shrink_is_not_packed),
        cmocka_unit_test(the_choice_turns_where_the_times_are_equal),
        cmocka_unit_test(what_was_not_measured_is_not_chosen),
        cmocka_unit_test(the_first_second_decides),
        cmocka_unit_test(all_levels_take_turns_before),
        cmocka_unit_test(time_in_which_nothing_is_wanted_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
