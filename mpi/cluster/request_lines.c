/* SPDX-License-Identifier: Apache-2.0 */
/* Requests as JSON lines. */
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/cluster/id_set.h"
#include "mpi/cluster/request_build.h"
#include "node/format/json_read.h"

enum { QUOTE_ROOM = 64 };

struct request_lines {
    const char *name;
    size_t line; /* the last that was read, from 1 */
    request_build build;
    id_set taken; /* ids of an open request */
};

__attribute__((format(printf, 3, 4))) static pt_status refuse(const request_lines *self, pt_err *err, const char *fmt, ...)
{
    char text[200];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return pt_fail(err, PT_E_FORMAT, "%s: line %zu: %s", self->name, self->line, text);
}

/* What stands in the file, for a message: cut, with '?' for what is not printable ASCII. */
static const char *quote(const char *text, char room[QUOTE_ROOM])
{
    snprintf(room, QUOTE_ROOM, "%s", text);
    for (char *c = room; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    return room;
}

static pt_status take_path(const request_lines *self, const char *name, const json_t *value, const char **out, pt_err *err)
{
    if (!json_is_string(value) || json_string_length(value) == 0)
        return refuse(self, err, "%s: expected the path of a file, as a text", name);
    if (json_string_length(value) > REQUEST_PATH_BYTES_MAX)
        return refuse(self, err, "%s: %zu bytes, expected at most %d", name, json_string_length(value),
                      REQUEST_PATH_BYTES_MAX);
    *out = json_string_value(value);
    return PT_OK;
}

static pt_status take_priority(const request_lines *self, const json_t *value, int32_t *out, pt_err *err)
{
    const json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < INT32_MIN || number > INT32_MAX)
        return refuse(self, err, "priority: expected a whole number from %" PRId32 " to %" PRId32, INT32_MIN, INT32_MAX);
    *out = (int32_t)number;
    return PT_OK;
}

static pt_status take_member(const request_lines *self, const char *name, const json_t *value, request_item *item,
                             pt_err *err)
{
    char room[QUOTE_ROOM];
    if (strcmp(name, "witness") == 0)
        return take_path(self, name, value, &item->witness, err);
    if (strcmp(name, "key") == 0)
        return take_path(self, name, value, &item->key, err);
    if (strcmp(name, "priority") == 0)
        return take_priority(self, value, &item->priority, err);
    if (strcmp(name, "id") != 0)
        return refuse(self, err, "%s: no such field: expected witness, key, id, priority", quote(name, room));
    item->id = json_string_value(value);
    return item->id != NULL ? PT_OK : refuse(self, err, "id: expected a text");
}

static pt_status take_members(const request_lines *self, json_t *root, request_item *item, pt_err *err)
{
    const char *name;
    json_t *value;
    if (!json_is_object(root))
        return refuse(self, err, "expected an object, {\"witness\": PATH, \"key\": PATH}");
    json_object_foreach(root, name, value)
    {
        if (take_member(self, name, value, item, err) != PT_OK)
            return err->code;
    }
    if (item->witness == NULL || item->key == NULL)
        return refuse(self, err, "%s is missing", item->witness == NULL ? "witness" : "key");
    return PT_OK;
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    return false;
}

/* Good for the names of files, and not another's. */
static pt_status check_id(const request_lines *self, const char *id, pt_err *err)
{
    char room[QUOTE_ROOM];
    const char *fault = request_id_fault(id);
    const request_place *first = request_build_find_id(&self->build, id);
    const size_t line = first != NULL ? first->line : (size_t)id_set_find(&self->taken, id);
    if (fault == NULL && has_control(id))
        fault = "has a control character in it";
    if (fault != NULL)
        return refuse(self, err, "id \"%s\" %s", quote(id, room), fault);
    if (line != 0)
        return refuse(self, err, "id \"%s\": line %zu has it already", quote(id, room), line);
    return PT_OK;
}

/* Where a line's partition goes: behind the others, or to a place of an open request. */
typedef struct {
    bool is_open, any;
    uint32_t place;
    char *id; /* told to the caller */
} destination;

