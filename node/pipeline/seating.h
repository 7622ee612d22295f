/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/seating.h - the pools of an engine, and which of them its jobs have.
 *
 * Jobs divide the pools among them as the placement says: few of them have several pools each, many share one. Who comes finds the
 * crew with the least to do; between two stages a job moves where there is less, so that no pool stands idle beside a full one. */
#ifndef PT_SEATING_H
#define PT_SEATING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/pipeline/crew.h"
#include "node/topo/placement.h"

typedef struct seating seating;

typedef struct seating_setup {
    const placement *where;  /* borrowed until seating_destroy; NULL: n_threads in one pool, bound nowhere */
    const topology *machine; /* that `where` is a plan for; borrowed likewise */
    size_t n_threads;        /* where there is no plan */
    bool alone;              /* one job at a time */
    bool has_tail;           /* each seat has the plan's tail crew as well */
} seating_setup;

/** Start the pools and, where the plan says so, bind their threads.
 *  owns    *out is the caller's (seating_destroy, when every seat has been cleared)
 *  errors  PT_E_ARG no thread, more than CREW_POOLS_MAX pools; PT_E_NOMEM memory or threads */
pt_status seating_create(const seating_setup *setup, seating **out, pt_err *err);
void seating_destroy(seating *self);

/** All threads. owns: borrowed */
crew *seating_all(seating *self);

/** Where one job at a time sits. thread: one at a time */
typedef struct seat {
    seating *seating;
    pool_span at; /* the pools that its job has */
    crew *crew;   /* there */
    crew *tail;   /* where the job's G2 MSM runs if not there; or NULL */
} seat;

/** owns    *out is the caller's (seat_clear)
 *  errors  PT_E_NOMEM */
pt_status seat_init(seating *self, seat *out, pt_err *err);
void seat_clear(seat *self);

/** A job sits down, while n_waiting others are about to: it gets pools. thread: any */
void seat_take(seat *self, size_t n_waiting);

/** It gets up. thread: any */
void seat_leave(seat *self);

/** How urgent its runs are: crew_set_rank. */
void seat_set_rank(seat *self, uint64_t rank);

/** Between two stages of its job, while n_waiting others are about to sit down: give it other pools where that is better by now, and tell
 *  the crew how many of its threads the jobs that have them leave to each. */
void seat_adjust(seat *self, size_t n_waiting);

/** units: seconds. Processor time of the pools' threads on its runs so far. */
double seat_cpu_seconds(const seat *self);

/** The shared-L3 domain of its first pool, logical; TOPOLOGY_NONE: there is no plan. */
uint16_t seat_domain(const seat *self);

/** The NUMA node of its first pool, as the plan numbers its own from 0. */
size_t seat_node(const seat *self);

/** What was achieved: threads that were to be bound to a core, and those that are. thread: any */
typedef struct {
    size_t n_threads, n_bound;
} seating_figures;

seating_figures seating_figures_now(const seating *self);

#endif
