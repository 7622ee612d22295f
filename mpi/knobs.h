/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/knobs.h - every option that may also stand in a configuration file, described once: the command line, --help, the file
 * and `partita config --print` all come from one table.
 *
 * A knob's value is a number: a count, bytes, the index of a word, or 1 where a name is given. 0 is always the default. Where several sources give a knob, the
 * later of knob_source wins, in whatever order they are read. */
#ifndef PT_KNOBS_H
#define PT_KNOBS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"
#include "node/pipeline/engine_options.h"

typedef enum {
    KNOB_THREADS,
    KNOB_ISA,
    KNOB_JSON,
    KNOB_QUIET,
    KNOB_LOG,
    KNOB_ALLOW_CORE,
    KNOB_CHECK,
    KNOB_STATS,
    KNOB_CACHE_SIZE,
    KNOB_REPEATS,
    KNOB_WORKERS,
    KNOB_CREW_DOMAINS,
    KNOB_TAIL_DOMAINS,
    KNOB_IO_THREADS,
    KNOB_QUEUE_DEPTH,
    KNOB_MEMORY,
    KNOB_THROTTLE,
    KNOB_PIN,
    KNOB_HUGE_PAGES,
    KNOB_ARENAS,
    KNOB_DEVICE,
    KNOB_GPU_WORKERS,
    KNOB_GPU_MEMORY,
    KNOB_SYNTHESIS,
    KNOB_G2,
    KNOB_GPU_LOCK,
    N_KNOBS
} knob_id;

typedef enum {
    KNOB_COUNT, /* a number, 2^K, or auto */
    KNOB_BYTES, /* a number with a unit or without, or auto */
    KNOB_WORD,  /* one of the words */
    KNOB_NAME,  /* of a thing outside: any printable text of KNOB_NAME_ROOM - 1 bytes at most */
    KNOB_FLAG   /* on or off; on the command line the name alone is on */
} knob_kind;

/** Under which heading --help shows it. */
typedef enum { KNOBS_OF_COMMAND, KNOBS_OF_ENGINE, KNOBS_OF_ALL, N_KNOB_GROUPS } knob_group;

typedef struct knob {
    const char *name; /* the option's and the key's */
    knob_kind kind;
    knob_group group;
    const char *const *commands; /* that have it, NULL at the end; no list: all have it */
    uint64_t min, max;           /* of a count or bytes */
    const char *const *words;    /* NULL at the end; the first is the default */
    const char *otherwise;       /* the default, for people */
    const char *meaning;
} knob;

typedef enum { SOURCE_DEFAULT, SOURCE_SHARED_SECTION, SOURCE_COMMAND_SECTION, SOURCE_COMMAND_LINE } knob_source;

enum { KNOB_NAME_ROOM = 64 };

typedef struct {
    uint64_t value;
    char name[KNOB_NAME_ROOM]; /* of KNOB_NAME; "": not given */
    knob_source source;
    size_t line; /* of the configuration file */
} knob_setting;

/** What a run is set to; zeroed, everything is at its default. */
typedef struct knobs {
    knob_setting of[N_KNOBS];
    const char *path; /* borrowed: the configuration file that lines are of */
} knobs;

enum { N_KNOB_COMMANDS = 9 };
enum { KNOB_KEY = 0x1000 }; /* argp's key of knob 0 */
enum { KNOB_TEXT_ROOM = 120, KNOB_PLACE_ROOM = 48 };

/** Options for argp that live as long as this does. */
typedef struct {
    size_t n;
    struct argp_option options[N_KNOBS + 1];
    char doc[N_KNOBS][KNOB_TEXT_ROOM + 80];
} knob_options;

/** ranks   any */
const knob *knob_of(knob_id id);

/** The knob of this name; N_KNOBS if there is none.
 *  ranks   any */
knob_id knob_find(const char *name);

/** Has this command the knob? `config` has all.
 *  ranks   any */
bool knob_is_of(const knob *self, const char *command);

/** The place of a command's name among them; N_KNOB_COMMANDS if it is none.
 *  ranks   any */
size_t knob_command_find(const char *name);

/** Read a value into a setting, whose source and line stay. Units of bytes: K, M, G, T and KiB to TiB are powers of 1024, KB to TB powers of 1000.
 *  ranks   any
 *  returns false unless the whole text is one, in its range */
bool knob_read(const knob *self, const char *text, knob_setting *out);

/** Write a value so that knob_read reads it.
 *  ranks   any
 *  returns room, of KNOB_TEXT_ROOM bytes */
const char *knob_text(const knob *self, const knob_setting *setting, char *room);

/** What knob_read takes, in words: "a number from 1 to 4096, or auto".
 *  ranks   any
 *  returns room, of KNOB_TEXT_ROOM bytes */
const char *knob_expects(const knob *self, char *room);

/** A command's knobs of one heading, keys from KNOB_KEY.
 *  ranks   any */
void knob_options_of(const char *command, knob_group group, knob_options *out);

/** Set a knob, unless what it has is from a source that wins.
 *  ranks   any */
void knobs_set(knobs *self, knob_id id, knob_setting setting);

/** Where a setting is from: "default", "command line" or FILE:LINE, a long FILE without its beginning.
 *  ranks   any
 *  returns room, of KNOB_PLACE_ROOM bytes */
const char *knobs_place(const knobs *self, knob_id id, char *room);

/** What the engine is given.
 *  ranks   any */
engine_options knobs_engine_options(const knobs *self);

#endif
