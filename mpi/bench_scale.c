/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/bench_scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mpi/interrupt.h"
#include "mpi/report_file.h"
#include "mpi/scale_report.h"
#include "mpi/scale_turn.h"
#include "node/pipeline/quantile.h"
#include "node/topo/machine.h"

enum {
    RANKS_MAX = 4096,
    PER_RANK_MAX = 100000,
    N_TURNS_DEFAULT = 3,
    PER_RANK_DEFAULT = 20,
    PER_DEVICE_DEFAULT = 200,
    N_KINDS = 2
};

typedef struct {
    const cli *options;
    const scale_args *args;
    scale_site site;
    size_t ranks[SCALE_RANKS_MAX];
    size_t n_ranks, cores_per_rank, n_in_flight, n_per_rank, n_turns; /* n_in_flight: of a rank */
    scale_row rows[N_KINDS * SCALE_RANKS_MAX];
    size_t n_rows, n_proofs;
} scale_bench;

/* ---- options ---- */

static error_t parse_ranks(scale_args *args, const char *text, const struct argp_state *state)
{
    args->n_ranks = 0;
    for (const char *at = text; at != NULL; at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL) {
        char word[16];
        size_t *n = &args->ranks[args->n_ranks];
        snprintf(word, sizeof word, "%.*s", (int)strcspn(at, ","), at);
        if (args->n_ranks == SCALE_RANKS_MAX || strcspn(at, ",") >= sizeof word || !cli_read_count(word, 1, RANKS_MAX, n) ||
            (args->n_ranks > 0 && *n <= n[-1]))
            return cli_usage_error(state, "--ranks takes at most %d growing numbers, as 1,2,4, not %s", SCALE_RANKS_MAX,
                                   text);
        args->n_ranks++;
    }
    return 0;
}

static error_t parse_count(const char *name, const char *text, size_t max, size_t *out, const struct argp_state *state)
{
    return cli_read_count(text, 1, max, out)
               ? 0
               : cli_usage_error(state, "--%s takes a number from 1 to %zu, not %s", name, max, text);
}

static error_t parse_kind(scale_args *args, const char *text, const struct argp_state *state)
{
    args->strong_alone = strcmp(text, "strong") == 0;
    args->weak_alone = strcmp(text, "weak") == 0;
    return args->strong_alone || args->weak_alone ? 0 : cli_usage_error(state, "--kind takes strong or weak, not %s", text);
}

