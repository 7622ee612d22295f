/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/bench_load.h - `partita bench load`: an engine under loads of several widths; and the options that `bench soak` shares with it. */
#ifndef PT_BENCH_LOAD_H
#define PT_BENCH_LOAD_H

#include "mpi/cli.h"
#include "mpi/load_report.h"

enum { LOAD_OPT_LOAD = 0x300, LOAD_OPT_CSV, LOAD_OPT_PLOT, LOAD_OPT_MINUTES };

typedef struct load_args {
    load_shape loads[LOAD_ROWS_MAX - 1]; /* of --load, without n_partitions */
    size_t n_loads;
    size_t n_proofs, n_at_once, n_partitions; /* of -c, -j and -p; 0: not given */
    const char *csv, *plot;
    double minutes; /* of --minutes; 0: not given */
} load_args;

/** In a parser: one of the options above, 'c', 'j' or 'p'.
 *  ranks   root only */
error_t load_args_parse(load_args *args, int key, const char *arg, const struct argp_state *state);

/** One partition at a time, then each load; prints the report, writes the files.
 *  ranks   root only
 *  errors  of the first partition that failed; PT_E_ARG; of workplace_init, resident_open, gnuplot_check, output_file_check */
pt_status bench_load(const cli *options, const load_args *args, const resident_source *source, pt_err *err);

#endif
