/* SPDX-License-Identifier: Apache-2.0 */
/* partita: the program. Picks the command; under mpirun, every rank runs it, or rank 0 does and the other ranks wait. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mpi/build_info.h"
#include "mpi/cli.h"
#include "mpi/input_truncated.h"
#include "mpi/prove_worker.h"
#include "mpi/root_end.h"
#include "mpi/transport_mpi.h"
#include "node/topo/machine.h"

static const cli_command commands[] = {
    {"prove", "prove witnesses of a circuit with its key", cmd_prove, true},
    {"prepare", "turn a key into one that is open at once", cmd_prepare, false},
    {"verify", "verify a proof, or a directory of them in one batch", cmd_verify, false},
    {"inspect", "show what a zkey, wtns, r1cs or JSON file holds", cmd_inspect, false},
    {"setup", "make an insecure key of a circuit, for tests and benchmarks", cmd_setup, false},
    {"bench", "measure this machine, every result checked; make circuits to measure with", cmd_bench, false},
    {"simulate", "predict how long a cluster takes, from what a node was measured at", cmd_simulate, false},
    {"doctor", "show and test what this machine and this build can do", cmd_doctor, false},
    {"config", "show every option's value and where it is from; check a configuration file", cmd_config, false},
};

enum { N_COMMANDS = sizeof commands / sizeof *commands };

static const char intro[] = "Groth16 proofs of circom circuits on BN254 and BLS12-381.\n"
                            "\n"
                            "Usage: partita COMMAND [OPTION...] [FILE...]\n"
                            "\n"
                            "Commands:\n";

static const char outro[] =
    "  help      show this, or the help of a command: partita help prove\n"
    "\n"
    "  --help     the same\n"
    "  --version  show version and build options\n"
    "\n"
    "Examples:\n"
    "  partita prove circuit.zkey witness.wtns proof.json public.json\n"
    "  partita prove circuit.zkey witnesses/*.wtns --out proofs\n"
    "  partita verify verification_key.json public.json proof.json\n"
    "\n"
    "Exit codes: 0 done; 64 wrong use; 65 malformed input; 66 unreadable input; 69 missing instruction set or device;\n"
    "70 a fault of the program; 73 output that can't be created; 74 failed write; 75 memory short or interrupted;\n"
    "76 a proof that is wrong.\n";

static void print_help(void)
{
    fputs(intro, stdout);
    for (size_t i = 0; i < N_COMMANDS; i++)
        printf("  %-8s  %s\n", commands[i].name, commands[i].summary);
    fputs(outro, stdout);
}

static const cli_command *find_command(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static pt_status run_command(cli *self, const char *name, int argc, char **argv, pt_err *err)
{
    const cli_command *command = find_command(name);
    if (command == NULL)
        return pt_fail(err, PT_E_ARG, "unknown %s %s (see partita --help)", name[0] == '-' ? "option" : "command", name);
    char title[32];
    snprintf(title, sizeof title, "partita %s", command->name);
    argv[0] = title;
    self->command = command->name;
    return command->run(self, argc, argv, err);
}

/* The command that this name of the program stands for, or NULL: rapidsnark's two programs are installed as links to this one. */
static const cli_command *command_of_program(const char *name)
{
    if (strcmp(name, "prover") == 0)
        return find_command("prove");
    return strcmp(name, "verifier") == 0 ? find_command("verify") : NULL;
}

static pt_status show_help(cli *self, int argc, char **argv, pt_err *err)
{
    char ask[] = "--help";
    char *args[] = {NULL, ask, NULL};
    if (argc > 2)
        return run_command(self, argv[2], 2, args, err);
    print_help();
    return PT_OK;
}

static pt_status run_program(cli *self, int argc, char **argv, pt_err *err)
{
    const cli_command *stood_for = argc > 0 ? command_of_program(argv[0]) : NULL;
    if (stood_for != NULL) {
        self->command = stood_for->name;
        return stood_for->run(self, argc, argv, err);
    }
    if (argc < 2)
        return pt_fail(err, PT_E_ARG, "expected a command (see partita --help)");
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)
        return show_help(self, argc, argv, err);
    if (strcmp(argv[1], "--version") == 0) {
        build_info_print(stdout);
        return PT_OK;
    }
    return run_command(self, argv[1], argc - 1, argv + 1, err);
}

