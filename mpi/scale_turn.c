/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/scale_turn.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mpi/child_process.h"
#include "mpi/rank_clock.h"
#include "node/pipeline/quantile.h"

enum { WORDS_MAX = 24 + N_KNOBS, NAME_ROOM = 16, DEVICE_ROOM = 24 + KNOB_NAME_ROOM };

static const char proof_end[] = ".proof.json";

/* mpirun, or a prover. */
typedef struct {
    char out[SCALE_PATH_ROOM], pattern[SCALE_PATH_ROOM];
    size_t n_partitions;
    char device[DEVICE_ROOM]; /* "--device=1"; "": the processor */
    double *delivered;        /* when, in order */
    size_t n_delivered;
} participant;

typedef struct {
    const scale_site *site;
    const scale_turn_order *order;
    participant *all;
    child_process *processes; /* theirs */
    size_t n;
    rank_clock *clock;         /* of all ranks, or provers */
    pt_err fault;              /* of looking */
    double began, first, last; /* of the clock: the start; between these deliveries all are at work */
} turn;

/* ---- commands ---- */

typedef struct {
    char *words[WORDS_MAX + 1];
    size_t n;
} command;

static void add(command *self, const char *word)
{
    self->words[self->n++] = (char *)(uintptr_t)word; /* posix_spawn's type: it does not write there */
    self->words[self->n] = NULL;
}

/* shape: n_ranks is kept as text in room */
static void add_mpirun(command *self, const scale_site *site, size_t n_ranks, char room[NAME_ROOM])
{
    static const char *const usual[] = {"--oversubscribe", "--bind-to", "none", "-n"};
    snprintf(room, NAME_ROOM, "%zu", n_ranks);
    add(self, site->mpirun);
    if (geteuid() == 0)
        add(self, "--allow-run-as-root");
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        add(self, usual[i]);
    add(self, room);
}

