/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/knobs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/printable.h"
#include "mpi/run_log.h"
#include "node/format/proving_key.h"

static const char *const all_commands[N_KNOB_COMMANDS] = {"prove", "prepare",  "verify", "inspect", "setup",
                                                          "bench", "simulate", "doctor", "config"};
static const char *const bench_alone[] = {"bench", NULL};
static const char *const prove_alone[] = {"prove", NULL};
static const char *const device_commands[] = {"prove", "bench", NULL};
static const char *const engine_commands[] = {"prove", "bench", "doctor", NULL};

static const char *const check_words[] = {
    [KEY_CHECK_QUICK] = "quick", [KEY_CHECK_FULL] = "full", [KEY_CHECK_NONE] = "none", NULL};
static const char *const flag_words[] = {"off", "on", NULL};
static const char *const log_words[] = {[LOG_TEXT] = "text", [LOG_JSON] = "json", NULL};
static const char *const isa_words[] = {"auto", "portable", "adx", "ifma", NULL};
static const char *const choice_words[] = {[CHOICE_AUTO] = "auto", [CHOICE_ON] = "on", [CHOICE_OFF] = "off", NULL};
static const char *const side_words[] = {[SIDE_AUTO] = "auto", [SIDE_CPU] = "cpu", [SIDE_GPU] = "gpu", NULL};
static const char *const arena_words[] = {
    [ARENAS_KEPT] = "kept", [ARENAS_FREED_BY_ONE] = "freed-by-one", [ARENAS_FREED_APART] = "freed-apart", NULL};

static const char *const gpu_lock_words[] = {[GPU_LOCK_KERNELS] = "kernels", [GPU_LOCK_PARTITION] = "partition", NULL};

#define COUNT(lowest, highest) .kind = KNOB_COUNT, .min = (lowest), .max = (highest)
#define BYTES(lowest, highest) .kind = KNOB_BYTES, .min = (lowest), .max = (highest)
#define WORD(list) .kind = KNOB_WORD, .words = (list)
#define NAME .kind = KNOB_NAME
#define FLAG .kind = KNOB_FLAG, .words = flag_words, .otherwise = "off"
#define FOR_ALL .group = KNOBS_OF_ALL
#define FOR_ENGINE .group = KNOBS_OF_ENGINE, .commands = engine_commands
#define FOR_DEVICE .group = KNOBS_OF_ENGINE, .commands = device_commands

