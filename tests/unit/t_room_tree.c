/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mpi/cluster/room_tree.h"
#include "node/setup/splitmix.h"

static void the_best_rank_has_most_room_and_of_equals_the_lowest_number(void **state)
{
    (void)state;
    uint64_t random = 5;
    for (uint32_t n = 1; n <= 70; n++) {
        room_tree self;
        pt_err err = {0};
        uint32_t room[70] = {0};
        assert_int_equal(room_tree_init(n, &self, &err), PT_OK);
        assert_int_equal(room_tree_best(&self), 0);
        for (uint32_t k = 0; k < 500; k++) {
            const uint32_t rank = (uint32_t)(splitmix_next(&random) % n);
            room[rank] = (uint32_t)(splitmix_next(&random) % 5);
            room_tree_set(&self, rank, room[rank]);
            uint32_t best = 0;
            for (uint32_t r = 1; r < n; r++)
                best = room[r] > room[best] ? r : best;
            assert_int_equal(room_tree_best(&self), best);
            assert_int_equal(self.room[rank], room[rank]);
        }
        room_tree_clear(&self);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_rank_has_most_room_and_of_equals_the_lowest_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