/* A standard stream that the caller closed must not become the descriptor of a file that is opened later. What stands in for
 * it fails to write, as a closed one does. */
static void hold_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* Run the command and tell its error; what was printed must have arrived. */
static int run_and_report(cli *self, int argc, char **argv)
{
    pt_err err = {0};
    run_program(self, argc, argv, &err);
    bool unwritten = ferror(stdout) != 0;
    if ((fclose(stdout) != 0 || unwritten) && err.code == PT_OK)
        pt_fail(&err, PT_E_IO, "standard output: write failed");
    if (err.msg[0] != '\0' && self->rank == 0)
        run_log_say(&self->log, LOG_ERROR, "error", "%s", err.msg);
    return (int)err.code;
}

static cli begin_cli(const cluster_start *start)
{
    return (cli){.rank = start->rank,
                 .n_ranks = start->n_ranks,
                 .local_rank = start->local_rank,
                 .n_local = start->n_local,
                 .bound_rank = start->bound_rank,
                 .n_bound = start->n_bound,
                 .place = start->place,
                 .n_threads = machine_threads(),
                 .features = cpu_features_read()};
}

#ifdef PARTITA_MPI

static bool runs_on_every_rank(int argc, char **argv)
{
    const cli_command *command = argc > 0 ? command_of_program(argv[0]) : NULL;
    if (command == NULL && argc > 1)
        command = find_command(argv[1]);
    return command != NULL && command->on_every_rank;
}

typedef struct {
    cli *self;
    int argc;
    char **argv;
} command_line;

static int run_line(void *ctx)
{
    const command_line *line = ctx;
    return run_and_report(line->self, line->argc, line->argv);
}

static int run_while_others_wait(cli *self, int argc, char **argv)
{
    int code = PT_E_NOMEM;
    pt_err err = {0};
    if (root_end_work(self->transport, run_line, &(command_line){self, argc, argv}, &code, &err) != PT_OK) {
        self->rank_lost = true; /* they would wait for an end that is not said */
        cli_say("%s", err.msg);
    }
    return code;
}

/* A rank's part. */
static int run_rank(cli *self, int argc, char **argv)
{
    pt_err err = {0};
    const bool everywhere = runs_on_every_rank(argc, argv);
    if (!everywhere) { /* ranks that wait leave the host to rank 0 */
        self->local_rank = self->bound_rank = 0;
        self->n_local = self->n_bound = 1;
    }
    self->on_every_rank = everywhere;
    if (self->rank != 0 && freopen("/dev/null", "w", stdout) == NULL)
        return PT_E_NOMEM; /* only rank 0 speaks */
    if (everywhere || self->transport == NULL)
        return run_and_report(self, argc, argv);
    return self->rank == 0 ? run_while_others_wait(self, argc, argv)
                           : (int)root_end_wait(self->transport, ROOT_PATIENCE_S, &err);
}

/* Rank 0's exit code is the job's. */
static int run_ranks(int argc, char **argv)
{
    cluster_start start = {0};
    pt_err err = {0};
    transport *others = NULL;
    if (transport_mpi_start(&argc, &argv, &start, &err) == PT_OK && start.n_ranks > 1)
        transport_mpi_create(&start, &others, &err);
    if (err.code != PT_OK) {
        cli_say("%s", err.msg);
        return transport_mpi_finish(&start, others, false, (int)err.code);
    }
    cli self = begin_cli(&start);
    self.transport = others;
    int code = run_rank(&self, argc, argv);
    code = transport_mpi_finish(&start, others, !self.rank_lost, code);
    cluster_start_clear(&start);
    return code;
}

#endif

int main(int argc, char **argv)
{
    hold_standard_streams();
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is a failed write */
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not grow (ulimit -f) */
    input_truncated_watch(LOG_TEXT);
    cli_prepare_environment();
    char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    if (slash != NULL)
        argv[0] = slash + 1;
#ifdef PARTITA_MPI
    if (cli_under_mpirun())
        return run_ranks(argc, argv);
#endif
    cli self = begin_cli(&(cluster_start){.n_ranks = 1, .n_local = 1, .n_bound = 1});
    return run_and_report(&self, argc, argv);
}
