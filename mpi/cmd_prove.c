/* SPDX-License-Identifier: Apache-2.0 */
/* partita prove: witnesses of one circuit become verified proofs; the key is read once. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mpi/cli.h"
#include "mpi/interrupt.h"
#include "mpi/partition.h"
#include "mpi/printable.h"
#include "mpi/progress.h"
#include "mpi/publish.h"
#include "mpi/run_plan.h"
#include "mpi/run_stats.h"
#include "mpi/run_timeline.h"
#include "mpi/workplace.h"
#include "node/topo/machine.h"

enum { OPT_OUT = 1, OPT_TIMELINE, OPT_PLAN }; /* no printable characters: there are no short forms */
enum { AHEAD = 64 };                          /* partitions that are handed to the engine before their turn to be written */

typedef struct {
    const char *out_dir;
    bool stats;
    bool plan;
    key_check check;
    const char *timeline_files[TIMELINE_FILES_MAX];
    size_t n_timeline_files;
} prove_args;

struct prove_run;

/* A partition as the engine has it. */
typedef struct {
    struct prove_run *run;
    size_t index;
    engine_job job;
    job_watch watch;
} proof_order;

/* One run: what all partitions share. */
typedef struct prove_run {
    const cli *options;
    const prove_args *args;
    const char *key_path;
    const char *new_dir; /* --out's, if it was not there */
    partition_list partitions;
    interrupt *interrupt;
    progress *progress;
    workplace place;
    engine *engine;
    key_copies keys;
    const proving_key *key; /* the first of these */
    memory_plan memory;
    uint64_t peak_before; /* memory, when it was planned */
    engine_key *resident;
    proof_order *orders;
    run_timeline *timeline; /* if it is asked for */
} prove_run;

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    prove_args *args = cli_own(state);
    switch (key) {
    case OPT_OUT:
        if (*arg == '\0')
            return cli_usage_error(state, "--out needs the name of a directory");
        args->out_dir = arg;
        return 0;
    case OPT_PLAN:
        args->plan = true;
        return 0;
    case OPT_TIMELINE:
        if (args->n_timeline_files == TIMELINE_FILES_MAX)
            return cli_usage_error(state, "--timeline may be given %d times", TIMELINE_FILES_MAX);
        args->timeline_files[args->n_timeline_files++] = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"out", OPT_OUT, "DIR", 0,
     "Prove every WITNESS and write DIR/NAME.proof.json and DIR/NAME.public.json, NAME the witness file's without .wtns; "
     "DIR is made if it is missing",
     0},
    {"timeline", OPT_TIMELINE, "FILE", 0,
     "Write what ran when: FILE.json, a trace for Perfetto, or FILE.svg, a picture; may be given again", 0},
    {"plan", OPT_PLAN, NULL, 0, "Show where the threads would run and what memory would be taken, and prove nothing", 0},
    {0},
};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "KEY WITNESS PROOF PUBLIC\nKEY WITNESS... --out DIR",
    .doc = "Prove that a witness satisfies a circuit. KEY is a snarkjs Groth16 .zkey or what `partita prepare` made of "
           "one, WITNESS a .wtns (a FIFO is as good). "
           "Every proof is verified before it is written; nothing is written for a witness that fails."
           "\v"
           "Examples:\n"
           "  partita prove circuit.zkey witness.wtns proof.json public.json\n"
           "  partita prove circuit.zkey witnesses/*.wtns --out proofs --stats\n"
           "  partita prove circuit.zkey <(make_witness) /dev/stdout public.json --quiet\n"
           "\n"
           "With several witnesses the others are still proven when one fails; the exit code is\n"
           "that of the first in order that failed.\n",
};

/* While nothing but key or witnesses is read, a signal ends the process at once: nobody else looks. */
static void allow_exit(prove_run *run)
{
    interrupt_allow_exit(run->interrupt, !engine_is_proving(run->engine));
}

