/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/run_log.h - what a run of `partita prove` tells of itself on standard error: lines for people or, with --log json, one JSON object a line.
 *
 * docs/formats.md has the fields. Nothing is allocated, so that the want of memory is told of as well; a line is written at once, so that
 * those of several threads do not mix. */
#ifndef PT_RUN_LOG_H
#define PT_RUN_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

typedef enum { LOG_TEXT, LOG_JSON } log_form;

typedef enum { LOG_INFO, LOG_WARNING, LOG_ERROR } log_level;

enum { LOG_HOST_ROOM = 64, LOG_TIME_ROOM = 25 };

/** Where it goes, and what every line says. */
typedef struct run_log {
    log_form form;
    bool quiet; /* nothing below LOG_WARNING */
    uint32_t rank;
    char host[LOG_HOST_ROOM];
    atomic_uint_least64_t request; /* its number in frames; 0: not known yet */
    atomic_bool is_drawn_over;     /* lines on the terminal are redrawn: erase them before a line is told */
} run_log;

/** Something that happened. What is zero, or NULL, is left out. */
typedef struct run_event {
    log_level level;
    bool is_asked_for; /* it is told with --quiet as well */
    const char *name;  /* "assigned" */
    const char *host;  /* of the rank that it happened to; NULL: rank and host are the log's own */
    uint32_t rank;
    const char *id; /* of the partition; NULL: of none */
    uint32_t partition, attempt;
    const char *stage;
    double seconds;
    const char *text;
    const char *more; /* members as JSON has them, without braces */
} run_event;

/** Write an event as JSON; in a log for people it is not told. thread: any
 *  ranks   root only */
void run_log_event(const run_log *self, const run_event *event);

/** Tell a line: "partita: ..." for people, else an event of this name. thread: any; self may be NULL: for people
 *  ranks   root only */
void run_log_say(const run_log *self, log_level level, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/** The same of an event that has its text already: `line` is what people read.
 *  ranks   root only */
void run_log_tell(const run_log *self, const run_event *event, const char *line);

/** A time of CLOCK_REALTIME as "2026-11-22T00:51:03.123Z" (RFC 3339), also in a signal handler.
 *  shape   out[LOG_TIME_ROOM]
 *  ranks   any */
void run_log_time(const struct timespec *at, char *out);

#endif
