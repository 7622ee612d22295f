/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/groth16/blinding.h"

/* A small order makes every value frequent: 16 bits, order 0x0105. */
static void every_value_below_the_order_is_drawn_and_none_above(void **state)
{
    (void)state;
    enum { ORDER = 0x105, N_DRAWS = 200 * ORDER };
    static const uint8_t order[2] = {ORDER & 0xff, ORDER >> 8};
    unsigned count[ORDER] = {0};
    pt_err err = {0};
    for (int i = 0; i < N_DRAWS; i++) {
        uint8_t out[2];
        assert_int_equal(blinding_draw(order, sizeof out, out, &err), PT_OK);
        unsigned value = out[0] + 256u * out[1];
        assert_true(value < ORDER);
        count[value]++;
    }
    for (int v = 0; v < ORDER; v++)
        assert_in_range(count[v], 100, 300); /* mean 200, deviation 14: a fair draw fails once in 10^10 */
}

static void all_bits_of_a_wide_order_are_used(void **state)
{
    (void)state;
    uint8_t order[32], any[32] = {0}, all[32], out[32];
    memset(order, 0xff, sizeof order);
    memset(all, 0xff, sizeof all);
    order[31] = 0x30;
    pt_err err = {0};
    for (int i = 0; i < 200; i++) {
        assert_int_equal(blinding_draw(order, sizeof out, out, &err), PT_OK);
        for (size_t j = 0; j < sizeof out; j++) {
            any[j] |= out[j];
            all[j] &= out[j];
        }
    }
    for (size_t j = 0; j < 31; j++) {
        assert_int_equal(any[j], 0xff);
        assert_int_equal(all[j], 0);
    }
    assert_int_equal(any[31], 0x3f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_below_the_order_is_drawn_and_none_above),
        cmocka_unit_test(all_bits_of_a_wide_order_are_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
