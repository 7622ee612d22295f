/* SPDX-License-Identifier: Apache-2.0 */
#include "node/arith/fr.h"

#include "tests/unit/arith_tests.inc.h"

static void the_root_of_unity_has_its_order(void **state)
{
    fr w = FR_ROOT, inverse = FR_ROOT_INV, minus_one, product;
    fr_mul(&product, &w, &inverse);
    assert_true(fr_is_one(&product));
    for (int i = 1; i < FR_TWO_ADICITY; i++)
        fr_sqr(&w, &w);
    fr_neg(&minus_one, &fr_one);
    assert_true(fr_eq(&w, &minus_one));
    (void)state;
}

#define T_FIELD fr
#define T_CONST(x) FR_##x
#define T_NAME "fr"
#define T_MORE_TESTS cmocka_unit_test(the_root_of_unity_has_its_order),
#include "tests/unit/field_laws.inc.h"
