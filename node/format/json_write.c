/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/json_write.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>

#include "node/format/decimal.h"

void json_write_line(FILE *out, unsigned depth)
{
    fprintf(out, "\n%*s", (int)depth, "");
}

/* Item i of a list whose first line has this depth. */
static void item_begin(FILE *out, unsigned depth, size_t i)
{
    fputs(i == 0 ? "[" : ",", out);
    json_write_line(out, depth + 1);
}

/* snarkjs's writer breaks the line in an empty list too. */
static void list_end(FILE *out, unsigned depth, size_t n)
{
    if (n == 0)
        fputs("[", out);
    json_write_line(out, depth);
    fputs("]", out);
}

void json_write_integers(FILE *out, unsigned depth, const uint8_t *canon, size_t value_bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char text[DECIMAL_CHARS_MAX];
        decimal_from_bytes(canon + i * value_bytes, value_bytes, text);
        item_begin(out, depth, i);
        fprintf(out, "\"%s\"", text);
    }
    list_end(out, depth, n);
}

void json_write_fq(FILE *out, unsigned depth, const pt_curve *curve, const uint8_t *mont, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t canon[DECIMAL_BYTES_MAX];
        char text[DECIMAL_CHARS_MAX];
        curve->fq_to_canon(mont + i * curve->fq_bytes, canon);
        decimal_from_bytes(canon, curve->fq_bytes, text);
        item_begin(out, depth, i);
        fprintf(out, "\"%s\"", text);
    }
    list_end(out, depth, n);
}

/* 0 or 1 as a coordinate of a group. */
static void write_small(FILE *out, unsigned depth, unsigned group, unsigned value)
{
    if (group == 1) {
        fprintf(out, "\"%u\"", value);
        return;
    }
    const uint8_t pair[2][8] = {{(uint8_t)value}, {0}};
    json_write_integers(out, depth, pair[0], 8, 2);
}

static void write_coordinate(FILE *out, unsigned depth, const pt_curve *curve, unsigned group, const uint8_t *mont)
{
    if (group == 2) {
        json_write_fq(out, depth, curve, mont, 2);
        return;
    }
    uint8_t canon[DECIMAL_BYTES_MAX];
    char text[DECIMAL_CHARS_MAX];
    curve->fq_to_canon(mont, canon);
    decimal_from_bytes(canon, curve->fq_bytes, text);
    fprintf(out, "\"%s\"", text);
}

void json_write_point(FILE *out, unsigned depth, const pt_curve *curve, unsigned group, const uint8_t *point)
{
    size_t bytes = group * (size_t)curve->fq_bytes;
    bool infinite = sodium_is_zero(point, 2 * bytes);
    for (unsigned i = 0; i < 3; i++) {
        item_begin(out, depth, i);
        if (infinite)
            write_small(out, depth + 1, group, i == 1);
        else if (i == 2)
            write_small(out, depth + 1, group, 1);
        else
            write_coordinate(out, depth + 1, curve, group, point + i * bytes);
    }
    list_end(out, depth, 3);
}

pt_status json_text_open(json_text *text, pt_err *err)
{
    *text = (json_text){0};
    text->stream = open_memstream(&text->text, &text->n_bytes);
    return text->stream != NULL ? PT_OK : pt_fail(err, PT_E_NOMEM, "no memory for a JSON text");
}

pt_status json_text_close(json_text *text, char **out, size_t *len_bytes, pt_err *err)
{
    bool failed = ferror(text->stream) != 0;
    failed |= fclose(text->stream) != 0;
    /* glibc fits the text at the end; where it can't, the text is gone and fclose calls it a success. */
    if (failed || text->text == NULL) {
        free(text->text);
        return pt_fail(err, PT_E_NOMEM, "no memory for a JSON text");
    }
    *out = text->text;
    *len_bytes = text->n_bytes;
    return PT_OK;
}
