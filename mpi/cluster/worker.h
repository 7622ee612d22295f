/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/worker.h - one rank's part of the conversation with the root: a state machine that is told of frames and of time.
 *
 * It says who it is, opens the request's keys, those that join it later too, reports what it holds and how much it may hold, hands what it is assigned to its proving and
 * keeps every answer until the root has acknowledged it. Whatever is lost on the way is said again. */
#ifndef PT_WORKER_H
#define PT_WORKER_H

#include "mpi/cluster/proving.h"
#include "mpi/cluster/ship_in.h"
#include "mpi/cluster/span_source.h"
#include "mpi/cluster/transport.h"

typedef struct worker worker;

typedef struct worker_setup {
    transport *transport; /* borrowed, as the next one is */
    proving *proving;
    const char *build, *host; /* borrowed */
    uint64_t process;
    uint32_t n_threads;
    double patience_s;  /* unheard by the root for so long it gives up */
    ship_in *ship;      /* borrowed: keys and witnesses come from the root; NULL: they are read */
    span_source *spans; /* that the root may ask for; NULL: nothing is recorded */
} worker_setup;

/** owns    *out is the caller's (worker_destroy)
 *  ranks   any, here and below
 *  errors  PT_E_NOMEM */
pt_status worker_create(const worker_setup *setup, double now, worker **out, pt_err *err);
void worker_destroy(worker *self);

/** A frame of the root has come, or what should have been one. now: seconds of any clock that never goes back. */
void worker_receive(worker *self, const uint8_t *frame, size_t n_bytes, double now);
/** A frame of another worker, which can only be about a key on its way. */
void worker_receive_from(worker *self, uint32_t from, const uint8_t *frame, size_t n_bytes, double now);

/** Look after what has ended and what is due.
 *  returns true if something was done */
bool worker_tick(worker *self, double now);

/** Take nothing more; it is over when what it holds is answered and acknowledged. */
void worker_drain(worker *self);

/** Has it ended? *how: PT_OK it was sent home, or is drained; PT_E_NOMEM the root was not heard; why its keys can't be opened. */
bool worker_is_over(const worker *self, pt_err *how);

#endif
