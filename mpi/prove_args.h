/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/prove_args.h - what `partita prove` is asked for beside the options that every command has. */
#ifndef PT_PROVE_ARGS_H
#define PT_PROVE_ARGS_H

#include "mpi/cli.h"
#include "mpi/run_timeline.h"

/** Partitions that a rank holds beside those in flight: it goes on while the root is told, and others have work to the end. */
enum { PROVE_AHEAD_ALONE = 32, PROVE_AHEAD_SHARED = 2 };

typedef struct prove_args {
    const char *out_dir, *request_file, *journal_file, *bundle_file, *raw_file; /* NULL: not given */
    bool is_stream;                                                             /* the request file is standard input */
    bool resume, stats, plan, ship;
    const char *cache_dir; /* --cache */
    uint64_t cache_bytes;  /* --cache-size */
    key_check check;
    const char *timeline_files[TIMELINE_FILES_MAX];
    size_t n_timeline_files;
} prove_args;

#endif
