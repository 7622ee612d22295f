/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/rank_clock.h - the processor time of ranks that run, looked at from outside: that of the thread which talks, and of all. */
#ifndef PT_RANK_CLOCK_H
#define PT_RANK_CLOCK_H

#include <stddef.h>
#include <sys/types.h>

#include "kernels/shared/status.h"

typedef struct rank_clock rank_clock;

/** shape   program: whose processes are ranks, as /proc/PID/exe has it; borrowed
 *  owns    *out is the caller's (rank_clock_destroy)
 *  ranks   root only, here and below
 *  errors  PT_E_NOMEM */
pt_status rank_clock_create(const char *program, size_t n_ranks_max, rank_clock **out, pt_err *err);
void rank_clock_destroy(rank_clock *self);

/** Look at a process that was started: it is a rank, or an ancestor of ranks. Those found are remembered. */
void rank_clock_find(rank_clock *self, pid_t started);

/** Note what all have taken until now, now and then: the first call of several within 50 ms counts.
 *  errors  PT_E_NOMEM */
pt_status rank_clock_note(rank_clock *self, pt_err *err);

/** The part of the ranks' processor time between two moments (seconds of the system's clock) that their first threads took: frames and waiting
 *  for them, coordinating, the root's checks and its journal. Computing is done by others.
 *  returns NaN if nothing was noted, or the system does not tell (no /proc/PID/schedstat) */
double rank_clock_share(const rank_clock *self, double from, double to);

/** mpirun may be gone before its ranks are: wait for their end, and after some seconds make it (SIGKILL). */
void rank_clock_outlast(const rank_clock *self);

#endif
