/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/interrupt.h - SIGINT, SIGTERM and SIGHUP as a cancel flag, with no handler and so no global state.
 *
 * The signals are blocked in every thread and taken by one that waits for them. The first one sets the flag, which a job reads
 * between its stages; where no job reads it (interrupt_allow_exit), and at the second one, the process ends at once, but never while
 * outputs are being published. */
#ifndef PT_INTERRUPT_H
#define PT_INTERRUPT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "kernels/shared/status.h"
#include "mpi/run_log.h"

typedef struct interrupt interrupt;

/** Begin to take the signals. Call before other threads are started: they inherit the mask.
 *  owns    *out is the caller's (interrupt_destroy, which restores the mask)
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status interrupt_create(interrupt **out, pt_err *err);

/** Where the end is told of; borrowed. Before interrupt_allow_exit, and at first for people.
 *  ranks   root only */
void interrupt_set_log(interrupt *self, const run_log *log);

/** ranks   root only */
void interrupt_destroy(interrupt *self);

/** True once a signal has come.
 *  ranks   any */
const atomic_bool *interrupt_flag(const interrupt *self);

/** Between true and false nobody reads the flag: a signal ends the process at once, with exit code PT_E_NOMEM.
 *  ranks   root only */
void interrupt_allow_exit(interrupt *self, bool allowed);

/** Between hold and release no signal ends the process: it is the holder that reads the flag.
 *  ranks   root only */
void interrupt_hold(interrupt *self);
void interrupt_release(interrupt *self);

#endif
