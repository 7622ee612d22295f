/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/report_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A report of numbers, of which 13 can't be made a row. */
static json_t *row_json(const void *report, size_t row)
{
    const int *numbers = report;
    return numbers[row] == 13 ? NULL : json_integer(numbers[row]);
}

static void rows_stand_in_their_order(void **state)
{
    (void)state;
    static const int numbers[] = {7, 5, 9};
    json_t *rows = report_rows_json(numbers, 3, row_json);
    assert_int_equal(json_array_size(rows), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(json_integer_value(json_array_get(rows, i)), numbers[i]);
    json_decref(rows);
}

static void no_rows_are_an_empty_array(void **state)
{
    (void)state;
    json_t *rows = report_rows_json(NULL, 0, row_json);
    assert_true(json_is_array(rows));
    assert_int_equal(json_array_size(rows), 0);
    json_decref(rows);
}

static void without_one_row_there_is_none(void **state)
{
    (void)state;
    static const int numbers[] = {7, 13, 9};
    assert_null(report_rows_json(numbers, 3, row_json));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_stand_in_their_order),
        cmocka_unit_test(no_rows_are_an_empty_array),
        cmocka_unit_test(without_one_row_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
