/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/child_process.h - programs that are started on some processors, and waited for together. */
#ifndef PT_CHILD_PROCESS_H
#define PT_CHILD_PROCESS_H

#include <stdatomic.h>
#include <stdio.h>
#include <sys/types.h>

#include "kernels/shared/status.h"

/** What to start. */
typedef struct child_order {
    char *const *words;         /* NULL at the end; the first is looked for in PATH */
    const unsigned *processors; /* the system's numbers of those that it may run on */
    size_t n_processors;        /* 0: those of this process */
} child_order;

/** Start with {0}. */
typedef struct child_process {
    pid_t pid;          /* 0: not started, or waited for */
    FILE *out, *said;   /* what it wrote to standard output and error; files without a name */
    int status;         /* as waitpid has it */
    double cpu_seconds; /* its own, and of those that it waited for */
} child_process;

/** Start it, with no input and with signals as a shell has them.
 *  owns    what is in *out is the caller's (child_process_clear)
 *  thread  whose mask of processors no other one changes meanwhile
 *  ranks   root only, here and below
 *  errors  PT_E_DEVICE there is no such program; PT_E_NOMEM; PT_E_CREATE no temporary file; PT_E_ARG processors that it can't have */
pt_status child_process_start(const child_order *order, child_process *out, pt_err *err);

/** Wait for all. Once *stop is true they are asked to end (SIGTERM), and made to after some seconds.
 *  shape   look: called some hundred times a second meanwhile; NULL: nobody looks
 *  errors  PT_E_NOMEM they were stopped; all have ended */
pt_status child_process_wait(child_process *all, size_t n, const atomic_bool *stop, void (*look)(void *ctx), void *ctx,
                             pt_err *err);

/** Did it end with 0?
 *  errors  its exit code, if that is a status; else otherwise. The message ends with what it said: its last line that begins with
 *          "partita: ", or the last one */
pt_status child_process_judge(child_process *self, const char *name, pt_status otherwise, pt_err *err);

/** Of one that has ended, or was never started. */
void child_process_clear(child_process *self);

#endif
