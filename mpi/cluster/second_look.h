/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/second_look.h - a partition whose proof failed is proven once more, by the portable arithmetic, or by the processor where a device
 * was first: then either its witness is at fault, or the first computation was. */
#ifndef PT_SECOND_LOOK_H
#define PT_SECOND_LOOK_H

#include "node/pipeline/engine.h"

typedef struct second_look second_look;

typedef struct second_look_setup {
    const char *key_path; /* borrowed, as everything here is */
    input_source witness;
    const char *device; /* that made the first proof; NULL: the processor did */
    size_t n_threads;
    cpu_features features; /* of this processor: used where a device was first */
    const atomic_bool *cancel;
    /** The first computation was wrong: which, for people. Called by second_look_end. */
    void (*told)(void *ctx, const char *text);
    void *ctx;
} second_look_setup;

/** owns    *out is the caller's (second_look_end)
 *  ranks   any, here and below
 *  errors  PT_E_NOMEM; PT_E_ARG what can't be read twice, a FIFO */
pt_status second_look_begin(const second_look_setup *setup, second_look **out, pt_err *err);
bool second_look_is_over(const second_look *self);

/** Wait for it and release it. If it has a proof, job gets that with its public inputs, and its err goes; else job stays as it was. */
void second_look_end(second_look *self, engine_job *job);

#endif
