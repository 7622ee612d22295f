/* SPDX-License-Identifier: Apache-2.0 */
/* partita setup: a key for tests and benchmarks, whose waste is known to whoever runs it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/cli.h"
#include "mpi/interrupt.h"
#include "mpi/printable.h"
#include "mpi/publish.h"
#include "node/format/output_file.h"
#include "node/format/vkey_json.h"
#include "node/pipeline/stage.h"
#include "node/setup/setup.h"

enum { OPT_INSECURE = 0x200, OPT_VKEY };

typedef struct {
    bool insecure;
    const char *key, *vkey;
} setup_args;

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    setup_args *args = cli_own(state);
    switch (key) {
    case OPT_INSECURE:
        args->insecure = true;
        return 0;
    case 'o':
        args->key = arg;
        return 0;
    case OPT_VKEY:
        args->vkey = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"insecure", OPT_INSECURE, NULL, 0, "Required: says that you know what such a key is worth", 0},
    {"out", 'o', "KEY", 0, "Write the proving key (.zkey) to KEY", 0},
    {"vkey", OPT_VKEY, "VKEY", 0, "Write the verifying key (verification_key.json) to VKEY", 0},
    {0},
};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "--insecure R1CS -o KEY [--vkey VKEY]",
    .doc = "Make a Groth16 key of a circuit for tests and benchmarks, in seconds. Whoever runs this could keep the secrets "
           "and forge proofs, so the key is worth nothing beyond tests: `partita prove` warns of it. For keys of value run "
           "a ceremony of several parties, as snarkjs does. snarkjs and rapidsnark read the key as well."
           "\v"
           "Examples:\n"
           "  partita setup --insecure circuit.r1cs -o circuit.zkey --vkey verification_key.json\n",
};

static pt_status check_outputs(const char *circuit, const setup_args *args, pt_err *err)
{
    input_set inputs;
    if (args->vkey != NULL && output_file_same(args->key, args->vkey))
        return pt_fail(err, PT_E_ARG, "%s: can't be both the proving and the verifying key", args->key);
    if (input_set_init(&circuit, 1, &inputs, err) != PT_OK)
        return err->code;
    if (output_file_check(args->key, &inputs, err) == PT_OK && args->vkey != NULL)
        output_file_check(args->vkey, &inputs, err);
    input_set_clear(&inputs);
    return err->code;
}

/* Refuse before the work what could not be written after it. */
static pt_status check_args(const cli *self, const setup_args *args, pt_err *err)
{
    if (!args->insecure)
        return pt_fail(err, PT_E_ARG,
                       "setup makes insecure keys alone: whoever runs it can forge proofs; say --insecure for a "
                       "key for tests, or run a ceremony (snarkjs) for one of value");
    if (args->key == NULL)
        return pt_fail(err, PT_E_ARG, "setup needs -o KEY, the key to write (see partita setup --help)");
    return check_outputs(self->operands[0], args, err);
}

/* Open path and fill it up to the kernel. */
static pt_status fill_vkey(const char *path, const groth16_vkey *vkey, output_file **file, pt_err *err)
{
    char *text;
    size_t len_bytes;
    if (vkey_json_text(vkey, &text, &len_bytes, err) != PT_OK)
        return err->code;
    if (output_file_open(path, file, err) == PT_OK &&
        (fwrite(text, 1, len_bytes, output_file_stream(*file)) != len_bytes || fflush(output_file_stream(*file)) != 0))
        pt_fail(err, PT_E_IO, "%s: write failed: %s", path, strerror(errno));
    free(text);
    return err->code;
}

/* The verifying key is named first: a proving key that is there has its verifying key. Frees key. */
static pt_status write_keys(const setup_args *args, const setup_job *job, output_file *key, pt_err *err)
{
    output_file *vkey = NULL;
    if (setup_insecure(job, err) == PT_OK && fflush(job->zkey) != 0)
        pt_fail(err, PT_E_IO, "%s: write failed: %s", args->key, strerror(errno));
    if (err->code == PT_OK && args->vkey != NULL)
        fill_vkey(args->vkey, job->vkey, &vkey, err);
    if (err->code == PT_OK)
        return vkey == NULL ? output_file_commit(key, err) : output_file_commit_all((output_file *[]){vkey, key}, 2, err);
    output_file_abandon(vkey);
    output_file_abandon(key);
    return err->code;
}

static pt_status make_keys(const setup_args *args, const char *circuit_path, const r1cs *circuit, crew *threads,
                           interrupt *signals, pt_err *err)
{
    output_file *file;
    groth16_vkey vkey = {0};
    /* The set-up reads the flag between chunks of points: a second signal must not leave half a key. */
    if (publish_open(args->key, signals, &file, err) != PT_OK)
        return err->code;
    cli_say("WARNING: %s will be INSECURE, for tests and benchmarks alone: whoever runs this set-up can forge proofs",
            args->key);
    const setup_job job = {.circuit = circuit,
                           .circuit_path = circuit_path,
                           .crew = threads,
                           .zkey = output_file_stream(file),
                           .vkey = &vkey,
                           .cancel = interrupt_flag(signals)};
    write_keys(args, &job, file, err);
    interrupt_release(signals);
    groth16_vkey_clear(&vkey);
    return err->code;
}

static pt_status show_result(const cli *self, const setup_args *args, const r1cs *circuit, double seconds, pt_err *err)
{
    const unsigned log_domain = setup_log_domain(circuit);
    if (self->json)
        return cli_print_json(json_pack("{s:s, s:b, s:o, s:s, s:i, s:I, s:f}", "command", "setup", "insecure", 1, "key",
                                        printable_json(args->key), "curve", circuit->curve->name, "log_domain",
                                        (int)log_domain, "n_threads", (json_int_t)self->n_threads, "seconds", seconds),
                              err);
    if (!self->quiet)
        cli_say("%s: %s, %u constraints, domain 2^%u, %.2f s", args->key, circuit->curve->name, circuit->n_constraints,
                log_domain, seconds);
    return PT_OK;
}

static pt_status set_up(const cli *self, const setup_args *args, interrupt *signals, pt_err *err)
{
    crew *threads;
    r1cs *circuit;
    const char *path = self->operands[0];
    if (crew_create(self->n_threads, &threads, err) != PT_OK)
        return err->code;
    double start = clock_seconds();
    if (r1cs_open(path, self->features, &circuit, err) == PT_OK) {
        interrupt_allow_exit(signals, false);
        if (make_keys(args, path, circuit, threads, signals, err) == PT_OK)
            show_result(self, args, circuit, clock_seconds() - start, err);
        r1cs_close(circuit);
    }
    crew_destroy(threads);
    return err->code;
}

pt_status cmd_setup(cli *self, int argc, char **argv, pt_err *err)
{
    setup_args args = {0};
    interrupt *signals;
    if (cli_parse(self, &argp, argc, argv, &args, err) != PT_OK || self->answered ||
        cli_check_operands(self, argv[0], "--insecure R1CS -o KEY", 1, 1, err) != PT_OK ||
        check_args(self, &args, err) != PT_OK || interrupt_create(&signals, err) != PT_OK)
        return err->code;
    interrupt_allow_exit(signals, true); /* while the circuit is read there is nothing to clean up */
    set_up(self, &args, signals, err);
    interrupt_destroy(signals);
    return err->code;
}