static const knob table[N_KNOBS] = {
    [KNOB_THREADS] = {"threads", COUNT(1, 4096), FOR_ALL, .otherwise = "as mask and cgroup allow; prove: one a core",
                      .meaning = "Threads that compute"},
    [KNOB_ISA] = {"isa", WORD(isa_words), FOR_ALL, .otherwise = "the best there is",
                  .meaning = "Use this instruction set and no better one"},
    [KNOB_JSON] = {"json", FLAG, FOR_ALL, .meaning = "Write the result to standard output as one JSON value"},
    [KNOB_QUIET] = {"quiet", FLAG, FOR_ALL, .meaning = "Show no progress; errors and warnings stay"},
    [KNOB_LOG] = {"log", WORD(log_words), .group = KNOBS_OF_COMMAND, .commands = prove_alone, .otherwise = "text",
                  .meaning = "What standard error gets: lines for people, or a JSON object a line"},
    [KNOB_ALLOW_CORE] = {"allow-core", FLAG, FOR_ALL, .meaning = "Let a crash leave a core file, without secrets"},
    [KNOB_CHECK] = {"check", WORD(check_words), .group = KNOBS_OF_COMMAND, .commands = prove_alone, .otherwise = "quick",
                    .meaning = "Check KEY's points: on the curve (quick), and in the subgroup (full)"},
    [KNOB_STATS] = {"stats", FLAG, .group = KNOBS_OF_COMMAND, .commands = prove_alone,
                    .meaning = "Show the time of each stage and the peak memory at the end"},
    [KNOB_CACHE_SIZE] = {"cache-size", BYTES(1, UINT64_C(1) << 60), .group = KNOBS_OF_COMMAND, .commands = prove_alone,
                         .otherwise = "64GiB", .meaning = "Bytes that keys of --ship may take in --cache"},
    [KNOB_REPEATS] = {"repeats", COUNT(1, 100000), .group = KNOBS_OF_COMMAND, .commands = bench_alone, .otherwise = "7",
                      .meaning = "Samples of each figure"},
    [KNOB_WORKERS] = {"workers", COUNT(1, 4096), FOR_ENGINE, .otherwise = "one a thread, 2 a domain; 1 for 2 threads",
                      .meaning = "Partitions that hold memory at once"},
    [KNOB_CREW_DOMAINS] = {"crew-domains", COUNT(1, 4096), FOR_ENGINE, .otherwise = "all, divided among the partitions",
                           .meaning = "Shared-L3 domains that a crew may span"},
    [KNOB_TAIL_DOMAINS] = {"tail-domains", COUNT(1, 4096), FOR_ENGINE, .otherwise = "those of the partition",
                           .meaning = "Shared-L3 domains on which G2 MSMs run"},
    [KNOB_IO_THREADS] = {"io-threads", COUNT(1, 256), FOR_ENGINE, .otherwise = "one a NUMA node, 4 at most",
                         .meaning = "Witnesses that are read from files at a time"},
    [KNOB_QUEUE_DEPTH] = {"queue-depth", COUNT(1, 65536), FOR_ENGINE, .otherwise = "64",
                          .meaning = "Partitions that may wait to begin"},
    [KNOB_MEMORY] = {"memory", BYTES(1, UINT64_C(1) << 60), FOR_ENGINE, .otherwise = "what machine and cgroup have to give",
                     .meaning = "Bytes for keys, matrices, witnesses, vectors and scratch"},
    [KNOB_THROTTLE] = {"throttle", WORD(choice_words), FOR_ENGINE, .otherwise = "on with --tail-domains",
                       .meaning = "Synthesis yields while a G2 MSM runs"},
    [KNOB_PIN] = {"pin", WORD(choice_words), FOR_ENGINE, .otherwise = "on if every core has its thread",
                  .meaning = "Keep threads on their cores"},
    [KNOB_HUGE_PAGES] = {"huge-pages", WORD(choice_words), FOR_ENGINE,
                         .otherwise = "on, but one NUMA node keeps its key mapped",
                         .meaning = "Huge pages for keys in memory and for arenas"},
    [KNOB_ARENAS] = {"arenas", WORD(arena_words), .group = KNOBS_OF_ENGINE, .commands = bench_alone, .otherwise = "kept",
                     .meaning = "Memory of partitions that are done"},
    [KNOB_DEVICE] = {"device", NAME, FOR_DEVICE, .otherwise = "cpu",
                     .meaning = "cpu, auto, or an OpenCL device's index, PCI address or part of its name"},
    [KNOB_GPU_WORKERS] = {"gpu-workers", COUNT(1, 64), FOR_DEVICE, .otherwise = "2",
                          .meaning = "Partitions that have vectors on the device at once"},
    [KNOB_GPU_MEMORY] = {"gpu-memory", BYTES(1, UINT64_C(1) << 60), FOR_DEVICE,
                         .otherwise = "nine tenths, or what others left",
                         .meaning = "Bytes on the device for key, vectors and scratch"},
    [KNOB_SYNTHESIS] = {"synthesis", WORD(side_words), FOR_DEVICE, .otherwise = "the device's, if it has room",
                        .meaning = "Where witnesses are multiplied, beside a device"},
    [KNOB_G2] = {"g2", WORD(side_words), FOR_DEVICE, .otherwise = "the device's, if it has room",
                 .meaning = "Where G2 MSMs run, beside a device"},
    [KNOB_GPU_LOCK] = {"gpu-lock", WORD(gpu_lock_words), .group = KNOBS_OF_ENGINE, .commands = bench_alone,
                       .otherwise = "kernels", .meaning = "What of a partition the device's lock is held for"},
};

static const char *const units[] = {"K", "M", "G", "T"};

const knob *knob_of(knob_id id)
{
    return &table[id];
}

knob_id knob_find(const char *name)
{
    unsigned id = 0;
    while (id < N_KNOBS && strcmp(table[id].name, name) != 0)
        id++;
    return (knob_id)id;
}

