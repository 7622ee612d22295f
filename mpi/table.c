/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 24, ROW_ROOM = 512 };

struct table {
    size_t n_columns, n_rows, room;
    bool flush_right[COLUMNS_MAX];
    size_t width[COLUMNS_MAX];
    char (*rows)[ROW_ROOM]; /* cells separated by tabs; row 0 is the headings */
};

/* The cell at *cursor; moves the cursor to the next one, or to the end. */
static size_t next_cell(const char **cursor, const char **cell)
{
    size_t len = strcspn(*cursor, "\t");
    *cell = *cursor;
    *cursor += len + ((*cursor)[len] == '\t');
    return len;
}

/* Characters, not bytes, of UTF-8. */
static size_t display_width(const char *text, size_t len)
{
    size_t width = 0;
    for (size_t i = 0; i < len; i++)
        width += ((unsigned char)text[i] & 0xc0) != 0x80;
    return width;
}

static pt_status add_row(table *self, const char *text, pt_err *err)
{
    if (self->n_rows == self->room) {
        size_t room = self->room == 0 ? 16 : 2 * self->room;
        char(*rows)[ROW_ROOM] = realloc(self->rows, room * sizeof *rows);
        if (rows == NULL)
            return pt_fail(err, PT_E_NOMEM, "no memory for a table of %zu rows", room);
        self->rows = rows;
        self->room = room;
    }
    const char *cursor = text, *cell;
    for (size_t i = 0; i < self->n_columns && *cursor != '\0'; i++) {
        size_t len = next_cell(&cursor, &cell), width = display_width(cell, len);
        self->width[i] = width > self->width[i] ? width : self->width[i];
    }
    snprintf(self->rows[self->n_rows++], ROW_ROOM, "%s", text);
    return PT_OK;
}

pt_status table_create(const char *headings, table **out, pt_err *err)
{
    table *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a table");
    char text[ROW_ROOM];
    size_t used = 0;
    const char *cursor = headings, *cell;
    while (*cursor != '\0' && self->n_columns < COLUMNS_MAX) {
        size_t len = next_cell(&cursor, &cell);
        self->flush_right[self->n_columns] = *cell == '>';
        size_t skip = *cell == '>';
        int n = snprintf(text + used, sizeof text - used, "%s%.*s", used == 0 ? "" : "\t", (int)(len - skip), cell + skip);
        used += (size_t)n;
        self->n_columns++;
    }
    pt_status status = *cursor == '\0' ? add_row(self, text, err)
                                       : pt_fail(err, PT_E_INTERNAL, "a table of more than %d columns", COLUMNS_MAX);
    if (status != PT_OK) {
        table_destroy(self);
        return err->code;
    }
    *out = self;
    return PT_OK;
}

void table_destroy(table *self)
{
    if (self == NULL)
        return;
    free(self->rows);
    free(self);
}

pt_status table_add(table *self, pt_err *err, const char *fmt, ...)
{
    char text[ROW_ROOM];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return add_row(self, text, err);
}

static void print_row(const table *self, const char *row, FILE *stream)
{
    const char *cursor = row, *cell;
    for (size_t i = 0; i < self->n_columns && *cursor != '\0'; i++) {
        size_t len = next_cell(&cursor, &cell);
        int blanks = (int)(self->width[i] - display_width(cell, len));
        bool last = i + 1 == self->n_columns || *cursor == '\0';
        fputs(i == 0 ? "" : "  ", stream);
        if (self->flush_right[i])
            fprintf(stream, "%*s%.*s", blanks, "", (int)len, cell);
        else
            fprintf(stream, "%.*s%*s", (int)len, cell, last ? 0 : blanks, "");
    }
    fputc('\n', stream);
}

void table_print(const table *self, FILE *stream)
{
    for (size_t i = 0; i < self->n_rows; i++)
        print_row(self, self->rows[i], stream);
}