/* A stage of a partition begins, on its driver. */
static void report_stage(void *ctx, stage s)
{
    const proof_order *order = ctx;
    progress_report(order->run->progress, order->index, order->run->partitions.items[order->index].name, s);
    allow_exit(order->run);
}

/* Can the outputs be in dir? One that is made for this question goes again: until there is a proof, nothing is left behind by
 * whatever ends the process. */
static pt_status check_dir(prove_run *run, const char *dir, pt_err *err)
{
    struct stat info;
    if (mkdir(dir, 0777) == 0) {
        run->new_dir = dir;
        partition_list_check(&run->partitions, run->key_path, err);
        rmdir(dir);
        return err->code;
    }
    if (errno != EEXIST)
        return pt_fail(err, PT_E_CREATE, "%s: can't make the directory: %s", dir, strerror(errno));
    if (stat(dir, &info) != 0 || !S_ISDIR(info.st_mode))
        return pt_fail(err, PT_E_CREATE, "%s: expected a directory for --out", dir);
    return partition_list_check(&run->partitions, run->key_path, err);
}

/* What will be written where; refused here if it could not be. */
static pt_status plan(prove_run *run, pt_err *err)
{
    char *const *operands = run->options->operands;
    size_t n = run->options->n_operands;
    run->key_path = operands[0];
    if (run->args->out_dir == NULL) {
        if (partition_list_single(operands[1], operands[2], operands[3], &run->partitions, err) == PT_OK)
            partition_list_check(&run->partitions, run->key_path, err);
    } else if (partition_list_in(run->args->out_dir, operands + 1, n - 1, &run->partitions, err) == PT_OK) {
        check_dir(run, run->args->out_dir, err);
    }
    return err->code;
}

static void warn_of_key(const prove_run *run)
{
    const proving_key *key = run->key;
    if (key->insecure)
        cli_say("WARNING: %s was made by `partita setup --insecure`: whoever made it can forge proofs", run->key_path);
    if (groth16_gamma_is_delta(&key->vkey))
        cli_say("WARNING: %s has gamma equal to delta (no phase 2 contribution): anyone can forge proofs", run->key_path);
}

static pt_status open_key(prove_run *run, pt_err *err)
{
    crew *threads = engine_crew(run->engine);
    const proving_key_options opening = {.features = run->options->features, .check = run->args->check};
    const workplace *place = &run->place;
    timeline_span span = run_timeline_begin(run->timeline, STAGE_KEY, TIMELINE_NO_PARTITION, threads);
    progress_report(run->progress, 0, run->key_path, STAGE_KEY);
    allow_exit(run);
    if (key_copies_open(run->key_path, opening, place->placed ? &place->where : NULL, &place->machine, threads, &run->keys,
                        err) != PT_OK)
        return err->code;
    run->key = run->keys.of[0];
    run->peak_before = machine_peak_memory();
    if (engine_plan(run->engine, run->key, run->partitions.n, &run->memory, err) != PT_OK)
        return err->code;
    if (!run->args->plan && engine_key_create(run->engine, run->key, &run->resident, err) != PT_OK)
        return err->code;
    for (size_t i = 1; i < run->keys.n && !run->args->plan; i++)
        engine_key_add_copy(run->resident, run->keys.of[i]);
    run_timeline_end(run->timeline, &span, threads);
    warn_of_key(run);
    return PT_OK;
}

static pt_status publish(prove_run *run, proof_order *order, partition *p, pt_err *err)
{
    double start = stage_begin(&order->watch, STAGE_WRITE);
    timeline_span span = run_timeline_begin(run->timeline, STAGE_WRITE, (uint32_t)order->index, NULL);
    pt_status status = publish_proof(&order->job.proof, order->job.public_inputs, run->key->n_public, p->proof_path,
                                     p->public_path, run->new_dir, run->interrupt, err);
    run_timeline_end(run->timeline, &span, NULL);
    p->seconds += clock_seconds() - start;
    return status;
}

