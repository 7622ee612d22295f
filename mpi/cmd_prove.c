/* SPDX-License-Identifier: Apache-2.0 */
/* partita prove: witnesses become verified proofs, on this machine or on all ranks of a job. */
#include <stdio.h>
#include <string.h>

#include "mpi/cli.h"
#include "mpi/prove_root.h"
#include "mpi/prove_worker.h"

enum {
    OPT_OUT = 1,
    OPT_TIMELINE,
    OPT_PLAN,
    OPT_REQUEST,
    OPT_RESUME,
    OPT_JOURNAL,
    OPT_BUNDLE,
    OPT_RAW,
    OPT_SHIP,
    OPT_CACHE
}; /* no printable characters: there are no short forms */

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
    case OPT_REQUEST:
        args->request_file = arg;
        args->is_stream = strcmp(arg, "-") == 0;
        return 0;
    case OPT_RESUME:
        args->resume = true;
        return 0;
    case OPT_JOURNAL:
        args->journal_file = arg;
        return 0;
    case OPT_BUNDLE:
        args->bundle_file = arg;
        return 0;
    case OPT_RAW:
        args->raw_file = arg;
        return 0;
    case OPT_SHIP:
        args->ship = true;
        return 0;
    case OPT_CACHE:
        if (*arg == '\0')
            return cli_usage_error(state, "--cache needs the name of a directory");
        args->cache_dir = arg;
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
    {"request", OPT_REQUEST, "FILE", 0,
     "In place of KEY and WITNESS: what to prove, a line each: {\"key\": PATH, \"witness\": PATH, \"id\": NAME, "
     "\"priority\": NUMBER}. -: standard input, while lines come; each gets a line of JSON on standard output",
     0},
    {"resume", OPT_RESUME, NULL, 0,
     "Go on only if DIR's latest request is this one; what it has proven is never proven again", 0},
    {"journal", OPT_JOURNAL, "FILE", 0, "Keep what is proven in FILE in place of DIR/.partita/journal.db", 0},
    {"bundle", OPT_BUNDLE, "FILE", 0,
     "Write all proofs, in order and with compressed points, into one FILE too, when every one is there", 0},
    {"raw", OPT_RAW, "FILE", 0,
     "Write the compressed proofs alone, one behind the other, into one FILE too; they are of one curve", 0},
    {"ship", OPT_SHIP, NULL, 0, "Under mpirun: send keys and witnesses to the other ranks, which need not see the files",
     0},
    {"cache", OPT_CACHE, "DIR", 0,
     "Where a host keeps the keys that were sent to it (default: /var/tmp/partita-UID, of your user's number)", 0},
    {"timeline", OPT_TIMELINE, "FILE", 0,
     "Write what ran when: FILE.json, a trace for Perfetto, or FILE.svg, a picture; may be given again", 0},
    {"plan", OPT_PLAN, NULL, 0, "Show where the threads would run and what memory would be taken, and prove nothing", 0},
    {0},
};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "KEY WITNESS PROOF PUBLIC\nKEY WITNESS... --out DIR\n--request FILE --out DIR",
    .doc = "Prove that a witness satisfies a circuit. KEY is a snarkjs Groth16 .zkey or what `partita prepare` made of "
           "one, WITNESS a .wtns (a FIFO is as good). "
           "Every proof is verified before it is written; nothing is written for a witness that fails."
           "\v"
           "Examples:\n"
           "  partita prove circuit.zkey witness.wtns proof.json public.json\n"
           "  partita prove circuit.zkey witnesses/*.wtns --out proofs --stats\n"
           "  partita prove circuit.zkey <(make_witness) /dev/stdout public.json --quiet\n"
           "  make_requests | partita prove --request - --out proofs | use_results\n"
           "\n"
           "With several witnesses the others are still proven when one fails; the exit code is\n"
           "that of the first in order that failed.\n",
};

static pt_status check(const cli *self, const prove_args *args, const char *name, pt_err *err)
{
    const bool of_many = args->request_file != NULL || args->resume || args->journal_file != NULL ||
                         args->bundle_file != NULL || args->raw_file != NULL;
    if (!args->ship && (args->cache_dir != NULL || args->cache_bytes != 0))
        return pt_fail(err, PT_E_ARG, "--cache and --cache-size need --ship (see partita prove --help)");
    if (args->out_dir == NULL && of_many)
        return pt_fail(err, PT_E_ARG,
                       "--request, --resume, --journal, --bundle and --raw need --out DIR (see partita prove --help)");
    if (args->is_stream && (args->resume || args->bundle_file != NULL || args->raw_file != NULL || args->plan ||
                            args->stats || args->n_timeline_files > 0))
        return pt_fail(err, PT_E_ARG,
                       "--request - has no end that --resume, --bundle, --raw, --plan, --stats and --timeline "
                       "could be of: give a file");
    if (args->request_file != NULL)
        return cli_check_operands(self, name, "no KEY and no WITNESS beside --request", 0, 0, err);
    if (args->out_dir != NULL)
        return cli_check_operands(self, name, "KEY WITNESS... with --out DIR", 2, SIZE_MAX, err);
    return cli_check_operands(self, name, "KEY WITNESS PROOF PUBLIC", 4, 4, err);
}

/* Every rank reads the same command line; what is wrong with it the root tells. */
pt_status cmd_prove(cli *self, int argc, char **argv, pt_err *err)
{
    prove_args args = {0};
    if (cli_parse(self, &argp, argc, argv, &args, err) != PT_OK || self->answered)
        return err->code;
    args.check = (key_check)self->knobs.of[KNOB_CHECK].value;
    args.stats = self->knobs.of[KNOB_STATS].value != 0;
    args.cache_bytes = self->knobs.of[KNOB_CACHE_SIZE].value;
    if (check(self, &args, argv[0], err) != PT_OK)
        return err->code;
    return self->rank != 0 ? prove_worker(self, &args, err) : prove_root(self, &args, err);
}
