/* SPDX-License-Identifier: Apache-2.0 */
/* Ids beside a plain list of them. PARTITA_SEED=N repeats a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "mpi/cluster/id_set.h"
#include "node/setup/splitmix.h"

enum { IDS = 300, STEPS = 200000, NAME_ROOM = 32 };

static uint64_t seed;

static const char *name_of(uint32_t i, char room[NAME_ROOM])
{
    snprintf(room, NAME_ROOM, "id-%u", i);
    return room;
}

static void an_empty_one_knows_nothing(void **state)
{
    (void)state;
    id_set set = {0};
    assert_int_equal(id_set_find(&set, "a"), 0);
    id_set_remove(&set, "a");
    id_set_clear(&set);
}

static void it_says_what_a_list_says(void **state)
{
    (void)state;
    id_set set = {0};
    uint64_t lines[IDS] = {0}, random_state = seed;
    size_t n = 0;
    char room[NAME_ROOM];
    pt_err err = {0};
    for (uint64_t step = 1; step <= STEPS; step++) {
        const uint32_t i = (uint32_t)(splitmix_next(&random_state) % IDS);
        const char *name = name_of(i, room);
        assert_int_equal(id_set_find(&set, name), lines[i]);
        if (lines[i] == 0) {
            assert_int_equal(id_set_add(&set, name, step, &err), PT_OK);
            lines[i] = step;
            n++;
        } else if (splitmix_next(&random_state) % 3 != 0) {
            id_set_remove(&set, name);
            lines[i] = 0;
            n--;
        }
        assert_int_equal(set.n_entries, n);
    }
    for (uint32_t i = 0; i < IDS; i++)
        assert_int_equal(id_set_find(&set, name_of(i, room)), lines[i]);
    id_set_clear(&set);
}

static void an_id_takes_32_to_64_bytes_whatever_it_is(void **state)
{
    (void)state;
    id_set set = {0};
    char room[NAME_ROOM];
    pt_err err = {0};
    for (uint32_t i = 0; i < 100000; i++) {
        assert_int_equal(id_set_add(&set, name_of(i, room), i + 1, &err), PT_OK);
        const size_t n_bytes = set.capacity * sizeof *set.entries;
        assert_true(i < 64 || (n_bytes >= 32 * set.n_entries && n_bytes <= 64 * set.n_entries + 64));
    }
    id_set_clear(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_knows_nothing),
        cmocka_unit_test(it_says_what_a_list_says),
        cmocka_unit_test(an_id_takes_32_to_64_bytes_whatever_it_is),
    };
    const char *given = getenv("PARTITA_SEED");
    seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    print_message("PARTITA_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
