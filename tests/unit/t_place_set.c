/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mpi/cluster/place_set.h"
#include "node/setup/splitmix.h"

static const uint32_t sizes[] = {1, 2, 63, 64, 65, 4095, 4096, 4097, 262144, 262145, 300000};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static place_set empty(uint32_t n)
{
    place_set self;
    pt_err err = {0};
    assert_int_equal(place_set_init(n, &self, &err), PT_OK);
    return self;
}

static void an_empty_set_has_no_first_member(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SIZES; i++) {
        place_set self = empty(sizes[i]);
        assert_int_equal(place_set_first(&self, 0), PLACE_NONE);
        assert_int_equal(place_set_first(&self, sizes[i]), PLACE_NONE);
        assert_int_equal(place_set_first(&self, PLACE_NONE), PLACE_NONE);
        place_set_clear(&self);
    }
    place_set none = empty(0);
    assert_int_equal(place_set_first(&none, 0), PLACE_NONE);
    place_set_clear(&none);
}

static void a_lone_member_is_found_from_anywhere_below(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SIZES; i++) {
        const uint32_t n = sizes[i], members[] = {0, n / 2, n - 1};
        place_set self = empty(n);
        for (size_t m = 0; m < 3; m++) {
            place_set_add(&self, members[m]);
            place_set_add(&self, members[m]);
            assert_int_equal(place_set_first(&self, 0), members[m]);
            assert_int_equal(place_set_first(&self, members[m]), members[m]);
            assert_int_equal(place_set_first(&self, members[m] + 1), PLACE_NONE);
            place_set_remove(&self, members[m]);
            place_set_remove(&self, members[m]);
            assert_int_equal(place_set_first(&self, 0), PLACE_NONE);
        }
        place_set_clear(&self);
    }
}

/* Beside a plain array of flags. */
static void members_are_found_in_their_order(void **state)
{
    (void)state;
    uint64_t random = 11;
    for (size_t i = 0; i < N_SIZES; i++) {
        const uint32_t n = sizes[i];
        place_set self = empty(n);
        bool *is_in = calloc(n, sizeof *is_in);
        assert_non_null(is_in);
        for (uint32_t k = 0; k < 2000; k++) {
            const uint32_t place = (uint32_t)(splitmix_next(&random) % n);
            is_in[place] = splitmix_next(&random) % 3 != 0;
            (is_in[place] ? place_set_add : place_set_remove)(&self, place);
        }
        uint32_t next = place_set_first(&self, 0);
        for (uint32_t place = 0; place < n; place++) {
            assert_int_equal(place == next, is_in[place]);
            if (place == next)
                next = place_set_first(&self, place + 1);
        }
        assert_int_equal(next, PLACE_NONE);
        free(is_in);
        place_set_clear(&self);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_set_has_no_first_member),
        cmocka_unit_test(a_lone_member_is_found_from_anywhere_below),
        cmocka_unit_test(members_are_found_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
