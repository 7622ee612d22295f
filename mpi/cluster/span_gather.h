/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/span_gather.h - the timelines of the other ranks, as the root comes to know them: clocks while they work, at the end spans and
 * what devices have proven.
 *
 * Asking is idempotent as all of the protocol: the root asks for the spans from the first that it lacks on, and what comes twice, or late, is
 * passed over. */
#ifndef PT_SPAN_GATHER_H
#define PT_SPAN_GATHER_H

#include "mpi/cluster/clock_match.h"
#include "mpi/cluster/wire.h"

typedef struct span_gather span_gather;

/** owns    *out is the caller's (span_gather_destroy)
 *  ranks   root only, here and below
 *  errors  PT_E_NOMEM */
pt_status span_gather_create(uint32_t n_ranks, span_gather **out, pt_err *err);
void span_gather_destroy(span_gather *self);

/** A pong or spans have come. now: this process's clock, read after they came. */
void span_gather_take(span_gather *self, uint32_t rank, const wire_frame *frame, double now);

/** Another process has taken this rank: what is known of its clock is nothing. */
void span_gather_forget(span_gather *self, uint32_t rank);

typedef enum {
    GATHER_WAIT, /* it was asked a moment ago */
    GATHER_ASK,  /* ask it for its time, and for its spans */
    GATHER_DONE,
    GATHER_GIVEN_UP /* it has not answered for patience_s in which it was asked */
} gather_step;

/** What is to be done with a rank at the end. GATHER_ASK: *first is the span to ask for */
gather_step span_gather_next(span_gather *self, uint32_t rank, double now, double patience_s, uint32_t *first);

/** What has come of a rank. */
typedef struct gathered {
    const timeline_span *spans; /* by its own clock */
    uint32_t n, n_threads;
    uint64_t n_lost;
    wire_device device; /* its texts are the gather's; NULL: the rank has not told */
    const clock_match *clock;
    bool is_whole; /* else there is nothing */
} gathered;

gathered span_gather_look(const span_gather *self, uint32_t rank);

#endif
