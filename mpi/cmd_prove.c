/* SPDX-License-Identifier: Apache-2.0 */
/* partita prove: witnesses of one circuit become verified proofs; the key is read once. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mpi/cli.h"
#include "mpi/interrupt.h"
#include "mpi/partition.h"
#include "mpi/printable.h"
#include "mpi/progress.h"
#include "mpi/publish.h"
#include "mpi/run_stats.h"
#include "node/groth16/prover.h"

enum { OPT_OUT = 1, OPT_STATS, OPT_CHECK }; /* no printable characters: there are no short forms */

typedef struct {
    const char *out_dir;
    bool stats;
    key_check check;
} prove_args;

/* One run: what all partitions share. */
typedef struct {
    const cli *options;
    const prove_args *args;
    const char *key_path;
    const char *new_dir; /* --out's, if it was not there */
    partition_list partitions;
    interrupt *interrupt;
    progress *progress;
    crew *crew;
    proving_key *key;
    stage_times times;
    job_watch watch;
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
    case OPT_STATS:
        args->stats = true;
        return 0;
    case OPT_CHECK:
        if (!cli_read_check(arg, &args->check))
            return cli_usage_error(state, "--check is full, quick or none, not %s", arg);
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
    {"check", OPT_CHECK, "WHAT", 0,
     "What KEY's points are checked for: quick (on the curve; the default), full (and in the subgroup) or none", 0},
    {"stats", OPT_STATS, NULL, 0, "Show the time of each stage and the peak memory at the end", 0},
    {0},
};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "KEY WITNESS PROOF PUBLIC\nKEY WITNESS... --out DIR",
    .doc = "Prove that a witness satisfies a circuit. KEY is a snarkjs Groth16 .zkey, WITNESS a .wtns (a FIFO is as good). "
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

/* A stage begins. While key or witness are read, nobody looks at the cancel flag. */
static void report_stage(void *ctx, stage s)
{
    prove_run *run = ctx;
    progress_report(run->progress, s);
    interrupt_allow_exit(run->interrupt, s == STAGE_KEY || s == STAGE_WITNESS);
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
    double start = stage_begin(&run->watch, STAGE_KEY);
    const proving_key_options opening = {.features = run->options->features, .check = run->args->check};
    if (proving_key_open(run->key_path, opening, run->crew, &run->key, err) != PT_OK)
        return err->code;
    stage_end(&run->watch, STAGE_KEY, start);
    warn_of_key(run);
    return PT_OK;
}

static pt_status publish(prove_run *run, const partition *p, const wtns *witness, const groth16_proof *proof, pt_err *err)
{
    double start = stage_begin(&run->watch, STAGE_WRITE);
    pt_status status = publish_proof(proof, witness->values + run->key->curve->fr_bytes, run->key->n_public, p->proof_path,
                                     p->public_path, run->new_dir, run->interrupt, err);
    stage_end(&run->watch, STAGE_WRITE, start);
    return status;
}

static pt_status prove_partition(prove_run *run, const partition *p, pt_err *err)
{
    wtns witness;
    groth16_proof proof;
    double start = stage_begin(&run->watch, STAGE_WITNESS);
    if (wtns_read(p->witness, run->options->features, run->key->n_vars, &witness, err) != PT_OK)
        return err->code;
    stage_end(&run->watch, STAGE_WITNESS, start);
    const groth16_job job = {
        .key = run->key, .witness = &witness, .witness_path = p->witness, .crew = run->crew, .watch = &run->watch};
    if (groth16_prove(&job, &proof, err) == PT_OK)
        publish(run, p, &witness, &proof, err);
    wtns_clear(&witness);
    return err->code;
}

/* Prove one; a failure is told when it happens. */
static void attempt(prove_run *run, size_t index)
{
    partition *p = &run->partitions.items[index];
    double start = clock_seconds();
    progress_partition(run->progress, index, p->name);
    prove_partition(run, p, &p->err);
    p->seconds = clock_seconds() - start;
    if (p->err.code != PT_OK)
        cli_say("%s", p->err.msg);
}

/* Prove all, until a signal comes. Returns the code of the first in order that failed. */
static pt_status prove_all(prove_run *run)
{
    pt_status first = PT_OK;
    size_t n_begun = 0;
    for (size_t i = 0; i < run->partitions.n; i++) {
        partition *p = &run->partitions.items[i];
        if (atomic_load(interrupt_flag(run->interrupt)))
            pt_fail(&p->err, PT_E_NOMEM, "%s: interrupted before it was begun", p->witness);
        else {
            attempt(run, i);
            n_begun++;
        }
        first = first == PT_OK ? p->err.code : first;
    }
    if (n_begun < run->partitions.n)
        cli_say("interrupted: %zu of %zu partitions were not begun", run->partitions.n - n_begun, run->partitions.n);
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

static pt_status print_json(const prove_run *run, const run_stats *stats, pt_err *err)
{
    json_t *items = json_array();
    for (size_t i = 0; i < run->partitions.n; i++)
        if (json_array_append_new(items, partition_json(&run->partitions.items[i])) != 0)
            pt_fail(err, PT_E_NOMEM, "no memory for the result");
    json_t *out = json_pack("{s:s, s:o, s:s, s:b, s:o}", "command", "prove", "key", printable_json(run->key_path), "curve",
                            run->key->curve->name, "insecure_key", (int)run->key->insecure, "partitions", items);
    if (run->args->stats && json_object_set_new(out, "stats", run_stats_json(stats)) != 0)
        pt_fail(err, PT_E_NOMEM, "no memory for the result");
    return cli_print_json(out, err);
}

static pt_status show_result(const prove_run *run, double seconds, pt_err *err)
{
    const run_stats stats = {
        .times = &run->times, .seconds = seconds, .n_threads = run->options->n_threads, .curve = run->key->curve};
    if (run->options->json)
        return print_json(run, &stats, err);
    return run->args->stats ? run_stats_print(&stats, stderr, err) : PT_OK;
}

static pt_status prove(prove_run *run, pt_err *err)
{
    double start = clock_seconds();
    if (progress_create(run->partitions.n, run->options->quiet, &run->progress, err) != PT_OK ||
        crew_create(run->options->n_threads, &run->crew, err) != PT_OK)
        return err->code;
    run->watch =
        (job_watch){.report = report_stage, .ctx = run, .cancel = interrupt_flag(run->interrupt), .times = &run->times};
    progress_partition(run->progress, 0, run->key_path);
    if (open_key(run, err) != PT_OK)
        return err->code;
    pt_status failed = prove_all(run);
    progress_destroy(run->progress);
    run->progress = NULL;
    if (show_result(run, clock_seconds() - start, err) == PT_OK)
        err->code = failed; /* its message has been told */
    return err->code;
}

static void run_clear(prove_run *run)
{
    progress_destroy(run->progress);
    proving_key_close(run->key);
    crew_destroy(run->crew);
    interrupt_destroy(run->interrupt);
    partition_list_clear(&run->partitions);
}

pt_status cmd_prove(cli *self, int argc, char **argv, pt_err *err)
{
    prove_args args = {0};
    if (cli_parse(self, &argp, argc, argv, &args, err) != PT_OK || self->answered)
        return err->code;
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
