/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/shared/status.h - what a function that can fail returns, on the host and in a kernel's result word. */
#ifndef PT_STATUS_H
#define PT_STATUS_H

/** A status; its number is the program's exit code (sysexits.h's numbers, and 76). */
typedef enum {
    PT_OK = 0,
    PT_E_ARG = 64,      /* wrong use: arguments */
    PT_E_FORMAT = 65,   /* malformed or mismatched input */
    PT_E_NOINPUT = 66,  /* an input that can't be opened or read */
    PT_E_DEVICE = 69,   /* what was asked for is not there or failed: an instruction set, a device, a program */
    PT_E_INTERNAL = 70, /* a fault of the program or the machine: a wrong answer, no randomness */
    PT_E_CREATE = 73,   /* an output that can't be created */
    PT_E_IO = 74,       /* a failed write */
    PT_E_NOMEM = 75,    /* try again: memory or threads are short for now, or the work was cancelled */
    PT_E_VERIFY = 76    /* a proof failed verification */
} pt_status;

#ifndef __OPENCL_VERSION__

/** The first fault of one thread of work; msg is one line without a newline. Start with {0}. */
typedef struct {
    pt_status code;
    char msg[240];
} pt_err;

/** Record a fault in *err, unless one is recorded already (the first is the cause).
 *  shape   fmt as printf's; a message that is too long loses its middle, keeping the file's name and the fault
 *          err is never NULL, here and in every function that takes one: callers read the code back from it
 *  thread  one at a time for each err
 *  errors  returns err's code: code itself, or the one recorded first */
pt_status pt_fail(pt_err *err, pt_status code, const char *fmt, ...) __attribute__((nonnull(1), format(printf, 3, 4)));

#endif
#endif