/* Hand a partition to the engine; what it does not take is as good as begun: its error is told when its turn comes. */
static void submit(prove_run *run, size_t index)
{
    proof_order *order = &run->orders[index];
    partition *p = &run->partitions.items[index];
    order->run = run;
    order->index = index;
    order->watch = (job_watch){.report = report_stage, .ctx = order};
    order->job = (engine_job){.key = run->resident, .witness = {.path = p->witness}, .watch = &order->watch};
    p->begun = engine_submit(run->engine, &order->job, &p->err) != PT_OK;
}

/* The next partition in order is finished: publish it. A failure is told now. */
static void deliver(prove_run *run, size_t index)
{
    partition *p = &run->partitions.items[index];
    proof_order *order = &run->orders[index];
    if (p->err.code == PT_OK) {
        engine_next(run->engine);
        p->err = order->job.err;
        p->begun = order->job.begun;
        p->seconds = order->job.seconds;
    }
    if (p->err.code == PT_OK)
        publish(run, order, p, &p->err);
    if (p->err.code != PT_OK && p->begun)
        cli_say("%s", p->err.msg);
    engine_job_clear(&order->job);
    progress_done(run->progress, index);
    allow_exit(run);
}

/* Prove all, until a signal comes. Returns the code of the first in order that failed. */
static pt_status prove_all(prove_run *run)
{
    pt_status first = PT_OK;
    size_t n_submitted = 0, n_begun = 0, n = run->partitions.n;
    for (size_t i = 0; i < n; i++) {
        for (; n_submitted < n && n_submitted < i + AHEAD; n_submitted++)
            submit(run, n_submitted);
        deliver(run, i);
        n_begun += run->partitions.items[i].begun;
        first = first == PT_OK ? run->partitions.items[i].err.code : first;
    }
    if (n_begun < n)
        cli_say("interrupted: %zu of %zu partitions were not begun", n - n_begun, n);
    return first;
}

static json_t *partition_json(const partition *p)
{
    json_t *out = json_pack("{s:o, s:o, s:o, s:i, s:f}", "witness", printable_json(p->witness), "proof",
                            printable_json(p->proof_path), "public", printable_json(p->public_path), "status",
                            (int)p->err.code, "seconds", p->seconds);
    if (out == NULL || p->err.code == PT_OK || json_object_set_new(out, "error", printable_json(p->err.msg)) == 0)
        return out;
    json_decref(out);
    return NULL;
}

/* Of a run with --stats. */
static run_stats stats_of(const prove_run *run, double seconds)
{
    run_stats stats = {.seconds = seconds,
                       .n_threads = workplace_threads(&run->place, run->options),
                       .curve = run->key->curve,
                       .timeline = run_timeline_stats(run->timeline),
                       .n_lost = run_timeline_n_lost(run->timeline),
                       .planned = &run->memory,
                       .peak_before = run->peak_before,
                       .achieved = engine_figures_now(run->engine)};
    stats.key_pages = workplace_check_key(&run->place, &run->keys, &stats.key_huge_bytes);
    return stats;
}

/* stats: NULL without --stats */
static pt_status print_json(const prove_run *run, const run_stats *stats, pt_err *err)
{
    json_t *items = json_array();
    for (size_t i = 0; i < run->partitions.n; i++)
        if (json_array_append_new(items, partition_json(&run->partitions.items[i])) != 0)
            pt_fail(err, PT_E_NOMEM, "no memory for the result");
    json_t *out = json_pack("{s:s, s:o, s:s, s:b, s:o}", "command", "prove", "key", printable_json(run->key_path), "curve",
                            run->key->curve->name, "insecure_key", (int)run->key->insecure, "partitions", items);
    if (stats != NULL && json_object_set_new(out, "stats", run_stats_json(stats)) != 0)
        pt_fail(err, PT_E_NOMEM, "no memory for the result");
    return cli_print_json(out, err);
}

