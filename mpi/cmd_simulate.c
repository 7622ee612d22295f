/* SPDX-License-Identifier: Apache-2.0 */
/* partita simulate: what a cluster would do with what was measured on a node. Coordinator and workers are those of `prove`, their frames and
 * proofs take the time that is given, and the clock is a number. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/cli.h"
#include "mpi/report_file.h"
#include "mpi/simulate_report.h"

enum {
    OPT_PARTITION = 0x200,
    OPT_SPREAD,
    OPT_SPEEDS,
    OPT_PARTITIONS,
    OPT_PER_RANK,
    OPT_NODES,
    OPT_IN_FLIGHT,
    OPT_KEY,
    OPT_FRAME,
    OPT_JUDGE,
    OPT_COMMIT,
    OPT_SEED,
    OPT_CSV,
    OPT_PLOT
};
enum {
    N_ROWS_MAX = 64,
    NODES_MAX = 65536,
    PARTITIONS_MAX = 1 << 24,
    IN_FLIGHT_MAX = 1024,
    N_AHEAD = 2,
    PER_RANK_DEFAULT = 20
};

static const double seconds_max = 1e6, patience = 1000; /* patience: so many times what it would take one after the other */

typedef struct {
    simulator_setup setup;           /* but for the next four */
    size_t n_partitions, n_per_rank; /* 0: not given */
    size_t n_in_flight, seed;
    size_t nodes[N_ROWS_MAX];
    size_t n_nodes;
    const char *csv, *plot;
} simulate_args;

/* ---- options ---- */

static bool read_number(const char *text, double min, double max, double *out)
{
    char *end;
    const bool begins = *text >= '0' && *text <= '9';
    *out = strtod(text, &end);
    return begins && *end == '\0' && *out >= min && *out <= max;
}

static error_t parse_number(const char *name, const char *text, double max, double scale, double *out,
                            struct argp_state *state)
{
    if (!read_number(text, 0, max / scale, out))
        return cli_usage_error(state, "--%s takes a number from 0 to %g, not %s", name, max / scale, text);
    *out *= scale;
    return 0;
}

static error_t parse_count(const char *name, const char *text, size_t min, size_t max, size_t *out,
                           struct argp_state *state)
{
    return cli_read_count(text, min, max, out)
               ? 0
               : cli_usage_error(state, "--%s takes a number from %zu to %zu, not %s", name, min, max, text);
}

static bool add_nodes(simulate_args *args, size_t n)
{
    if (args->n_nodes == N_ROWS_MAX || (args->n_nodes > 0 && n <= args->nodes[args->n_nodes - 1]))
        return false;
    args->nodes[args->n_nodes++] = n;
    return true;
}

/* "A,B,...": B's multiple of A, again and again, below the next number. */
static bool add_between(simulate_args *args, size_t end)
{
    const size_t n = args->n_nodes;
    const size_t factor = n < 2 ? 0 : args->nodes[n - 1] / args->nodes[n - 2];
    if (factor < 2)
        return false;
    for (size_t at = args->nodes[n - 1] * factor; at < end; at *= factor)
        if (!add_nodes(args, at))
            return false;
    return true;
}