static pt_status put(request_lines *self, const request_item *item, const destination *to, pt_err *err)
{
    char where[QUOTE_ROOM * 4];
    snprintf(where, sizeof where, "%s: line %zu", self->name, self->line);
    if (!to->is_open)
        return request_build_add(&self->build, item, where, err);
    if (id_set_add(&self->taken, item->id, self->line, err) == PT_OK &&
        request_build_put(&self->build, item, to->place, where, err) != PT_OK)
        id_set_remove(&self->taken, item->id);
    return err->code;
}

static pt_status take_object(request_lines *self, json_t *root, destination *to, pt_err *err)
{
    char *id = NULL;
    request_item item = {.line = self->line};
    if (take_members(self, root, &item, err) != PT_OK)
        return err->code;
    if (item.id == NULL && (item.id = id = request_default_id(item.witness)) == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: line %zu: no memory for its id", self->name, self->line);
    if (to->is_open && strlen(item.id) <= REQUEST_ID_BYTES_MAX)
        strcpy(to->id, item.id);
    if (check_id(self, item.id, err) == PT_OK)
        put(self, &item, to, err);
    to->any = true;
    free(id);
    return err->code;
}

pt_status request_lines_create(const char *name, const char *dir, request_lines **out, pt_err *err)
{
    request_lines *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to read it", name);
    self->name = name;
    self->build.dir = dir;
    *out = self;
    return PT_OK;
}

void request_lines_destroy(request_lines *self)
{
    if (self != NULL) {
        request_build_clear(&self->build);
        id_set_clear(&self->taken);
    }
    free(self);
}

static bool is_blank(const char *line, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return false;
    return true;
}

static pt_status read_line(request_lines *self, const char *line, size_t n_bytes, request *to, destination *where,
                           pt_err *err)
{
    json_t *root = NULL;
    self->line++;
    self->build.to = to;
    if (n_bytes > REQUEST_LINE_BYTES_MAX)
        return refuse(self, err, "%zu bytes, expected at most %d", n_bytes, REQUEST_LINE_BYTES_MAX);
    if (is_blank(line, n_bytes))
        return PT_OK;
    if (json_parse((input_source){.path = self->name, .bytes = line, .n_bytes = n_bytes}, self->line, &root, err) == PT_OK)
        take_object(self, root, where, err);
    json_decref(root);
    return err->code;
}

pt_status request_line_read(request_lines *self, const char *line, size_t n_bytes, request *to, pt_err *err)
{
    return read_line(self, line, n_bytes, to, &(destination){.is_open = false}, err);
}

pt_status request_line_place(request_lines *self, const char *line, size_t n_bytes, request *to, uint32_t place, char *id,
                             bool *any, pt_err *err)
{
    destination where = {.is_open = true, .place = place, .id = id};
    *id = '\0';
    read_line(self, line, n_bytes, to, &where, err);
    *any = where.any;
    return err->code;
}

size_t request_lines_count(const request_lines *self)
{
    return self->line;
}

void request_lines_give_back(request_lines *self, const char *id)
{
    id_set_remove(&self->taken, id);
}

static pt_status read_lines(request_lines *self, const input_file *file, request *to, pt_err *err)
{
    const char *at = (const char *)file->bytes, *end = at + file->n_bytes;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline != NULL ? newline : end;
        if (request_line_read(self, at, (size_t)(stop - at), to, err) != PT_OK)
            return err->code;
        at = newline != NULL ? newline + 1 : end;
    }
    return to->n_partitions > 0 ? PT_OK : pt_fail(err, PT_E_FORMAT, "%s: no partition in it", self->name);
}

pt_status request_of_file(const char *path, const char *dir, request *out, pt_err *err)
{
    input_file file;
    request_lines *lines = NULL;
    request read = {0};
    if (input_file_read(path, (input_limits){.max_bytes = REQUEST_FILE_BYTES_MAX}, &file, err) != PT_OK)
        return err->code;
    if (request_lines_create(path, dir, &lines, err) == PT_OK)
        read_lines(lines, &file, &read, err);
    request_lines_destroy(lines);
    input_file_close(&file);
    if (err->code == PT_OK)
        *out = read;
    else
        request_clear(&read);
    return err->code;
}
