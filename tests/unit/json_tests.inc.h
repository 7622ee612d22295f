/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/json_tests.inc.h - golden JSON files with one text replaced by another. */
#ifndef PT_JSON_TESTS_H
#define PT_JSON_TESTS_H

#include "tests/unit/format_tests.inc.h"

/* Write `to` with the first `old` in `from` replaced. */
static inline void json_replaced(const char *from, const char *old, const char *new, const char *to)
{
    image file = image_read(from);
    file.bytes[file.n] = 0;
    char *text = (char *)file.bytes, *at = strstr(text, old);
    if (at == NULL)
        fail_msg("%s does not hold \"%s\"", from, old);
    FILE *f = fopen(to, "wb");
    assert_non_null(f);
    fwrite(text, 1, (size_t)(at - text), f);
    fputs(new, f);
    fputs(at + strlen(old), f);
    assert_int_equal(fclose(f), 0);
    free(file.bytes);
}

static inline void expect_golden_text(const char *path, const char *text, size_t len_bytes)
{
    image file = image_read(path);
    assert_int_equal(file.n, len_bytes);
    assert_memory_equal(file.bytes, text, len_bytes);
    assert_int_equal(text[len_bytes], 0);
    free(file.bytes);
}

#endif
