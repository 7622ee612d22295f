/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/program.h"
#include "kernels/embedded.h"

enum { DEPTH_MAX = 16 }; /* of includes: beyond it they go in a circle */

/* Text that grows; a failed growth is kept until the end. */
typedef struct {
    char *bytes;
    size_t len, room;
    bool short_of_memory;
} growing_text;

static void append(growing_text *text, const char *bytes, size_t len)
{
    if (text->short_of_memory)
        return;
    if (len >= text->room - text->len) {
        size_t room = 2 * (text->len + len) + 4096;
        char *grown = realloc(text->bytes, room);
        text->short_of_memory = grown == NULL;
        if (grown == NULL)
            return;
        text->bytes = grown;
        text->room = room;
    }
    memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
    text->bytes[text->len] = '\0';
}

/* From here on the compiler counts lines of this file. */
static void append_place(growing_text *text, size_t line, const char *path)
{
    char place[256];
    int len = snprintf(place, sizeof place, "#line %zu \"%s\"\n", line, path);
    append(text, place, (size_t)len < sizeof place ? (size_t)len : sizeof place - 1);
}

/* The operand of an #include "kernels/..." that begins here, or NULL: other lines are the compiler's affair. */
static const char *include_operand(const char *line, size_t len, size_t *operand_len)
{
    static const char directive[] = "#include \"kernels/";
    const size_t prefix = sizeof directive - 1, quote = sizeof "#include \"" - 1;
    if (len < prefix || memcmp(line, directive, prefix) != 0)
        return NULL;
    const char *end = memchr(line + prefix, '"', len - prefix);
    if (end == NULL)
        return NULL;
    *operand_len = (size_t)(end - (line + quote));
    return line + quote;
}

static pt_status expand(const char *path, size_t path_len, size_t depth, growing_text *out, pt_err *err)
{
    const embedded_file *file = embedded_find(path, path_len);
    if (file == NULL)
        return pt_fail(err, PT_E_INTERNAL, "no kernel source %.*s in the program", (int)path_len, path);
    if (depth == DEPTH_MAX)
        return pt_fail(err, PT_E_INTERNAL, "%s: includes go in a circle", file->path);
    append_place(out, 1, file->path);
    size_t n_lines = 0;
    for (const char *line = file->text, *next; line < file->end; line = next) {
        const char *newline = memchr(line, '\n', (size_t)(file->end - line));
        size_t operand_len;
        next = newline == NULL ? file->end : newline + 1;
        n_lines++;
        const char *operand = include_operand(line, (size_t)(next - line), &operand_len);
        if (operand == NULL) {
            append(out, line, (size_t)(next - line));
        } else {
            if (expand(operand, operand_len, depth + 1, out, err) != PT_OK)
                return err->code;
            append_place(out, n_lines + 1, file->path);
        }
    }
    append(out, "\n", 1);
    return PT_OK;
}

pt_status gpu_source_expand(const char *name, char **out, size_t *len, pt_err *err)
{
    char path[128];
    growing_text text = {0};
    snprintf(path, sizeof path, "kernels/%s.cl", name);
    if (expand(path, strlen(path), 0, &text, err) == PT_OK && text.short_of_memory)
        pt_fail(err, PT_E_NOMEM, "no memory for the source of %s", path);
    if (err->code != PT_OK) {
        free(text.bytes);
        return err->code;
    }
    *out = text.bytes;
    *len = text.len;
    return PT_OK;
}