static bool read_nodes(simulate_args *args, const char *text)
{
    bool between = false;
    args->n_nodes = 0;
    for (const char *at = text; at != NULL; at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL) {
        char word[16];
        size_t n;
        snprintf(word, sizeof word, "%.*s", (int)strcspn(at, ","), at);
        if (!between && strcmp(word, "...") == 0) {
            between = true;
            continue;
        }
        if (strcspn(at, ",") >= sizeof word || !cli_read_count(word, 1, NODES_MAX, &n) ||
            (between && !add_between(args, n)) || !add_nodes(args, n))
            return false;
        between = false;
    }
    return !between;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    simulate_args *args = cli_own(state);
    simulator_setup *s = &args->setup;
    switch (key) {
    case OPT_PARTITION:
        return read_number(arg, 1e-6, seconds_max, &s->partition_s)
                   ? 0
                   : cli_usage_error(state, "--partition-seconds takes a number above 0, such as 1.5, not %s", arg);
    case OPT_SPREAD:
        return parse_number("spread", arg, 0.99, 1, &s->spread, state);
    case OPT_SPEEDS:
        return parse_number("speed-spread", arg, 0.99, 1, &s->speed_spread, state);
    case OPT_KEY:
        return parse_number("key-seconds", arg, seconds_max, 1, &s->key_s, state);
    case OPT_FRAME:
        return parse_number("frame-ms", arg, 1, 1e-3, &s->frame_s, state);
    case OPT_JUDGE:
        return parse_number("judge-ms", arg, 1, 1e-3, &s->judge_s, state);
    case OPT_COMMIT:
        return parse_number("commit-ms", arg, 1, 1e-3, &s->commit_s, state);
    case OPT_PARTITIONS:
        return parse_count("partitions", arg, 1, PARTITIONS_MAX, &args->n_partitions, state);
    case OPT_PER_RANK:
        return parse_count("per-rank", arg, 1, PARTITIONS_MAX, &args->n_per_rank, state);
    case OPT_IN_FLIGHT:
        return parse_count("in-flight", arg, 1, IN_FLIGHT_MAX, &args->n_in_flight, state);
    case OPT_SEED:
        return parse_count("seed", arg, 0, SIZE_MAX, &args->seed, state);
    case OPT_NODES:
        return read_nodes(args, arg) ? 0
                                     : cli_usage_error(state,
                                                       "--nodes takes numbers that grow, from 1 to %d, such as 1,2,4 or "
                                                       "1,2,...,4096, not %s",
                                                       NODES_MAX, arg);
    case OPT_CSV:
        args->csv = arg;
        return 0;
    case OPT_PLOT:
        args->plot = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"partition-seconds", OPT_PARTITION, "S", 0,
     "Mean time of a partition on a node, with as many in flight as there will be", 0},
    {"in-flight", OPT_IN_FLIGHT, "N", 0, "Partitions under way at once on a node (default: 1)", 0},
    {"spread", OPT_SPREAD, "PART", 0, "A partition takes up to so much more or less, as a part of 1 (default: 0)", 0},
    {"speed-spread", OPT_SPEEDS, "PART", 0, "Nodes are up to so much faster or slower (default: 0)", 0},
    {"per-rank", OPT_PER_RANK, "N", 0, "Partitions for each node (default: 20)", 0},
    {"partitions", OPT_PARTITIONS, "N", 0, "Partitions in all, whatever the number of nodes", 0},
    {"nodes", OPT_NODES, "LIST", 0, "Numbers of nodes (default: 1,2,4,...,4096)", 0},
    {"key-seconds", OPT_KEY, "S", 0, "Time to open the key (default: 0)", 0},
    {"frame-ms", OPT_FRAME, "MS", 0, "A frame's way to another node (default: 0.1)", 0},
    {"judge-ms", OPT_JUDGE, "MS", 0, "The root's check of a proof, in a batch (default: 0.5)", 0},
    {"commit-ms", OPT_COMMIT, "MS", 0, "The journal's commit (default: 5)", 0},
    {"seed", OPT_SEED, "N", 0, "Seed of all that is random (default: 1)", 0},
    {"csv", OPT_CSV, "FILE", 0, "Write the figures to FILE as well", 0},
    {"plot", OPT_PLOT, "FILE", 0, "Draw them, an SVG, with gnuplot", 0},
    {0},
};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .doc = "Predict how long a cluster takes, and what part of its time is of use, from what was measured on one node "
           "(prove --stats, bench verify). The coordinator and the workers are those of prove; only proofs, frames and "
           "commits are simulated. Of the nodes the first is the root as well."
           "\v"
           "Examples:\n"
           "  partita simulate --partition-seconds 1.4\n"
           "  partita simulate --partition-seconds 38 --in-flight 3 --spread 0.1 --speed-spread 0.3\n"
           "  partita simulate --partition-seconds 1.4 --partitions 9999 --nodes 1,2,...,64 --plot scale.svg\n",
};

