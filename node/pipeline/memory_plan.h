/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/memory_plan.h - what a run takes in bytes, before it takes it, and how many partitions a budget has room for. Pure. */
#ifndef PT_MEMORY_PLAN_H
#define PT_MEMORY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

/** units: bytes */
typedef struct {
    uint64_t points;    /* of the key */
    uint64_t matrices;  /* by rows */
    uint64_t twiddles;  /* of the key's domain */
    uint64_t partition; /* one in flight: witness, vectors and scratch */
    size_t n_threads;
    size_t n_in_flight;  /* wanted */
    size_t n_partitions; /* of the run; 0: no end is known */
    uint64_t budget;     /* for all of it; UINT64_MAX: no bound */
} memory_request;

typedef struct memory_plan {
    memory_request of;
    uint64_t stacks_fixed; /* of the pools' threads */
    uint64_t stack_each;   /* of a partition's driver */
    uint64_t fixed;        /* whatever the number in flight */
    uint64_t least;        /* with one in flight: the smallest budget */
    uint64_t total;
    uint64_t arenas; /* of the total, what partitions in flight hold */
    size_t n_in_flight;
} memory_plan;

/** Plan: as many in flight as are wanted, there are and fit.
 *  errors  PT_E_NOMEM not even one fits: the message has the figures */
pt_status memory_plan_make(const memory_request *request, memory_plan *out, pt_err *err);

#endif
