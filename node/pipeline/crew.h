/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/crew.h - a crew: threads that take the tasks of a run one by one. */
#ifndef PT_CREW_H
#define PT_CREW_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

typedef struct crew crew;
typedef struct pool pool;

/** One task of a run. item: 0 .. n_items - 1; thread: 0 .. crew_size - 1, never the same in two tasks of a run at one time. */
typedef void (*crew_task)(void *ctx, size_t item, size_t thread);

enum { CREW_POOLS_MAX = 64 };

/** A crew with threads of its own: the calling thread of crew_run is its thread 0, and n_threads - 1 are started.
 *  owns    *out is the caller's (crew_destroy); stacks as in pool.h
 *  errors  PT_E_ARG n_threads == 0; PT_E_NOMEM no memory or no thread to be had */
pt_status crew_create(size_t n_threads, crew **out, pt_err *err);

/** A crew of the threads of pools that others use as well, each by a crew of its own.
 *  shape   pools[n], 1 <= n <= CREW_POOLS_MAX: borrowed; where n > 1, of pools that callers do not join
 *  owns    *out is the caller's (crew_destroy)
 *  errors  PT_E_ARG n; PT_E_NOMEM */
pt_status crew_of_pools(pool *const *pools, size_t n, crew **out, pt_err *err);
void crew_destroy(crew *self);

/** Go to other pools. shape, owns, errors as crew_of_pools
 *  thread  between two runs, not of a crew with threads of its own */
pt_status crew_set_pools(crew *self, pool *const *pools, size_t n, pt_err *err);
size_t crew_size(const crew *self);

/** Where several crews have runs open in one pool: those of the smallest class, the upper 32 bits of the rank, share its threads evenly,
 *  and what does not come out even goes to the smaller rank. 0 at the beginning. */
void crew_set_rank(crew *self, uint64_t rank);

/** How many threads a run may count on, at most crew_size: for cutting work into items. crew_size at the beginning. */
void crew_set_share(crew *self, size_t n_threads);
size_t crew_share(const crew *self);

/** units: seconds. Processor time that the pools' own threads have spent on this crew's runs; the caller's is not among it. */
double crew_cpu_seconds(const crew *self);

/** Run task(ctx, item, thread) once for each item; return when all have ended.
 *  Items are started in rising order, so the longest should come first.
 *  thread  one run of a crew at a time; not from inside a task of the same pools */
void crew_run(crew *self, size_t n_items, crew_task task, void *ctx);

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