error_t scale_args_parse(scale_args *args, int key, const char *arg, const struct argp_state *state)
{
    switch (key) {
    case SCALE_OPT_RANKS:
        return parse_ranks(args, arg, state);
    case SCALE_OPT_CORES:
        return parse_count("cores-per-rank", arg, RANKS_MAX, &args->cores_per_rank, state);
    case SCALE_OPT_PER_RANK:
        return parse_count("per-rank", arg, PER_RANK_MAX, &args->n_per_rank, state);
    case SCALE_OPT_KIND:
        return parse_kind(args, arg, state);
    case SCALE_OPT_SIBLINGS:
        args->every_processor = true;
        return 0;
    case SCALE_OPT_MPIRUN:
        args->mpirun = arg;
        return 0;
    case SCALE_OPT_DIR:
        args->dir = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- before ---- */

static pt_status check_files(const scale_args *args, const resident_source *source, pt_err *err)
{
    const char *const inputs[] = {source->key_path, source->witness_path};
    return report_file_check(args->csv, args->plot, inputs, source->key_path != NULL ? 2 : 0, err);
}

/* Those that were asked for; or 1, 2, 4 and so on, as far as there are cores and devices. */
static void plan_ranks(scale_bench *self)
{
    const scale_args *args = self->args;
    const size_t n_devices = self->site.devices.n;
    const size_t by_cores = self->site.n_processors / (args->cores_per_rank != 0 ? args->cores_per_rank : 1);
    const size_t most = n_devices > 0 && n_devices < by_cores ? n_devices : by_cores;
    for (size_t i = 0; i < args->n_ranks; i++)
        self->ranks[self->n_ranks++] = args->ranks[i];
    for (size_t n = 1; args->n_ranks == 0 && n <= most && self->n_ranks < SCALE_RANKS_MAX; n *= 2)
        self->ranks[self->n_ranks++] = n;
}

static size_t most_ranks(const scale_bench *self)
{
    return self->n_ranks > 0 ? self->ranks[self->n_ranks - 1] : 1;
}

/* A core a rank; beside a device its part of them all, as many with few ranks as with many. */
static void plan_cores(scale_bench *self)
{
    const size_t n_cores = self->site.n_processors, wanted = most_ranks(self);
    self->cores_per_rank = self->args->cores_per_rank;
    if (self->cores_per_rank == 0)
        self->cores_per_rank = self->site.devices.n > 0 && n_cores > wanted ? n_cores / wanted : 1;
}

static pt_status plan_partitions(scale_bench *self, pt_err *err)
{
    const engine_options options = knobs_engine_options(&self->options->knobs);
    const bool on_device = self->site.devices.n > 0;
    self->n_in_flight = on_device ? engine_in_flight_on_device(&options) : self->cores_per_rank;
    const size_t usual = on_device ? PER_DEVICE_DEFAULT : PER_RANK_DEFAULT;
    self->n_per_rank = self->args->n_per_rank;
    if (self->n_per_rank == 0)
        self->n_per_rank = 2 * self->n_in_flight > usual ? 2 * self->n_in_flight : usual;
    if (self->n_per_rank < 2 * self->n_in_flight)
        return pt_fail(err, PT_E_ARG, "--per-rank: a rate needs at least twice as many partitions a rank as %s, %zu",
                       on_device ? "are under way on its device" : "it has cores", 2 * self->n_in_flight);
    return PT_OK;
}

static pt_status plan(scale_bench *self, pt_err *err)
{
    plan_ranks(self);
    plan_cores(self);
    if (plan_partitions(self, err) == PT_OK && most_ranks(self) > self->site.n_processors / self->cores_per_rank)
        pt_fail(err, PT_E_ARG, "--ranks %zu: with --cores-per-rank %zu that is more than the %zu cores that there are",
                most_ranks(self), self->cores_per_rank, self->site.n_processors);
    return err->code;
}

/* ---- measuring ---- */

/* What the turns of one row gave. */
typedef struct {
    scale_turn *clusters, *provers;
    double *seconds; /* of every partition of the clusters, then room for those of a turn of provers */
    double *room;    /* a figure a turn */
} row_samples;

static pt_status samples_create(const scale_bench *self, size_t n_partitions, row_samples *out, pt_err *err)
{
    const size_t n = self->n_turns;
    *out = (row_samples){.clusters = calloc(n, sizeof *out->clusters),
                         .provers = calloc(n, sizeof *out->provers),
                         .seconds = calloc((n + 1) * n_partitions, sizeof *out->seconds),
                         .room = calloc(n, sizeof *out->room)};
    if (out->clusters == NULL || out->provers == NULL || out->seconds == NULL || out->room == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the figures of %zu turns", n);
    return PT_OK;
}

static void samples_clear(row_samples *self)
{
    free(self->clusters);
    free(self->provers);
    free(self->seconds);
    free(self->room);
}

static pt_status take_turns(const scale_bench *self, const scale_row *row, row_samples *samples, pt_err *err)
{
    scale_turn_order order = {.n_ranks = row->n_ranks,
                              .cores_per_rank = self->cores_per_rank,
                              .n_in_flight = self->n_in_flight,
                              .n_partitions = row->n_partitions};
    for (size_t i = 0; i < 2 * self->n_turns && err->code == PT_OK; i++) {
        const size_t t = i / 2;
        const bool together = i % 2 == t % 2; /* who begins changes */
        order.side = together ? SCALE_CLUSTER : SCALE_PROVERS;
        scale_turn_take(&self->site, &order, together ? &samples->clusters[t] : &samples->provers[t],
                        samples->seconds + (together ? t : self->n_turns) * row->n_partitions, err);
    }
    return err->code;
}

/* A figure of a turn, of both sides. */
typedef double turn_figure(const scale_turn *cluster, const scale_turn *provers);

static double rate(const scale_turn *cluster, const scale_turn *provers)
{
    (void)provers;
    return cluster->rate;
}

static double independent_rate(const scale_turn *cluster, const scale_turn *provers)
{
    (void)cluster;
    return provers->rate;
}

static double of_independent(const scale_turn *cluster, const scale_turn *provers)
{
    return provers->rate > 0 ? cluster->rate / provers->rate : 0;
}

static double communication(const scale_turn *cluster, const scale_turn *provers)
{
    (void)provers;
    return cluster->talking;
}

static double independent_communication(const scale_turn *cluster, const scale_turn *provers)
{
    (void)cluster;
    return provers->talking;
}

static double more_cpu(const scale_turn *cluster, const scale_turn *provers)
{
    return cluster->cpu_seconds > 0 ? 1 - provers->cpu_seconds / cluster->cpu_seconds : 0;
}

static double start_seconds(const scale_turn *cluster, const scale_turn *provers)
{
    (void)provers;
    return cluster->start_seconds;
}

static double independent_start_seconds(const scale_turn *cluster, const scale_turn *provers)
{
    (void)cluster;
    return provers->start_seconds;
}

/* Of the turns of which it is known. */
static scale_figure figure_of(const scale_bench *self, row_samples *samples, turn_figure *figure)
{
    size_t n = 0;
    for (size_t t = 0; t < self->n_turns; t++) {
        const double now = figure(&samples->clusters[t], &samples->provers[t]);
        if (!isnan(now))
            samples->room[n++] = now;
    }
    if (n == 0)
        return (scale_figure){NAN, NAN, NAN};
    quantile_sort(samples->room, n);
    return (scale_figure){quantile_of(samples->room, n, 0.5), samples->room[0], samples->room[n - 1]};
}

static void fill_row(const scale_bench *self, row_samples *samples, scale_row *row)
{
    const size_t n_seconds = self->n_turns * row->n_partitions;
    row->rate = figure_of(self, samples, rate);
    row->independent_rate = figure_of(self, samples, independent_rate);
    row->of_independent = figure_of(self, samples, of_independent);
    row->communication = figure_of(self, samples, communication);
    row->independent_communication = figure_of(self, samples, independent_communication);
    row->more_cpu = figure_of(self, samples, more_cpu);
    row->start_seconds = figure_of(self, samples, start_seconds);
    row->independent_start_seconds = figure_of(self, samples, independent_start_seconds);
    quantile_sort(samples->seconds, n_seconds);
    row->p50_seconds = quantile_of(samples->seconds, n_seconds, 0.5);
    row->p99_seconds = quantile_of(samples->seconds, n_seconds, 0.99);
}

static pt_status measure_row(scale_bench *self, bool strong, size_t n_ranks, pt_err *err)
{
    row_samples samples;
    scale_row *row = &self->rows[self->n_rows];
    const size_t most = self->ranks[self->n_ranks - 1];
    *row = (scale_row){.strong = strong, .n_ranks = n_ranks, .n_partitions = self->n_per_rank * (strong ? most : n_ranks)};
    if (samples_create(self, row->n_partitions, &samples, err) == PT_OK && take_turns(self, row, &samples, err) == PT_OK) {
        fill_row(self, &samples, row);
        self->n_rows++;
        self->n_proofs += 2 * self->n_turns * row->n_partitions;
        if (!self->options->quiet)
            cli_say("%s, %zu rank%s: %.3f proofs a second, %.1f %% of independent provers", strong ? "strong" : "weak",
                    n_ranks, n_ranks == 1 ? "" : "s", row->rate.median, 100 * row->of_independent.median);
    }
    samples_clear(&samples);
    return err->code;
}

static pt_status measure(scale_bench *self, pt_err *err)
{
    for (int kind = 0; kind < N_KINDS; kind++) {
        const bool strong = kind == 0;
        if (strong ? self->args->weak_alone : self->args->strong_alone)
            continue;
        for (size_t i = 0; i < self->n_ranks; i++)
            if (measure_row(self, strong, self->ranks[i], err) != PT_OK)
                return err->code;
    }
    return PT_OK;
}

/* ---- what is shown ---- */

static void write_csv(const void *report, FILE *out)
{
    scale_report_csv(report, out);
}

static void write_script(const void *report, FILE *out)
{
    scale_report_plot(report, out);
}

static pt_status show(const scale_bench *self, pt_err *err)
{
    char machine[160], date[16] = "";
    const time_t now = time(NULL);
    struct tm day;
    machine_processor_name(machine, sizeof machine);
    if (gmtime_r(&now, &day) != NULL)
        strftime(date, sizeof date, "%Y-%m-%d", &day);
    const scale_report report = {.machine = machine,
                                 .circuit = self->site.circuit,
                                 .launcher = self->site.launcher,
                                 .devices = &self->site.devices,
                                 .date = date,
                                 .n_processors = self->site.n_processors,
                                 .cores_per_rank = self->cores_per_rank,
                                 .n_turns = self->n_turns,
                                 .n_proofs = self->n_proofs,
                                 .rows = self->rows,
                                 .n = self->n_rows};
    if (self->options->json)
        cli_print_json(scale_report_json(&report), err);
    else
        scale_report_print(&report, stdout, err);
    if (err->code != PT_OK || report_file_write(self->args->csv, write_csv, &report, err) != PT_OK)
        return err->code;
    return report_file_draw(self->args->plot, write_script, &report, err);
}

static pt_status run(scale_bench *self, const resident_source *source, const atomic_bool *stop, pt_err *err)
{
    const scale_args *args = self->args;
    const scale_place place = {args->mpirun, args->device, args->dir, args->every_processor};
    if (scale_site_find(self->options, &place, stop, &self->site, err) != PT_OK || plan(self, err) != PT_OK ||
        scale_site_furnish(&self->site, self->options, &place, source, err) != PT_OK || measure(self, err) != PT_OK)
        return err->code;
    return show(self, err);
}

pt_status bench_scale(const cli *options, const scale_args *args, const resident_source *source, pt_err *err)
{
    interrupt *signals;
    const size_t n_turns = options->knobs.of[KNOB_REPEATS].value;
    scale_bench self = {.options = options, .args = args, .n_turns = n_turns != 0 ? n_turns : N_TURNS_DEFAULT};
    if (check_files(args, source, err) != PT_OK || interrupt_create(&signals, err) != PT_OK)
        return err->code;
    interrupt_hold(signals); /* what was started ends, and what was made goes, before this process does */
    run(&self, source, interrupt_flag(signals), err);
    scale_site_clear(&self.site);
    interrupt_release(signals);
    interrupt_destroy(signals);
    return err->code;
}