/* ---- before ---- */

static pt_status check_args(const simulate_args *args, pt_err *err)
{
    if (args->setup.partition_s == 0)
        return pt_fail(err, PT_E_ARG, "simulate needs --partition-seconds S (see partita simulate --help)");
    if (args->n_partitions != 0 && args->n_per_rank != 0)
        return pt_fail(err, PT_E_ARG, "simulate takes --partitions or --per-rank, not both");
    if (args->n_partitions == 0 && args->n_per_rank * args->nodes[args->n_nodes - 1] > PARTITIONS_MAX)
        return pt_fail(err, PT_E_ARG, "%zu partitions for each of %zu nodes are more than %d", args->n_per_rank,
                       args->nodes[args->n_nodes - 1], PARTITIONS_MAX);
    return report_file_check(args->csv, args->plot, NULL, 0, err);
}

/* ---- files ---- */

static void write_csv(const void *report, FILE *out)
{
    simulate_report_csv(report, out);
}

static void write_script(const void *report, FILE *out)
{
    simulate_report_plot(report, out);
}

/* ---- running ---- */

static simulator_setup setup_of(const simulate_args *args, size_t n_nodes)
{
    simulator_setup s = args->setup;
    const size_t n = args->n_partitions != 0 ? args->n_partitions : args->n_per_rank * n_nodes;
    s.n_ranks = (uint32_t)n_nodes;
    s.n_partitions = (uint32_t)n;
    s.n_in_flight = (uint32_t)args->n_in_flight;
    s.n_ahead = N_AHEAD;
    s.seed = args->seed;
    s.give_up_s = patience * ((double)n * (s.partition_s + s.judge_s + s.commit_s) + s.key_s + 1);
    return s;
}

static pt_status run_all(const cli *self, const simulate_args *args, simulate_row *rows, pt_err *err)
{
    for (size_t i = 0; i < args->n_nodes; i++) {
        rows[i].setup = setup_of(args, args->nodes[i]);
        if (simulator_run(&rows[i].setup, &rows[i].result, err) != PT_OK)
            return err->code;
        if (!self->quiet)
            cli_say("%zu of %zu numbers of nodes are done", i + 1, args->n_nodes);
    }
    return PT_OK;
}

static pt_status show(const cli *self, const simulate_args *args, const simulate_report *report, pt_err *err)
{
    const simulator_setup *s = &args->setup;
    if (!self->json)
        return simulate_report_print(report, stdout, err);
    return cli_print_json(json_pack("{s:s, s:f, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:I, s:o}", "command", "simulate",
                                    "partition_seconds", s->partition_s, "in_flight", (json_int_t)args->n_in_flight,
                                    "spread", s->spread, "speed_spread", s->speed_spread, "key_seconds", s->key_s,
                                    "frame_seconds", s->frame_s, "judge_seconds", s->judge_s, "commit_seconds", s->commit_s,
                                    "seed", (json_int_t)args->seed, "rows", simulate_report_json(report)),
                          err);
}

pt_status cmd_simulate(cli *self, int argc, char **argv, pt_err *err)
{
    simulate_args args = {.setup = {.frame_s = 1e-4, .judge_s = 5e-4, .commit_s = 5e-3}, .n_in_flight = 1, .seed = 1};
    simulate_row rows[N_ROWS_MAX];
    read_nodes(&args, "1,2,4,...,4096");
    if (cli_parse(self, &argp, argc, argv, &args, err) != PT_OK || self->answered ||
        cli_check_operands(self, argv[0], "no operands", 0, 0, err) != PT_OK || check_args(&args, err) != PT_OK)
        return err->code;
    if (args.n_per_rank == 0)
        args.n_per_rank = PER_RANK_DEFAULT;
    const simulate_report report = {rows, args.n_nodes};
    if (run_all(self, &args, rows, err) != PT_OK || show(self, &args, &report, err) != PT_OK ||
        report_file_write(args.csv, write_csv, &report, err) != PT_OK)
        return err->code;
    return report_file_draw(args.plot, write_script, &report, err);
}
