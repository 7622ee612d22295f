/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/simulated_time.h - chance that a seed repeats, and what is to happen, in the order of its time. Pure. */
#ifndef PT_SIMULATED_TIME_H
#define PT_SIMULATED_TIME_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

/** All that follows from a seed. Start with {seed}. */
typedef struct {
    uint64_t state;
} chances;

/** Well mixed bits of a number.
 *  ranks   any, here and below
 *  source  Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014): SplitMix64 */
uint64_t chance_mix(uint64_t x);
uint64_t chance_word(chances *self);
/** In [0, 1). */
double chance(chances *self);
/** Exponentially distributed: how long something takes to happen that happens each mean seconds. */
double chance_wait(chances *self, double mean);

typedef enum {
    EVENT_FRAME,
    EVENT_TICK,
    EVENT_PROVEN,
    EVENT_KILL,
    EVENT_FREEZE,
    EVENT_THAW,
    EVENT_REVIVE,
    EVENT_CRASH
} event_kind;

typedef struct {
    double at;
    uint64_t order; /* of two at one time the earlier made goes first */
    event_kind kind;
    uint32_t rank; /* whose; ROOT: the root's */
    uint32_t life; /* of that rank when it was made: what is of an earlier one is void, but for frames on their way */
    uint32_t from;
    uint8_t *bytes; /* of a frame */
    size_t n_bytes;
} event;

/** A heap; start with {0}. */
typedef struct {
    event *heap;
    size_t n, capacity;
    uint64_t n_made;
} event_queue;

/** Add an event, whose bytes are the queue's from now on.
 *  errors  PT_E_NOMEM: they are gone */
pt_status event_queue_push(event_queue *self, event e, pt_err *err);
/** The next event, of which there is one; its bytes are the caller's. */
event event_queue_pop(event_queue *self);
void event_queue_clear(event_queue *self);

#endif