static pt_status show_result(const prove_run *run, double seconds, pt_err *err)
{
    run_stats stats;
    if (run->args->stats)
        stats = stats_of(run, seconds);
    if (run->options->json)
        return print_json(run, run->args->stats ? &stats : NULL, err);
    return run->args->stats ? run_stats_print(&stats, stderr, err) : PT_OK;
}

static pt_status show_plan(const prove_run *run, pt_err *err)
{
    const run_plan shown = {.place = &run->place, .memory = &run->memory, .key = run->key};
    if (!run->options->json)
        return run_plan_print(&shown, stdout, err);
    return cli_print_json(json_pack("{s:s, s:o, s:o}", "command", "prove", "key", printable_json(run->key_path), "plan",
                                    run_plan_json(&shown)),
                          err);
}

/* Pools, key, plan and timeline. */
static pt_status make_ready(prove_run *run, pt_err *err)
{
    const run_timeline_plan recorded = {.key = run->key_path,
                                        .partitions = &run->partitions,
                                        .files = run->args->timeline_files,
                                        .n_files = run->args->n_timeline_files};
    run->orders = calloc(run->partitions.n, sizeof *run->orders);
    if (run->orders == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %zu partitions", run->partitions.n);
    if (run->args->stats || recorded.n_files > 0)
        run_timeline_create(&recorded, &run->timeline, err);
    if (err->code != PT_OK || workplace_init(run->options, run->key_path, run->partitions.n, &run->place, err) != PT_OK)
        return err->code;
    engine_setup setup = workplace_setup(&run->place, run->options);
    setup.stop = interrupt_flag(run->interrupt);
    if (run->partitions.n == 1)
        setup.options.n_in_flight = 1;
    setup.timeline = run_timeline_recorder(run->timeline);
    if (engine_create(&setup, &run->engine, err) != PT_OK)
        return err->code;
    return open_key(run, err);
}

static pt_status prove(prove_run *run, pt_err *err)
{
    double start = clock_seconds();
    if (progress_create(run->partitions.n, run->options->quiet, &run->progress, err) != PT_OK ||
        make_ready(run, err) != PT_OK)
        return err->code;
    pt_status failed = run->args->plan ? PT_OK : prove_all(run);
    progress_destroy(run->progress);
    run->progress = NULL;
    if (run->args->plan)
        return show_plan(run, err);
    if (run_timeline_finish(run->timeline, workplace_threads(&run->place, run->options), run->interrupt, err) == PT_OK &&
        show_result(run, clock_seconds() - start, err) == PT_OK)
        err->code = failed; /* its message has been told */
    return err->code;
}

static void run_clear(prove_run *run)
{
    progress_destroy(run->progress);
    engine_destroy(run->engine);
    engine_key_destroy(run->resident);
    key_copies_close(&run->keys);
    workplace_clear(&run->place);
    run_timeline_destroy(run->timeline);
    free(run->orders);
    interrupt_destroy(run->interrupt);
    partition_list_clear(&run->partitions);
}

pt_status cmd_prove(cli *self, int argc, char **argv, pt_err *err)
{
    prove_args args = {0};
    if (cli_parse(self, &argp, argc, argv, &args, err) != PT_OK || self->answered)
        return err->code;
    args.check = (key_check)self->knobs.of[KNOB_CHECK].value;
    args.stats = self->knobs.of[KNOB_STATS].value != 0;
    bool many = args.out_dir != NULL;
    if (cli_check_operands(self, argv[0], many ? "KEY WITNESS... with --out DIR" : "KEY WITNESS PROOF PUBLIC", many ? 2 : 4,
                           many ? SIZE_MAX : 4, err) != PT_OK)
        return err->code;
    prove_run run = {.options = self, .args = &args};
    if (interrupt_create(&run.interrupt, err) == PT_OK && plan(&run, err) == PT_OK)
        prove(&run, err);
    run_clear(&run);
    return err->code;
}
