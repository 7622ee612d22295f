/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/bench_soak.h - `partita bench soak`: an engine that is kept full for minutes or hours. */
#ifndef PT_BENCH_SOAK_H
#define PT_BENCH_SOAK_H

#include "mpi/bench_load.h"

/** Keep an engine full, with a line on standard error every 10 s and a summary at the end; the first signal ends it early.
 *  ranks   root only
 *  errors  of soak_judge, soak_run, resident_open, workplace_init; PT_E_ARG an option of bench load */
pt_status bench_soak(const cli *options, const load_args *args, const resident_source *source, pt_err *err);

#endif
