/* SPDX-License-Identifier: Apache-2.0 */
/* partita verify: is a proof right for its public inputs and verifying key? */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "mpi/bundle.h"
#include "mpi/cli.h"
#include "mpi/printable.h"
#include "mpi/verify_bundle.h"
#include "mpi/verify_dir.h"
#include "node/format/proof_json.h"
#include "node/format/vkey_json.h"

enum { OPT_DIR = 1, OPT_BUNDLE }; /* no printable character: there is no short form */

/* The command's own options. */
typedef struct {
    const char *dir, *bundle;
} verify_options;

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    verify_options *own = cli_own(state);
    switch (key) {
    case OPT_DIR:
        own->dir = arg;
        return *arg == '\0' ? cli_usage_error(state, "--dir needs the name of a directory") : 0;
    case OPT_BUNDLE:
        own->bundle = arg;
        return *arg == '\0' ? cli_usage_error(state, "--bundle needs the name of a file") : 0;
    case ARGP_KEY_END:
        return own->dir != NULL && own->bundle != NULL ? cli_usage_error(state, "--dir and --bundle: expected one of them")
                                                       : 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"dir", OPT_DIR, "DIR", 0, "Verify every DIR/NAME.proof.json with its DIR/NAME.public.json, all in one batch", 0},
    {"bundle", OPT_BUNDLE, "FILE", 0,
     "Verify every proof of a bundle, each with the VKEY whose hash it names; in batches of one key", 0},
    {0},
};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "VKEY PUBLIC PROOF\nVKEY --dir DIR\n--bundle FILE VKEY...",
    .doc =
        "Verify Groth16 proofs: VKEY is verification_key.json, PUBLIC public.json and PROOF proof.json, as snarkjs writes "
        "them and in the order that snarkjs takes them."
        "\v"
        "Examples:\n"
        "  partita verify verification_key.json public.json proof.json\n"
        "  partita verify verification_key.json --dir proofs\n"
        "  partita verify --bundle proofs.ptbd a_vkey.json b_vkey.json\n"
        "\n"
        "Exit code 0 means that the proof is valid, 76 that it is not. With --dir and --bundle every bad\n"
        "proof is named, and the exit code is that of the first of them: by name, or in the bundle's order.\n",
};

typedef struct {
    groth16_vkey vkey;
    groth16_proof proof;
    uint8_t *public_inputs;
    size_t n_public;
} statement;

/* The points of a key's IC, one a public input, take most of the time: the crew shares their checks. */
static pt_status read_vkey(const cli *self, const char *path, groth16_vkey *out, pt_err *err)
{
    crew *threads;
    if (crew_create(self->n_threads, &threads, err) != PT_OK)
        return err->code;
    pt_status status = vkey_json_read(path, self->features, threads, out, err);
    crew_destroy(threads);
    if (status == PT_OK && groth16_gamma_is_delta(out))
        cli_say("WARNING: %s has gamma equal to delta: anyone can forge proofs for it", path);
    return status;
}

static pt_status read_statement(const cli *self, statement *out, pt_err *err)
{
    if (read_vkey(self, self->operands[0], &out->vkey, err) != PT_OK ||
        public_json_read(self->operands[1], out->vkey.curve, &out->public_inputs, &out->n_public, err) != PT_OK)
        return err->code;
    if (out->n_public != out->vkey.n_public)
        return pt_fail(err, PT_E_FORMAT, "%s: %zu public inputs, but the verifying key has %u", self->operands[1],
                       out->n_public, out->vkey.n_public);
    return proof_json_read(self->operands[2], self->features, &out->proof, err);
}

static pt_status print_verdict(const cli *self, const statement *s, const pt_err *verdict, pt_err *err)
{
    bool valid = verdict->code == PT_OK;
    if (self->json) {
        json_t *out = json_pack("{s:s, s:b, s:s, s:I}", "command", "verify", "valid", (int)valid, "curve",
                                s->vkey.curve->name, "n_public", (json_int_t)s->n_public);
        if (!valid && json_object_set_new(out, "reason", printable_json(verdict->msg)) != 0)
            pt_fail(err, PT_E_NOMEM, "no memory for the result");
        return cli_print_json(out, err);
    }
    if (valid)
        printf("OK: the proof is valid (%s, %zu public input%s)\n", s->vkey.curve->name, s->n_public,
               s->n_public == 1 ? "" : "s");
    return PT_OK;
}

static pt_status check_statement(const cli *self, const statement *s, pt_err *err)
{
    pt_err verdict = {0};
    const char *proof = self->operands[2];
    groth16_verify(&s->vkey, s->public_inputs, s->n_public, &s->proof, &verdict);
    if (verdict.code != PT_OK && verdict.code != PT_E_VERIFY)
        return pt_fail(err, verdict.code, "%s: %s", proof, verdict.msg);
    if (print_verdict(self, s, &verdict, err) != PT_OK || verdict.code == PT_OK)
        return err->code;
    return pt_fail(err, PT_E_VERIFY, "%s: invalid proof: %s", proof, verdict.msg);
}

static pt_status check_bundle(const cli *self, const char *bundle, pt_err *err)
{
    const size_t n = self->n_operands;
    groth16_vkey *vkeys = calloc(n, sizeof *vkeys);
    if (vkeys == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %zu verification keys", n);
    for (size_t i = 0; i < n && err->code == PT_OK; i++)
        read_vkey(self, self->operands[i], &vkeys[i], err);
    if (err->code == PT_OK)
        verify_bundle(self, vkeys, self->operands, n, bundle, err);
    for (size_t i = 0; i < n; i++)
        groth16_vkey_clear(&vkeys[i]);
    free(vkeys);
    return err->code;
}

static pt_status check_dir(const cli *self, const char *dir, pt_err *err)
{
    groth16_vkey vkey = {0};
    if (read_vkey(self, self->operands[0], &vkey, err) == PT_OK)
        verify_dir(self, &vkey, dir, err);
    groth16_vkey_clear(&vkey);
    return err->code;
}

static pt_status check_one(const cli *self, pt_err *err)
{
    statement s = {0};
    if (read_statement(self, &s, err) == PT_OK)
        check_statement(self, &s, err);
    free(s.public_inputs);
    groth16_vkey_clear(&s.vkey);
    return err->code;
}

pt_status cmd_verify(cli *self, int argc, char **argv, pt_err *err)
{
    verify_options own = {0};
    if (cli_parse(self, &argp, argc, argv, &own, err) != PT_OK || self->answered)
        return err->code;
    const char *expected = own.dir != NULL      ? "VKEY with --dir DIR"
                           : own.bundle != NULL ? "VKEY... with --bundle FILE"
                                                : "VKEY PUBLIC PROOF";
    const size_t least = own.dir != NULL || own.bundle != NULL ? 1 : 3, most = own.bundle != NULL ? BUNDLE_KEYS_MAX : least;
    if (cli_check_operands(self, argv[0], expected, least, most, err) != PT_OK)
        return err->code;
    return own.dir != NULL      ? check_dir(self, own.dir, err)
           : own.bundle != NULL ? check_bundle(self, own.bundle, err)
                                : check_one(self, err);
}
