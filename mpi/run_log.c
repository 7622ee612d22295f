/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/run_log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mpi/cli.h"
#include "node/format/text_write.h"

enum { TEXT_ROOM = 1024, NAME_ROOM = 512, ESCAPED_MAX = 6, LINE_ROOM = (TEXT_ROOM + 3 * NAME_ROOM) * ESCAPED_MAX + 512 };

static const char *const level_names[] = {[LOG_INFO] = "info", [LOG_WARNING] = "warning", [LOG_ERROR] = "error"};

/* ---- time ---- */

static void put_digits(char *out, unsigned value, size_t n_digits)
{
    for (; n_digits-- > 0; value /= 10)
        out[n_digits] = (char)('0' + value % 10);
}

/* The day's date; days since 1970-01-01. Eras of 400 years that begin in March (H. Hinnant, "chrono-compatible low-level date algorithms"). */
static void put_date(char *out, uint64_t days)
{
    const uint64_t shifted = days + 719468, era = shifted / 146097, day_of_era = shifted % 146097;
    const uint64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const uint64_t from_march = (5 * day_of_year + 2) / 153, month = from_march < 10 ? from_march + 3 : from_march - 9;
    put_digits(out, (unsigned)(era * 400 + year_of_era + (month <= 2)), 4);
    put_digits(out + 5, (unsigned)month, 2);
    put_digits(out + 8, (unsigned)(day_of_year - (153 * from_march + 2) / 5 + 1), 2);
}

void run_log_time(const struct timespec *at, char *out)
{
    const uint64_t seconds = (uint64_t)at->tv_sec, in_day = seconds % 86400;
    memcpy(out, "0000-00-00T00:00:00.000Z", LOG_TIME_ROOM);
    put_date(out, seconds / 86400);
    put_digits(out + 11, (unsigned)(in_day / 3600), 2);
    put_digits(out + 14, (unsigned)(in_day / 60 % 60), 2);
    put_digits(out + 17, (unsigned)(in_day % 60), 2);
    put_digits(out + 20, (unsigned)(at->tv_nsec / 1000000), 3);
}

/* ---- a line ---- */

typedef struct {
    size_t n;
    char bytes[LINE_ROOM];
} line;

static void put(line *to, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(line *to, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(to->bytes + to->n, sizeof to->bytes - to->n, fmt, args);
    va_end(args);
    to->n += n > 0 ? (size_t)n : 0;
}

/* A member whose value is a text, of which at most max bytes are shown. */
static void put_text(line *to, const char *key, const char *text, size_t max)
{
    char begun[TEXT_ROOM];
    if (text == NULL)
        return;
    snprintf(begun, max, "%s", text);
    put(to, ", \"%s\": ", key);
    to->n += text_put_json(to->bytes + to->n, sizeof to->bytes - to->n, begun);
}

static void put_head(line *to, log_level level, const char *name)
{
    struct timespec now;
    char time[LOG_TIME_ROOM];
    clock_gettime(CLOCK_REALTIME, &now);
    run_log_time(&now, time);
    put(to, "{\"time\": \"%s\", \"level\": \"%s\", \"event\": \"%s\"", time, level_names[level], name);
}

static void put_event(line *to, const run_log *self, const run_event *e)
{
    const uint64_t request = atomic_load(&self->request);
    put_head(to, e->level, e->name);
    put(to, ", \"rank\": %" PRIu32, e->host == NULL ? self->rank : e->rank);
    put_text(to, "host", e->host == NULL ? self->host : e->host, NAME_ROOM);
    if (request != 0)
        put(to, ", \"request\": \"%016" PRIx64 "\"", request);
    if (e->id != NULL)
        put(to, ", \"partition\": %" PRIu32, e->partition);
    put_text(to, "id", e->id, NAME_ROOM);
    if (e->attempt != 0)
        put(to, ", \"attempt\": %" PRIu32, e->attempt);
    put_text(to, "stage", e->stage, NAME_ROOM);
    if (e->seconds > 0)
        put(to, ", \"seconds\": %.6f", e->seconds);
    put_text(to, "text", e->text, TEXT_ROOM);
}

static bool is_unasked(const run_log *self, const run_event *event)
{
    return self->quiet && event->level == LOG_INFO && !event->is_asked_for;
}

void run_log_event(const run_log *self, const run_event *event)
{
    if (self->form != LOG_JSON || is_unasked(self, event))
        return;
    line to = {.n = 0};
    put_event(&to, self, event);
    flockfile(stderr);
    if (event->more == NULL) {
        put(&to, "}\n");
        fwrite(to.bytes, 1, to.n, stderr);
    } else {
        fwrite(to.bytes, 1, to.n, stderr);
        fprintf(stderr, ", %s}\n", event->more);
    }
    funlockfile(stderr);
}

void run_log_tell(const run_log *self, const run_event *event, const char *words)
{
    if (self != NULL && self->form == LOG_JSON) {
        run_log_event(self, event);
        return;
    }
    if (self != NULL && is_unasked(self, event))
        return;
    flockfile(stderr);
    if (self != NULL && atomic_load(&self->is_drawn_over))
        fputs("\033[J", stderr);
    cli_say("%s", words);
    funlockfile(stderr);
}

void run_log_say(const run_log *self, log_level level, const char *name, const char *fmt, ...)
{
    char text[TEXT_ROOM];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    run_log_tell(self, &(run_event){.level = level, .name = name, .text = text}, text);
}
