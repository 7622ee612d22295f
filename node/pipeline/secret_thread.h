/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/secret_thread.h - threads whose stacks are in no core dump and are zeroed at their end.
 *
 * A compiler keeps copies of what a function works on wherever it likes in its frame; a stack of our own holds all of them. */
#ifndef PT_SECRET_THREAD_H
#define PT_SECRET_THREAD_H

#include <pthread.h>
#include <stddef.h>

#include "kernels/shared/status.h"

/** units: bytes. What is zeroed of a stack behind what worked there, more than that takes; and what a thread touches beside it. */
enum {
    SECRET_STACK_TASK_BYTES = 64 << 10, /* a task of a proof, in a pool's thread */
    SECRET_STACK_JOB_BYTES = 256 << 10, /* a job's stages, in a driver */
    SECRET_STACK_MORE_BYTES = 16 << 10
};

typedef struct secret_thread {
    pthread_t id;
    void *mapped; /* a guard page and the stack above it */
} secret_thread;

/** Start a thread of 1 MiB of stack. It takes no signals but those that it causes itself.
 *  owns    *out is the caller's (secret_thread_join)
 *  errors  PT_E_NOMEM no memory or no thread to be had */
pt_status secret_thread_start(void *(*body)(void *ctx), void *ctx, secret_thread *out, pt_err *err);

/** Wait for its end, zero its stack and release it. */
void secret_thread_join(secret_thread *thread);

/** Run job(ctx, err) on a thread of its own and wait for it. Returns what the job returned.
 *  errors  PT_E_NOMEM as secret_thread_start: the job was not run */
pt_status secret_thread_run(pt_status (*job)(void *ctx, pt_err *err), void *ctx, pt_err *err);

#endif
