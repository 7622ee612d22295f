/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/bench_scale.h - `partita bench scale`: the ranks of one machine beside as many provers that know nothing of each other. */
#ifndef PT_BENCH_SCALE_H
#define PT_BENCH_SCALE_H

#include "mpi/cli.h"
#include "node/bench/resident.h"

enum {
    SCALE_OPT_RANKS = 0x400,
    SCALE_OPT_CORES,
    SCALE_OPT_PER_RANK,
    SCALE_OPT_KIND,
    SCALE_OPT_SIBLINGS,
    SCALE_OPT_MPIRUN,
    SCALE_OPT_DIR
};
enum { SCALE_RANKS_MAX = 16, SCALE_LOG_DOMAIN_DEFAULT = 16 };

typedef struct scale_args {
    size_t ranks[SCALE_RANKS_MAX];     /* of --ranks */
    size_t n_ranks;                    /* 0: not given */
    size_t cores_per_rank, n_per_rank; /* 0: not given */
    bool strong_alone, weak_alone, every_processor;
    const char *mpirun, *dir, *device; /* NULL: not given */
    const char *csv, *plot;
} scale_args;

/** In a parser: one of the options above.
 *  ranks   root only */
error_t scale_args_parse(scale_args *args, int key, const char *arg, const struct argp_state *state);

/** Clusters and independent provers by turns, at each number of ranks; prints the report, writes the files.
 *  ranks   root only
 *  errors  PT_E_ARG more cores than there are; PT_E_DEVICE no mpirun, no such device; of scale_site_find,
 *          scale_site_furnish, scale_turn_take and report_file_check */
pt_status bench_scale(const cli *options, const scale_args *args, const resident_source *source, pt_err *err);

#endif
