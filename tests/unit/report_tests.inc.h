/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/report_tests.inc.h - what tests of reports share: a stream whose text can be looked at, and numbers in JSON. */
#ifndef PT_REPORT_TESTS_H
#define PT_REPORT_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

/* What is printed to the stream stands in text once it is closed. */
typedef struct {
    FILE *stream;
    char text[4096];
} printed;

static inline FILE *printed_open(printed *self)
{
    memset(self->text, 0, sizeof self->text);
    self->stream = fmemopen(self->text, sizeof self->text, "w");
    assert_non_null(self->stream);
    return self->stream;
}

static inline const char *printed_close(printed *self)
{
    assert_int_equal(fclose(self->stream), 0); /* fails where there was no room */
    return self->text;
}

static inline void expect_number(const json_t *object, const char *key, double expected)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    assert_float_equal((float)json_number_value(value), (float)expected, 1e-6f);
}

#endif
