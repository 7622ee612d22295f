/* SPDX-License-Identifier: Apache-2.0 */
/* partita prepare: a zkey is checked once, in full, and written as arrays that prove uses as they lie. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/cli.h"
#include "mpi/interrupt.h"
#include "mpi/printable.h"
#include "mpi/publish.h"
#include "node/format/output_file.h"
#include "node/format/prepared_layout.h"
#include "node/format/prepared_write.h"
#include "node/pipeline/stage.h"

typedef struct {
    const char *out;
} prepare_args;

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    prepare_args *args = cli_own(state);
    if (key != 'o')
        return ARGP_ERR_UNKNOWN;
    args->out = arg;
    return 0;
}

static const struct argp_option options[] = {
    {"out", 'o', "FILE", 0, "Write FILE (default: KEY without .zkey, with .ptkey)", 0},
    {0},
};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "KEY [-o FILE]",
    .doc = "Turn a .zkey into a prepared key, which `prove` takes in its place and opens in milliseconds. Every point is "
           "checked for its curve and its subgroup, once; coefficients are sorted by row; all of it has checksums, which "
           "`prove` compares before it uses a part. An older FILE of the same kind is replaced."
           "\v"
           "Examples:\n"
           "  partita prepare circuit.zkey\n"
           "  partita prove circuit.ptkey witness.wtns proof.json public.json\n"
           "  partita inspect circuit.ptkey --check full\n",
};

/* owns: the caller's to free() */
static char *output_path(const char *key, const char *out)
{
    static const char from[] = ".zkey", to[] = ".ptkey";
    if (out != NULL)
        return strdup(out);
    size_t len = strlen(key),
           kept = len > strlen(from) && strcmp(key + len - strlen(from), from) == 0 ? len - strlen(from) : len;
    char *path = malloc(kept + sizeof to);
    if (path != NULL) {
        memcpy(path, key, kept);
        memcpy(path + kept, to, sizeof to);
    }
    return path;
}

static pt_status check_output(const char *key, const char *out, pt_err *err)
{
    input_set inputs;
    if (input_set_init(&key, 1, &inputs, err) != PT_OK)
        return err->code;
    output_file_check_remade(out, PREPARED_MAGIC, &inputs, err);
    input_set_clear(&inputs);
    return err->code;
}

static pt_status write_key(const proving_key *key, const char *path, crew *threads, interrupt *signals, pt_err *err)
{
    output_file *file;
    /* The flag is read between chunks: a signal must not leave half a key. */
    if (publish_open(path, signals, &file, err) != PT_OK)
        return err->code;
    if (prepared_write(key, threads, interrupt_flag(signals), output_file_stream(file), path, err) == PT_OK)
        output_file_commit(file, err);
    else
        output_file_abandon(file);
    interrupt_release(signals);
    return err->code;
}

static pt_status show_result(const cli *self, const proving_key *key, const char *path, double seconds, pt_err *err)
{
    if (self->json)
        return cli_print_json(json_pack("{s:s, s:o, s:o, s:s, s:i, s:I, s:f}", "command", "prepare", "key",
                                        printable_json(key->path), "prepared_key", printable_json(path), "curve",
                                        key->curve->name, "log_domain", (int)key->log_domain, "n_threads",
                                        (json_int_t)self->n_threads, "seconds", seconds),
                              err);
    if (!self->quiet)
        cli_say("%s: %s, %u signals, domain 2^%u, every point checked, %.2f s", path, key->curve->name, key->n_vars,
                key->log_domain, seconds);
    return PT_OK;
}

static pt_status prepare(const cli *self, const char *out, interrupt *signals, pt_err *err)
{
    crew *threads;
    proving_key *key;
    if (crew_create(self->n_threads, &threads, err) != PT_OK)
        return err->code;
    const double start = clock_seconds();
    const proving_key_options opening = {.features = self->features, .check = KEY_CHECK_FULL};
    if (proving_key_open(self->operands[0], opening, threads, &key, err) == PT_OK) {
        interrupt_allow_exit(signals, false);
        if (write_key(key, out, threads, signals, err) == PT_OK)
            show_result(self, key, out, clock_seconds() - start, err);
        proving_key_close(key);
    }
    crew_destroy(threads);
    return err->code;
}

pt_status cmd_prepare(cli *self, int argc, char **argv, pt_err *err)
{
    prepare_args args = {0};
    interrupt *signals;
    if (cli_parse(self, &argp, argc, argv, &args, err) != PT_OK || self->answered ||
        cli_check_operands(self, argv[0], "KEY [-o FILE]", 1, 1, err) != PT_OK)
        return err->code;
    char *out = output_path(self->operands[0], args.out);
    if (out == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for the output's name", self->operands[0]);
    if (check_output(self->operands[0], out, err) == PT_OK && interrupt_create(&signals, err) == PT_OK) {
        interrupt_allow_exit(signals, true); /* while the key is read there is nothing to clean up */
        prepare(self, out, signals, err);
        interrupt_destroy(signals);
    }
    free(out);
    return err->code;
}
