/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/crew.h - a crew: threads that share one list of tasks at a time. */
#ifndef PT_CREW_H
#define PT_CREW_H

#include <stddef.h>

#include "kernels/shared/status.h"

typedef struct crew crew;

/** One task of a run. item: 0 .. n_items - 1; thread: 0 .. crew_size - 1, never the same in two tasks at one time. */
typedef void (*crew_task)(void *ctx, size_t item, size_t thread);

/** Start a crew; the calling thread of crew_run is its thread 0, so n_threads - 1 threads are started.
 *  shape   n_threads >= 1
 *  owns    *out is the caller's (crew_destroy); the threads' stacks are secret (secret_thread.h), and what a run's tasks
 *          leave there is zeroed before crew_run returns, but not on the calling thread's
 *  errors  PT_E_ARG n_threads == 0; PT_E_NOMEM no memory or no thread to be had */
pt_status crew_create(size_t n_threads, crew **out, pt_err *err);
void crew_destroy(crew *self);
size_t crew_size(const crew *self);

/** Run task(ctx, item, thread) once for each item; return when all have ended.
 *  Items are started in rising order, so the longest should come first.
 *  thread  one run at a time; not from inside a task */
void crew_run(crew *self, size_t n_items, crew_task task, void *ctx);

/** Secret memory (secret_arena.h) for the tasks of some runs. One small block is kept from one time to the next, so that its pages
 *  are not taken and given back each time: 3 to 4 % of a proof of domain 2^9.
 *  shape   n_bytes > 0; all zero, 64-byte aligned
 *  owns    the block is the caller's (crew_scratch_free zeroes it)
 *  thread  as crew_run
 *  returns NULL when there is no memory */
void *crew_scratch_alloc(crew *self, size_t n_bytes);
void crew_scratch_free(crew *self, void *scratch);

/** A part of a range: what each of n_parts tasks takes of n, in order, sizes differing by at most one. */
typedef struct {
    size_t begin, end;
} crew_range;

static inline crew_range crew_part(size_t n, size_t n_parts, size_t part)
{
    size_t each = n / n_parts, more = n % n_parts;
    size_t begin = part * each + (part < more ? part : more);
    return (crew_range){begin, begin + each + (part < more ? 1 : 0)};
}

#endif
