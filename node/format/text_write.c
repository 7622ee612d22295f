/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/text_write.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

void text_write_fixed(FILE *out, double value, unsigned decimals)
{
    int64_t scale = 1;
    for (unsigned i = 0; i < decimals; i++)
        scale *= 10;
    double scaled = value * (double)scale;
    int64_t units = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    uint64_t size = units < 0 ? (uint64_t)-units : (uint64_t)units;
    fprintf(out, "%s%" PRIu64, units < 0 ? "-" : "", size / (uint64_t)scale);
    if (decimals > 0)
        fprintf(out, ".%0*" PRIu64, (int)decimals, size % (uint64_t)scale);
}

/* The character that begins here and its bytes; one byte and UINT32_MAX where it is not UTF-8 (RFC 3629, section 4: neither longer
 * than need be, nor a surrogate, nor beyond U+10FFFF). */
static uint32_t next_character(const char *text, size_t *n_bytes)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *c = (const unsigned char *)text;
    size_t n = c[0] < 0x80                   ? 1
               : c[0] >= 0xf0 && c[0] < 0xf8 ? 4
               : c[0] >= 0xe0 && c[0] < 0xf0 ? 3
               : c[0] >= 0xc0 && c[0] < 0xe0 ? 2
                                             : 0;
    *n_bytes = 1;
    if (n <= 1)
        return n == 1 ? c[0] : UINT32_MAX;
    uint32_t value = c[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((c[i] & 0xc0) != 0x80) /* the final NUL too */
            return UINT32_MAX;
        value = value << 6 | (c[i] & 0x3fu);
    }
    if (value < smallest[n] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return UINT32_MAX;
    *n_bytes = n;
    return value;
}

enum { ESCAPED_MAX = 6 };

/* A character within a JSON string; returns its bytes. */
static size_t escape_json(uint32_t c, const char *text, size_t n_bytes, char out[ESCAPED_MAX])
{
    static const char digits[] = "0123456789abcdef";
    if (c == UINT32_MAX) {
        out[0] = '?';
        return 1;
    }
    if (c < ' ') {
        memcpy(out, "\\u00", 4);
        out[4] = digits[c >> 4];
        out[5] = digits[c & 15];
        return 6;
    }
    if (c == '"' || c == '\\') {
        out[0] = '\\';
        out[1] = (char)c;
        return 2;
    }
    memcpy(out, text, n_bytes);
    return n_bytes;
}

void text_write_json(FILE *out, const char *text)
{
    char escaped[ESCAPED_MAX];
    fputc('"', out);
    for (size_t n_bytes; *text != '\0'; text += n_bytes) {
        const uint32_t c = next_character(text, &n_bytes);
        fwrite(escaped, 1, escape_json(c, text, n_bytes, escaped), out);
    }
    fputc('"', out);
}

size_t text_put_json(char *out, size_t room, const char *text)
{
    char escaped[ESCAPED_MAX];
    size_t n = 0;
    out[n++] = '"';
    for (size_t n_bytes; *text != '\0'; text += n_bytes) {
        const uint32_t c = next_character(text, &n_bytes);
        const size_t more = escape_json(c, text, n_bytes, escaped);
        if (n + more + 2 > room) /* the quote and the NUL */
            break;
        memcpy(out + n, escaped, more);
        n += more;
    }
    out[n++] = '"';
    out[n] = '\0';
    return n;
}

/* XML 1.0, section 2.2, less the control characters that it takes: white space in a name is a blank. */
static bool is_xml(uint32_t c)
{
    return c >= ' ' && c != 0x7f && c != 0xfffe && c != 0xffff && c <= 0x10ffff;
}

void text_write_xml(FILE *out, const char *text)
{
    for (size_t n_bytes; *text != '\0'; text += n_bytes) {
        uint32_t c = next_character(text, &n_bytes);
        if (!is_xml(c))
            fputc('?', out);
        else if (c == '<' || c == '>' || c == '&' || c == '"')
            fprintf(out, "&#%u;", (unsigned)c);
        else
            fwrite(text, 1, n_bytes, out);
    }
}
