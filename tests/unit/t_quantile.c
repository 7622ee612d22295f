/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/pipeline/quantile.h"

static void quantiles_lie_between_neighbours(void **state)
{
    const double sorted[] = {1, 2, 4, 8};
    assert_float_equal((float)quantile_of(sorted, 4, 0), 1.0f, 1e-6f);
    assert_float_equal((float)quantile_of(sorted, 4, 0.5), 3.0f, 1e-6f);
    assert_float_equal((float)quantile_of(sorted, 4, 0.25), 1.75f, 1e-6f);
    assert_float_equal((float)quantile_of(sorted, 4, 1), 8.0f, 1e-6f);
    assert_float_equal((float)quantile_of(sorted, 1, 0.75), 1.0f, 1e-6f);
    (void)state;
}

static void samples_are_sorted_in_place(void **state)
{
    double samples[] = {5, -1, 3, 3, 0};
    const double sorted[] = {-1, 0, 3, 3, 5};
    quantile_sort(samples, 5);
    assert_memory_equal(samples, sorted, sizeof sorted);
    quantile_sort(NULL, 0);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_lie_between_neighbours),
        cmocka_unit_test(samples_are_sorted_in_place),
    };
    return cmocka_run_group_tests_name("quantile", tests, NULL, NULL);
}
