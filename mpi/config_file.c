/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/config_file.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "node/format/input_file.h"

enum { FILE_BYTES_MAX = 64 << 10, NAME_ROOM = 40 };
enum { SECTION_NONE, SECTION_SHARED, SECTION_COMMANDS, N_SECTIONS = SECTION_COMMANDS + N_KNOB_COMMANDS };

/* One reading. inih asks for a line, then hands on what it found in it; it goes on after a fault of syntax, and tells its line alone. */
typedef struct {
    const char *path;
    const char *bytes, *end; /* what is not yet read */
    size_t line;
    size_t own, section; /* the section of the command, and where we are */
    const char *command;
    knobs *settings;
    size_t given[N_SECTIONS][N_KNOBS]; /* the line of each key */
    size_t fault_line;
    pt_err fault; /* ours, not inih's */
} reading;

/* What stands in the file, for a message: in place, '?' for what is not printable ASCII. */
static const char *quote(char *text)
{
    for (char *c = text; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    return text;
}

__attribute__((format(printf, 2, 3))) static int refuse(reading *self, const char *fmt, ...)
{
    char text[200];
    va_list args;
    if (self->fault_line != 0)
        return 0;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    self->fault_line = self->line;
    pt_fail(&self->fault, PT_E_FORMAT, "%s: line %zu: %s", self->path, self->line, text);
    return 0;
}

/* Follow a heading. inih cuts long names, tells of no section without keys, and loses what stands behind a heading. */
static void follow_heading(reading *self, const char *line)
{
    char name[NAME_ROOM];
    size_t len = strcspn(line, "]");
    if (line[len] != ']')
        return; /* inih says so */
    const char *more = line + len + 1 + strspn(line + len + 1, " \t\v\f\r\n");
    if (*more != '\0' && *more != ';')
        refuse(self, "expected nothing behind [SECTION]");
    snprintf(name, sizeof name, "%.*s", (int)len - 1, line + 1);
    size_t command = knob_command_find(name);
    if (strcmp(name, "partita") == 0)
        self->section = SECTION_SHARED;
    else if (command < N_KNOB_COMMANDS)
        self->section = SECTION_COMMANDS + command;
    else
        refuse(self, "[%s]: expected [partita] or the name of a command", quote(name));
}

/* The next line for inih, of at most room - 1 bytes with its newline; blanks before it go, for inih takes an indented line as
 * more of the last value. */
static char *next_line(char *out, int room, void *stream)
{
    reading *self = stream;
    if (self->bytes == self->end || self->fault_line != 0)
        return NULL;
    self->line++;
    const char *newline = memchr(self->bytes, '\n', (size_t)(self->end - self->bytes));
    const char *from = self->bytes, *to = newline != NULL ? newline : self->end;
    self->bytes = newline != NULL ? newline + 1 : self->end;
    if (to - from > room - 2) {
        refuse(self, "expected at most %d bytes", room - 2);
        return NULL;
    }
    if (memchr(from, '\0', (size_t)(to - from)) != NULL) {
        refuse(self, "expected text, got a byte 0");
        return NULL;
    }
    while (from < to && (*from == ' ' || *from == '\t' || *from == '\v' || *from == '\f' || *from == '\r'))
        from++;
    memcpy(out, from, (size_t)(to - from));
    memcpy(out + (to - from), "\n", 2);
    if (*out == '[')
        follow_heading(self, out);
    return self->fault_line != 0 ? NULL : out;
}

/* A key of this section, not given before in it: the knob, or N_KNOBS. */
static knob_id find_key(reading *self, const char *section, char *key)
{
    if (self->section == SECTION_NONE) {
        refuse(self, "%s: expected a section before it, such as [partita]", quote(key));
        return N_KNOBS;
    }
    knob_id id = knob_find(key);
    if (id == N_KNOBS) {
        refuse(self, "%s: no such key (`partita config --print` lists them)", quote(key));
    } else if (self->section != SECTION_SHARED && !knob_is_of(knob_of(id), section)) {
        refuse(self, "%s: no key of [%s]", key, section);
        id = N_KNOBS;
    } else if (self->given[self->section][id] != 0) {
        refuse(self, "%s: given in line %zu already", key, self->given[self->section][id]);
        id = N_KNOBS;
    } else {
        self->given[self->section][id] = self->line;
    }
    return id;
}

/* One KEY = VALUE. Returns 0 to tell inih of a fault. */
static int take_value(void *ctx, const char *section, const char *key, const char *text)
{
    reading *self = ctx;
    char name[NAME_ROOM], value[NAME_ROOM], expected[KNOB_TEXT_ROOM];
    if (self->fault_line != 0)
        return 0;
    snprintf(name, sizeof name, "%s", key);
    snprintf(value, sizeof value, "%s", text);
    knob_id id = find_key(self, section, name);
    if (id == N_KNOBS)
        return 0;
    const knob *k = knob_of(id);
    knob_setting setting = {.line = self->line,
                            .source = self->section == SECTION_SHARED ? SOURCE_SHARED_SECTION : SOURCE_COMMAND_SECTION};
    if (!knob_read(k, text, &setting))
        return refuse(self, "%s = %s: expected %s", name, quote(value), knob_expects(k, expected));
    if ((self->section == SECTION_SHARED || self->section == self->own) && knob_is_of(k, self->command))
        knobs_set(self->settings, id, setting);
    return 1;
}

/* Files from some editors begin with a byte order mark. */
static size_t mark_bytes(const input_file *file)
{
    return file->n_bytes >= 3 && memcmp(file->bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

pt_status config_file_read(const char *path, const char *command, knobs *settings, pt_err *err)
{
    input_file file;
    if (input_file_read(path, (input_limits){.max_bytes = FILE_BYTES_MAX}, &file, err) != PT_OK)
        return err->code;
    knobs read = *settings;
    reading run = {.path = path,
                   .bytes = (const char *)file.bytes + mark_bytes(&file),
                   .end = (const char *)file.bytes + file.n_bytes,
                   .own = SECTION_COMMANDS + knob_command_find(command),
                   .command = command,
                   .settings = &read};
    int line = ini_parse_stream(next_line, &run, take_value, &run);
    input_file_close(&file);
    if (line < 0)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to read it", path);
    if (line > 0 && (run.fault_line == 0 || (size_t)line < run.fault_line))
        return pt_fail(err, PT_E_FORMAT, "%s: line %d: expected [SECTION] or KEY = VALUE", path, line);
    if (run.fault_line != 0)
        return pt_fail(err, run.fault.code, "%s", run.fault.msg);
    read.path = path;
    *settings = read;
    return PT_OK;
}
