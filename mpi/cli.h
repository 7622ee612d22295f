/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cli.h - what every command of the program shares: options, operands, help, errors. One command a file, cmd_<name>.c.
 *
 * A command is a function of the table in main.c. It parses with cli_parse, does its work and returns a status that is the
 * exit code; main prints err->msg as one line, "partita: <msg>". An err without a message has been told already. */
#ifndef PT_CLI_H
#define PT_CLI_H

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "kernels/shared/status.h"
#include "mpi/cluster/ship_chain.h"
#include "mpi/cluster/transport.h"
#include "mpi/knobs.h"
#include "mpi/run_log.h"
#include "node/format/proving_key.h"

/** One run of the program. */
typedef struct cli {
    size_t rank, n_ranks;       /* of the MPI job; 0 of 1 without mpirun */
    size_t local_rank, n_local; /* of the job's ranks on this host */
    size_t bound_rank, n_bound; /* of these, of those that may use the same processors */
    transport *transport;       /* to the other ranks; NULL if there are none */
    ship_place place;           /* in the chain that a key goes along */
    bool rank_lost;             /* set by a command: a rank is gone or frozen, so that nobody waits for it at the end */
    bool on_every_rank;         /* every rank runs the command */
    const char *command;        /* whose options and settings these are: "prove" */
    knobs knobs;                /* from the command line and --config; the five below are what they come to */
    size_t n_threads;           /* --threads, or what affinity and cgroup allow */
    cpu_features features;      /* of the processor, or what --isa leaves of them */
    bool json;                  /* --json: the result goes to stdout as one JSON value */
    bool quiet;                 /* --quiet: no progress; errors stay */
    bool allow_core;            /* --allow-core */
    run_log log;                /* --log; where the command says what it says */
    bool answered;              /* --help or --version was printed: the command has nothing to do */
    char **operands;            /* the arguments that are no options, in order */
    size_t n_operands;
    const char *config_path; /* during cli_parse: --config */
    void *own;               /* during cli_parse: the command's own options */
    pt_err *err;             /* during cli_parse */
} cli;

typedef struct cli_command {
    const char *name, *summary;
    pt_status (*run)(cli *self, int argc, char **argv, pt_err *err);
    bool on_every_rank; /* of an MPI job; else rank 0 alone runs it and the others wait */
} cli_command;

/** The commands.
 *  ranks   root only */
pt_status cmd_prove(cli *self, int argc, char **argv, pt_err *err);
pt_status cmd_prepare(cli *self, int argc, char **argv, pt_err *err);
pt_status cmd_verify(cli *self, int argc, char **argv, pt_err *err);
pt_status cmd_inspect(cli *self, int argc, char **argv, pt_err *err);
pt_status cmd_setup(cli *self, int argc, char **argv, pt_err *err);
pt_status cmd_bench(cli *self, int argc, char **argv, pt_err *err);
pt_status cmd_simulate(cli *self, int argc, char **argv, pt_err *err);
pt_status cmd_doctor(cli *self, int argc, char **argv, pt_err *err);
pt_status cmd_config(cli *self, int argc, char **argv, pt_err *err);

/** Parse a command's arguments: its own options (own->options, own->parser; args_doc and doc for --help, "\v" before the
 *  examples), its knobs and the common options; then the configuration file, if one is named. Operands are collected in
 *  self->operands: the parser sees options alone. Whether a crash may leave a core is settled here, before inputs are read.
 *  shape   argv[0] is the name in the usage line, "partita prove"; values: what cli_own gives to the parser
 *  ranks   root only
 *  errors  PT_E_ARG, one line; those of config_file_read; PT_E_DEVICE --isa; self->answered when help or version was asked for */
pt_status cli_parse(cli *self, const struct argp *own, int argc, char **argv, void *values, pt_err *err);

/** In a parser: the values given to cli_parse.
 *  ranks   any */
void *cli_own(const struct argp_state *state);

/** In a parser: refuse the command line. Returns what the parser has to return.
 *  ranks   any */
error_t cli_usage_error(const struct argp_state *state, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Are there min to max operands?
 *  ranks   any
 *  errors  PT_E_ARG: names them, e.g. "expected KEY WITNESS PROOF PUBLIC, got 3 arguments (see partita prove --help)" */
pt_status cli_check_operands(const cli *self, const char *command, const char *expected, size_t min, size_t max,
                             pt_err *err);

/** Read a decimal count, or a power as 2^K.
 *  ranks   any
 *  returns false unless the whole text is a number in [min, max] */
bool cli_read_count(const char *text, size_t min, size_t max, size_t *out);

/** Read the value of --check: full, quick or none.
 *  ranks   any
 *  returns false for any other text */
bool cli_read_check(const char *text, key_check *out);

/** Print a value on stdout, indented, with a newline; releases it.
 *  ranks   root only
 *  errors  PT_E_NOMEM value is NULL; PT_E_IO; what *err holds already: the value is not whole, and not printed */
pt_status cli_print_json(json_t *value, pt_err *err);

/** Say one line on stderr, "partita: ...".
 *  ranks   root only */
void cli_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** Before there is a second thread: hwloc is to say nothing of its own on stderr (where there is no /sys, it does), and, but under
 *  mpirun, not to load its plug-ins for devices (OpenCL, X), which nobody asks it for: 4 ms. What the user has set stays.
 *  ranks   any */
void cli_prepare_environment(void);

/** The folder for built kernels: partita/kernels of XDG_CACHE_HOME, or of ~/.cache.
 *  ranks   any
 *  owns    *out is the caller's (free); NULL: there is no home, and nothing is kept
 *  errors  PT_E_NOMEM */
pt_status cli_cache_folder(char **out, pt_err *err);

/** Does the terminal go back over what it shows (TERM is not dumb), and does mpirun not put a rank before each line? Does it want colours (NO_COLOR is not set)?
 *  ranks   any */
bool cli_may_redraw(void);
bool cli_may_colour(void);

/** Was this process started by mpirun, srun with PMI, or another launcher of MPI ranks?
 *  ranks   any */
bool cli_under_mpirun(void);

#endif