static void add_prove(command *self, const scale_site *site, const participant *who)
{
    const char *const words[] = {site->program, "prove", site->key, who->pattern, "--out", who->out, "--json", "--quiet"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        add(self, words[i]);
    for (size_t i = 0; i < site->n_options; i++)
        add(self, site->option_texts[i]);
    if (who->device[0] != '\0') {
        add(self, who->device);
        add(self, "--stats"); /* it says where partitions were proven */
    }
}

/* Ranks of a job take devices in turn; who is alone is told of the one that its rank would have. */
static void name_device(const turn *self, size_t i, participant *who)
{
    const scale_site *site = self->site;
    if (site->devices.n == 0)
        return;
    if (self->order->side == SCALE_CLUSTER)
        snprintf(who->device, sizeof who->device, "--device=%s", site->device);
    else
        snprintf(who->device, sizeof who->device, "--device=%zu", scale_devices_of(&site->devices, i));
}

static pt_status start(turn *self, size_t i, pt_err *err)
{
    char n_ranks[NAME_ROOM];
    command c = {.n = 0};
    const size_t per_rank = self->order->cores_per_rank;
    participant *who = &self->all[i];
    child_order order = {.words = c.words, .processors = self->site->processors, .n_processors = per_rank};
    if (self->order->side == SCALE_CLUSTER) {
        add_mpirun(&c, self->site, self->order->n_ranks, n_ranks);
        order.n_processors *= self->order->n_ranks;
    } else {
        order.processors += i * per_rank;
    }
    name_device(self, i, who);
    add_prove(&c, self->site, who);
    return child_process_start(&order, &self->processes[i], err);
}

/* ---- folders ---- */

static pt_status make_dir(const char *path, pt_err *err)
{
    return mkdir(path, 0777) == 0 ? PT_OK : pt_fail(err, PT_E_CREATE, "%s: %s", path, strerror(errno));
}

/* A prover's part: every n-th partition. */
static pt_status make_folder(turn *self, size_t i, pt_err *err)
{
    char place[SCALE_PATH_ROOM], link[SCALE_PATH_ROOM];
    participant *who = &self->all[i];
    snprintf(place, sizeof place, "%.300s/turn/%zu", self->site->folder, i);
    snprintf(who->out, sizeof who->out, "%.400s.out", place);
    snprintf(who->pattern, sizeof who->pattern, "%.400s/*.wtns", place);
    if (make_dir(place, err) != PT_OK)
        return err->code;
    for (size_t p = i; p < self->order->n_partitions; p += self->n) {
        snprintf(link, sizeof link, "%.400s/w%05zu.wtns", place, p);
        if (symlink(self->site->witness, link) != 0)
            return pt_fail(err, PT_E_CREATE, "%s: %s", link, strerror(errno));
        who->n_partitions++;
    }
    who->delivered = calloc(who->n_partitions, sizeof *who->delivered);
    return who->delivered != NULL ? PT_OK : pt_fail(err, PT_E_NOMEM, "no memory for %zu times", who->n_partitions);
}

static pt_status make_folders(turn *self, pt_err *err)
{
    char place[SCALE_PATH_ROOM];
    snprintf(place, sizeof place, "%.300s/turn", self->site->folder);
    make_dir(place, err);
    for (size_t i = 0; i < self->n && err->code == PT_OK; i++)
        make_folder(self, i, err);
    return err->code;
}

/* ---- what came of it ---- */

static double seconds_of(struct timespec t)
{
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool is_proof(const char *name)
{
    const size_t n = strlen(name), n_end = sizeof proof_end - 1;
    return n > n_end && strcmp(name + n - n_end, proof_end) == 0;
}

static pt_status read_times(participant *who, pt_err *err)
{
    const struct dirent *entry;
    DIR *dir = opendir(who->out);
    if (dir == NULL)
        return pt_fail(err, PT_E_INTERNAL, "%s: %s", who->out, strerror(errno));
    while ((entry = readdir(dir)) != NULL) {
        struct stat info;
        if (is_proof(entry->d_name) && fstatat(dirfd(dir), entry->d_name, &info, 0) == 0 &&
            who->n_delivered < who->n_partitions)
            who->delivered[who->n_delivered++] = seconds_of(info.st_mtim);
    }
    closedir(dir);
    quantile_sort(who->delivered, who->n_delivered);
    return who->n_delivered == who->n_partitions
               ? PT_OK
               : pt_fail(err, PT_E_INTERNAL, "%s: %zu proofs of %zu", who->out, who->n_delivered, who->n_partitions);
}

/* Of the partitions, from what `prove --json` told. */
static pt_status read_seconds(const participant *who, const json_t *told, const json_error_t *fault, double *seconds,
                              pt_err *err)
{
    const json_t *partitions = json_object_get(told, "partitions");
    if (json_array_size(partitions) != who->n_partitions)
        pt_fail(err, PT_E_INTERNAL, "prove --json told %zu partitions of %zu: %s", json_array_size(partitions),
                who->n_partitions, told == NULL ? fault->text : "");
    for (size_t i = 0; i < who->n_partitions && err->code == PT_OK; i++)
        seconds[i] = json_number_value(json_object_get(json_array_get(partitions, i), "seconds"));
    return err->code;
}

/* Was all proven on the devices? i: the prover, or 0 of a cluster */
static pt_status judge_devices(const turn *self, size_t i, const json_t *told, pt_err *err)
{
    const bool together = self->order->side == SCALE_CLUSTER;
    const size_t n = together ? self->order->n_ranks : 1;
    if (self->site->devices.n == 0)
        return PT_OK;
    scale_told *all = calloc(n, sizeof *all);
    if (all == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for what %zu ranks told", n);
    scale_told_read(told, all, n);
    scale_told_judge(&self->site->devices, all, n, i, self->all[i].n_partitions, err);
    free(all);
    return err->code;
}

static pt_status read_told(const turn *self, size_t i, double *seconds, pt_err *err)
{
    json_error_t fault;
    FILE *json = self->processes[i].out;
    rewind(json);
    json_t *told = json_loadf(json, 0, &fault);
    if (read_seconds(&self->all[i], told, &fault, seconds, err) == PT_OK)
        judge_devices(self, i, told, err);
    json_decref(told);
    return err->code;
}

/* Every proof, by another build than made it where there is one. */
static pt_status verify(const scale_site *site, const participant *who, pt_err *err)
{
    command c = {.n = 0};
    child_process child = {0};
    const child_order order = {.words = c.words};
    const char *const words[] = {site->program, "verify", site->vkey, "--dir", who->out, "--isa", "portable", "--quiet"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        add(&c, words[i]);
    if (child_process_start(&order, &child, err) == PT_OK &&
        child_process_wait(&child, 1, site->stop, NULL, NULL, err) == PT_OK) {
        pt_err wrong = {0};
        if (child_process_judge(&child, "partita verify", PT_E_INTERNAL, &wrong) != PT_OK)
            pt_fail(err, wrong.code == PT_E_VERIFY ? PT_E_INTERNAL : wrong.code, "%s", wrong.msg);
    }
    child_process_clear(&child);
    return err->code;
}

/* Deliveries that come before all are at work: those of what is under way; on devices, which prove much in the time between the beginning of one
 * rank and another, a quarter. */
static size_t count_beginning(const turn *self, const participant *who)
{
    const scale_turn_order *order = self->order;
    const size_t under_way = order->n_in_flight * (order->side == SCALE_CLUSTER ? order->n_ranks : 1);
    const size_t quarter = self->site->devices.n > 0 ? who->n_partitions / 4 : 0;
    return quarter > under_way ? quarter : under_way;
}

/* Between deliveries, from the n_before-th on. */
static double rate_of(const participant *who, size_t n_before)
{
    const size_t n = who->n_delivered, first = n_before < n - 1 ? n_before : n - 1;
    const double seconds = who->delivered[n - 1] - who->delivered[first - 1];
    return seconds > 0 ? (double)(n - first) / seconds : 0;
}

static pt_status sum_up(turn *self, scale_turn *out, double *seconds, pt_err *err)
{
    const scale_turn_order *order = self->order;
    *out = (scale_turn){0};
    self->first = self->last = 0;
    for (size_t i = 0; i < self->n; i++) {
        participant *who = &self->all[i];
        if (read_times(who, err) != PT_OK || read_told(self, i, seconds, err) != PT_OK ||
            verify(self->site, who, err) != PT_OK)
            return err->code;
        const double start_seconds = who->delivered[0] - self->began;
        out->rate += rate_of(who, count_beginning(self, who));
        out->cpu_seconds += self->processes[i].cpu_seconds / (double)order->n_partitions;
        out->start_seconds = start_seconds > out->start_seconds ? start_seconds : out->start_seconds;
        seconds += who->n_partitions;
        self->first = self->first < who->delivered[0] ? who->delivered[0] : self->first;
        const double end = who->delivered[who->n_delivered - 1];
        self->last = self->last == 0 || end < self->last ? end : self->last;
    }
    out->talking = rank_clock_share(self->clock, self->first, self->last);
    return PT_OK;
}

/* ---- the whole ---- */

static void look(void *ctx)
{
    turn *self = ctx;
    for (size_t i = 0; i < self->n; i++)
        if (self->processes[i].pid != 0)
            rank_clock_find(self->clock, self->processes[i].pid);
    if (self->fault.code == PT_OK)
        rank_clock_note(self->clock, &self->fault);
}

static pt_status start_all(turn *self, pt_err *err)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    self->began = seconds_of(now);
    for (size_t i = 0; i < self->n && err->code == PT_OK; i++)
        start(self, i, err);
    return err->code;
}

static pt_status judge(turn *self, pt_err *err)
{
    const bool together = self->order->side == SCALE_CLUSTER;
    for (size_t i = 0; i < self->n && err->code == PT_OK; i++)
        child_process_judge(&self->processes[i], together ? self->site->mpirun : "partita prove",
                            together ? PT_E_DEVICE : PT_E_INTERNAL, err);
    return err->code;
}

static void turn_clear(turn *self)
{
    for (size_t i = 0; i < self->n && self->processes != NULL; i++)
        child_process_clear(&self->processes[i]);
    for (size_t i = 0; i < self->n && self->all != NULL; i++)
        free(self->all[i].delivered);
    rank_clock_destroy(self->clock);
    free(self->processes);
    free(self->all);
    scale_site_remove(self->site, "turn");
}

pt_status scale_turn_take(const scale_site *site, const scale_turn_order *order, scale_turn *out, double *seconds,
                          pt_err *err)
{
    static const atomic_bool now = true;
    turn self = {.site = site, .order = order, .n = order->side == SCALE_CLUSTER ? 1 : order->n_ranks};
    self.all = calloc(self.n, sizeof *self.all);
    self.processes = calloc(self.n, sizeof *self.processes);
    if (self.all == NULL || self.processes == NULL)
        pt_fail(err, PT_E_NOMEM, "no memory for %zu provers", self.n);
    else if (rank_clock_create(site->program, order->n_ranks, &self.clock, err) == PT_OK &&
             make_folders(&self, err) == PT_OK) {
        const bool started = start_all(&self, err) == PT_OK;
        child_process_wait(self.processes, self.n, started ? site->stop : &now, look, &self, err);
        rank_clock_outlast(self.clock);
        if (self.fault.code != PT_OK)
            pt_fail(err, self.fault.code, "%s", self.fault.msg);
        if (err->code == PT_OK && judge(&self, err) == PT_OK)
            sum_up(&self, out, seconds, err);
    }
    turn_clear(&self);
    return err->code;
}