static bool is_listed(const char *const *words, const char *word)
{
    while (*words != NULL && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

bool knob_is_of(const knob *self, const char *command)
{
    return self->commands == NULL || strcmp(command, "config") == 0 || is_listed(self->commands, command);
}

size_t knob_command_find(const char *name)
{
    size_t i = 0;
    while (i < N_KNOB_COMMANDS && strcmp(all_commands[i], name) != 0)
        i++;
    return i;
}

/* ---- values ---- */

/* What a unit multiplies by: K and KiB 1024, KB 1000; 0 for no unit. */
static uint64_t unit_factor(const char *text)
{
    if (*text == '\0')
        return 1;
    const char *rest = text + 1;
    uint64_t step = strcmp(rest, "B") == 0 ? 1000 : *rest == '\0' || strcmp(rest, "iB") == 0 ? 1024 : 0;
    uint64_t factor = step;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++, factor *= step)
        if (*text == *units[i])
            return factor;
    return 0;
}

static bool read_number(const knob *self, const char *text, uint64_t *out)
{
    bool power = self->kind == KNOB_COUNT && strncmp(text, "2^", 2) == 0;
    const char *digits = power ? text + 2 : text;
    char *end;
    if (*digits < '0' || *digits > '9')
        return false;
    errno = 0;
    uint64_t number = strtoull(digits, &end, 10), value = number;
    if (errno != 0 || (power && number > 62) || (self->kind == KNOB_COUNT && *end != '\0'))
        return false;
    if (power)
        value = UINT64_C(1) << number;
    else if (__builtin_mul_overflow(number, unit_factor(end), &value))
        return false;
    if (value < self->min || value > self->max)
        return false;
    *out = value;
    return true;
}

/* ';' would begin a comment in a configuration file, which loses blanks at both ends as well. */
static bool read_name(const char *text, knob_setting *out)
{
    const size_t len = strlen(text);
    if (len == 0 || len >= sizeof out->name || text[0] == ' ' || text[len - 1] == ' ')
        return false;
    for (size_t i = 0; i < len; i++)
        if (text[i] < ' ' || text[i] > '~' || text[i] == ';')
            return false;
    memcpy(out->name, text, len + 1);
    out->value = 1;
    return true;
}

static bool read_word(const knob *self, const char *text, uint64_t *out)
{
    for (size_t i = 0; self->words[i] != NULL; i++)
        if (strcmp(text, self->words[i]) == 0) {
            *out = i;
            return true;
        }
    return false;
}

bool knob_read(const knob *self, const char *text, knob_setting *out)
{
    if (self->kind == KNOB_NAME)
        return read_name(text, out);
    if (self->words != NULL)
        return read_word(self, text, &out->value);
    if (strcmp(text, "auto") != 0)
        return read_number(self, text, &out->value);
    out->value = 0;
    return true;
}

static const char *value_text(const knob *self, uint64_t value, char *room)
{
    size_t unit = 0;
    if (self->words != NULL) {
        snprintf(room, KNOB_TEXT_ROOM, "%s", self->words[value]);
    } else if (value == 0) {
        snprintf(room, KNOB_TEXT_ROOM, "auto");
    } else {
        for (; self->kind == KNOB_BYTES && value % 1024 == 0 && unit < sizeof units / sizeof *units; unit++)
            value /= 1024;
        snprintf(room, KNOB_TEXT_ROOM, "%" PRIu64 "%s%s", value, unit > 0 ? units[unit - 1] : "", unit > 0 ? "iB" : "");
    }
    return room;
}

const char *knob_text(const knob *self, const knob_setting *setting, char *room)
{
    if (self->kind != KNOB_NAME)
        return value_text(self, setting->value, room);
    snprintf(room, KNOB_TEXT_ROOM, "%s", setting->value != 0 ? setting->name : self->otherwise);
    return room;
}

const char *knob_expects(const knob *self, char *room)
{
    char least[KNOB_TEXT_ROOM], most[KNOB_TEXT_ROOM];
    int len = 0;
    if (self->kind == KNOB_NAME) {
        snprintf(room, KNOB_TEXT_ROOM, "a name of %d characters at most, without ;", KNOB_NAME_ROOM - 1);
        return room;
    }
    if (self->words == NULL) {
        snprintf(room, KNOB_TEXT_ROOM, "%s from %s to %s, or auto",
                 self->kind == KNOB_COUNT ? "a number" : "bytes (4096, 512M, 16GiB)", value_text(self, self->min, least),
                 value_text(self, self->max, most));
        return room;
    }
    for (size_t i = 0; self->words[i] != NULL; i++) {
        const char *between = i == 0 ? "" : self->words[i + 1] == NULL ? " or " : ", ";
        len += snprintf(room + len, KNOB_TEXT_ROOM - (size_t)len, "%s%s", between, self->words[i]);
    }
    return room;
}

/* ---- the command line ---- */

void knob_options_of(const char *command, knob_group group, knob_options *out)
{
    static const char *const arguments[] = {
        [KNOB_COUNT] = "N", [KNOB_BYTES] = "SIZE", [KNOB_WORD] = "WORD", [KNOB_NAME] = "NAME", [KNOB_FLAG] = "on|off"};
    char words[KNOB_TEXT_ROOM];
    *out = (knob_options){0};
    for (int id = 0; id < N_KNOBS; id++) {
        const knob *k = &table[id];
        if (k->group != group || !knob_is_of(k, command))
            continue;
        char *doc = out->doc[out->n];
        if (k->kind == KNOB_FLAG)
            snprintf(doc, sizeof *out->doc, "%s", k->meaning);
        else if (k->kind == KNOB_WORD)
            snprintf(doc, sizeof *out->doc, "%s: %s (default: %s)", k->meaning, knob_expects(k, words), k->otherwise);
        else
            snprintf(doc, sizeof *out->doc, "%s (default: %s)", k->meaning, k->otherwise);
        out->options[out->n++] = (struct argp_option){.name = k->name,
                                                      .key = KNOB_KEY + id,
                                                      .arg = arguments[k->kind],
                                                      .flags = k->kind == KNOB_FLAG ? OPTION_ARG_OPTIONAL : 0,
                                                      .doc = doc};
    }
}

/* ---- settings ---- */

void knobs_set(knobs *self, knob_id id, knob_setting setting)
{
    if (setting.source >= self->of[id].source)
        self->of[id] = setting;
}

/* The last max bytes of a name, from the beginning of a character. */
static const char *name_end(const char *name, size_t max)
{
    size_t len = strlen(name);
    if (len <= max)
        return name;
    name += len - max;
    while (((unsigned char)*name & 0xc0) == 0x80)
        name++;
    return name;
}

const char *knobs_place(const knobs *self, knob_id id, char *room)
{
    const knob_setting *setting = &self->of[id];
    if (setting->source == SOURCE_DEFAULT || setting->source == SOURCE_COMMAND_LINE) {
        snprintf(room, KNOB_PLACE_ROOM, "%s", setting->source == SOURCE_DEFAULT ? "default" : "command line");
        return room;
    }
    enum { NAME_MAX_BYTES = 32 };
    const char *end = name_end(self->path, NAME_MAX_BYTES);
    snprintf(room, KNOB_PLACE_ROOM, "%s%s:%zu", end == self->path ? "" : "...", end, setting->line);
    printable_line(room);
    return room;
}

engine_options knobs_engine_options(const knobs *self)
{
    return (engine_options){
        .n_threads = self->of[KNOB_THREADS].value,
        .n_in_flight = self->of[KNOB_WORKERS].value,
        .n_tail_domains = self->of[KNOB_TAIL_DOMAINS].value,
        .n_io_threads = self->of[KNOB_IO_THREADS].value,
        .queue_depth = self->of[KNOB_QUEUE_DEPTH].value,
        .memory_bytes = self->of[KNOB_MEMORY].value,
        .throttle = (choice)self->of[KNOB_THROTTLE].value,
        .pin = (choice)self->of[KNOB_PIN].value,
        .huge_pages = (choice)self->of[KNOB_HUGE_PAGES].value,
        .arenas = (arena_policy)self->of[KNOB_ARENAS].value,
        .n_domains_crew = self->of[KNOB_CREW_DOMAINS].value,
        .n_gpu_workers = self->of[KNOB_GPU_WORKERS].value,
        .gpu_memory_bytes = self->of[KNOB_GPU_MEMORY].value,
        .synthesis = (stage_side)self->of[KNOB_SYNTHESIS].value,
        .g2 = (stage_side)self->of[KNOB_G2].value,
        .gpu_lock = (gpu_lock_span)self->of[KNOB_GPU_LOCK].value,
    };
}
