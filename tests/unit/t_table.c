/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What a table prints; releases it. */
static char *printed(table *rows)
{
    char *text;
    size_t len;
    FILE *stream = open_memstream(&text, &len);
    table_print(rows, stream);
    fclose(stream);
    table_destroy(rows);
    return text;
}

static void no_column_is_left_out(void **unused)
{
    (void)unused;
    pt_err err = {0};
    table *rows;
    assert_int_equal(table_create("a\tb\tc\td\te\tf\tg\th\ti\tj\tk\tl\tm\tn\to\tp\tq\tr\ts\tt\tu\tv\tw\tx", &rows, &err),
                     PT_OK);
    char *text = printed(rows);
    assert_non_null(strstr(text, "w  x\n"));
    free(text);
    assert_int_equal(table_create("a\tb\tc\td\te\tf\tg\th\ti\tj\tk\tl\tm\tn\to\tp\tq\tr\ts\tt\tu\tv\tw\tx\ty", &rows, &err),
                     PT_E_INTERNAL);
}

static void columns_are_as_wide_as_their_widest_cell(void **unused)
{
    (void)unused;
    pt_err err = {0};
    table *rows;
    assert_int_equal(table_create("stage\t>seconds", &rows, &err), PT_OK);
    assert_int_equal(table_add(rows, &err, "%s\t%.1f", "a long name", 1.5), PT_OK);
    assert_int_equal(table_add(rows, &err, "b\t123456789.0"), PT_OK);
    char *text = printed(rows);
    assert_string_equal(text, "stage            seconds\n"
                              "a long name          1.5\n"
                              "b            123456789.0\n");
    free(text);
}

static void missing_cells_leave_no_blanks_at_the_end(void **unused)
{
    (void)unused;
    pt_err err = {0};
    table *rows;
    assert_int_equal(table_create("one\ttwo\tthree", &rows, &err), PT_OK);
    assert_int_equal(table_add(rows, &err, "1"), PT_OK);
    assert_int_equal(table_add(rows, &err, "\t2"), PT_OK);
    char *text = printed(rows);
    assert_string_equal(text, "one  two  three\n1\n     2\n");
    free(text);
}

static void width_counts_characters_not_bytes(void **unused)
{
    (void)unused;
    pt_err err = {0};
    table *rows;
    assert_int_equal(table_create("a\tb", &rows, &err), PT_OK);
    assert_int_equal(table_add(rows, &err, "\xc2\xb5s\tx"), PT_OK);
    char *text = printed(rows);
    assert_string_equal(text, "a   b\n\xc2\xb5s  x\n");
    free(text);
}

static void many_rows_fit(void **unused)
{
    (void)unused;
    pt_err err = {0};
    table *rows;
    assert_int_equal(table_create("n", &rows, &err), PT_OK);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(table_add(rows, &err, "%d", i), PT_OK);
    char *text = printed(rows);
    size_t n_lines = 0;
    for (const char *c = text; *c != '\0'; c++)
        n_lines += *c == '\n';
    assert_int_equal(n_lines, 1001);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
        cmocka_unit_test(no_column_is_left_out),
        cmocka_unit_test(missing_cells_leave_no_blanks_at_the_end),
        cmocka_unit_test(width_counts_characters_not_bytes),
        cmocka_unit_test(many_rows_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
