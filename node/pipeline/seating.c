/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/seating.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "node/pipeline/pool.h"
#include "node/topo/pin.h"

/* A pool's place in the plan: what its threads bind themselves by. */
typedef struct {
    seating *seating;
    size_t number;
    size_t n_jobs; /* whose crews have it */
} pool_place;

struct seating {
    seating_setup setup;
    pool **pools;
    pool_place *places;
    size_t n_pools; /* started */
    crew *all;
    bool callers_join;
    atomic_size_t n_bound;
    pthread_mutex_t lock;
    size_t n_seated; /* under the lock, as the places' n_jobs are */
};

/* ---- pools ---- */

/* The first thing that a pool's thread does. */
static void bind_thread(void *ctx, size_t thread)
{
    const pool_place *here = ctx;
    seating *self = here->seating;
    const placement *where = self->setup.where;
    const placement_thread *planned = &where->threads[where->pools[here->number].first_thread + thread];
    pin_report report = pin_thread(self->setup.machine, planned->pu);
    atomic_fetch_add(&self->n_bound, report.n_bound);
}

/* One job at a time in one pool: its driver is thread 0 of the pool, and a run costs no change of threads. Several: every core has
 * its thread, for a driver that carries on alone would keep another one from the core that it was to work on. */
static pt_status start_pools(seating *self, size_t n, pt_err *err)
{
    const placement *where = self->setup.where;
    self->callers_join = n == 1 && self->setup.alone;
    for (size_t i = 0; i < n; i++) {
        self->places[i] = (pool_place){.seating = self, .number = i};
        const pool_options options = {.n_threads = where != NULL ? where->pools[i].n_threads : self->setup.n_threads,
                                      .callers_join = self->callers_join,
                                      .begin = where != NULL && where->pin ? bind_thread : NULL,
                                      .ctx = &self->places[i]};
        if (pool_create(options, &self->pools[i], err) != PT_OK)
            return err->code;
        self->n_pools++;
    }
    return crew_of_pools(self->pools, self->n_pools, &self->all, err);
}

pt_status seating_create(const seating_setup *setup, seating **out, pt_err *err)
{
    const size_t n = setup->where != NULL ? setup->where->n_pools : 1;
    seating *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %zu pools", n);
    self->setup = *setup;
    pthread_mutex_init(&self->lock, NULL);
    self->pools = calloc(n, sizeof *self->pools);
    self->places = calloc(n, sizeof *self->places);
    if (self->pools == NULL || self->places == NULL)
        pt_fail(err, PT_E_NOMEM, "no memory for %zu pools", n);
    else
        start_pools(self, n, err);
    if (err->code == PT_OK)
        *out = self;
    else
        seating_destroy(self);
    return err->code;
}

void seating_destroy(seating *self)
{
    if (self == NULL)
        return;
    crew_destroy(self->all);
    for (size_t i = 0; i < self->n_pools; i++)
        pool_destroy(self->pools[i]);
    pthread_mutex_destroy(&self->lock);
    free(self->places);
    free(self->pools);
    free(self);
}

crew *seating_all(seating *self)
{
    return self->all;
}

seating_figures seating_figures_now(const seating *self)
{
    const bool pinned = self->setup.where != NULL && self->setup.where->pin;
    return (seating_figures){.n_threads = pinned ? crew_size(self->all) - self->callers_join : 0,
                             .n_bound = atomic_load(&self->n_bound)};
}

/* ---- seats ---- */

pt_status seat_init(seating *self, seat *out, pt_err *err)
{
    seat made = {.seating = self};
    if (crew_of_pools(self->pools, self->n_pools, &made.crew, err) != PT_OK)
        return err->code;
    if (self->setup.has_tail) {
        const pool_span tail = self->setup.where->tail;
        if (crew_of_pools(self->pools + tail.first_pool, tail.n_pools, &made.tail, err) != PT_OK) {
            seat_clear(&made);
            return err->code;
        }
    }
    *out = made;
    return PT_OK;
}

void seat_clear(seat *self)
{
    crew_destroy(self->tail);
    crew_destroy(self->crew);
    *self = (seat){0};
}

/* With the lock held: the most jobs that a pool of these has. */
static size_t most_jobs(const seating *self, pool_span at)
{
    size_t most = 0;
    for (size_t k = at.first_pool; k < at.first_pool + at.n_pools; k++)
        most = self->places[k].n_jobs > most ? self->places[k].n_jobs : most;
    return most;
}

static bool is_same(pool_span a, pool_span b)
{
    return a.first_pool == b.first_pool && a.n_pools == b.n_pools;
}

/* With the lock held: the crews that these many jobs divide the pools among, and of them the one with the least to do; where several
 * have as little, the present one, or else the first. */
static pool_span choose_crew(const seating *self, size_t n_jobs, pool_span present)
{
    pool_span best = {0, self->n_pools};
    if (self->setup.where == NULL)
        return best;
    pool_span crews[CREW_POOLS_MAX];
    size_t n = placement_crews(self->setup.where, n_jobs, crews), fewest = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        const size_t most = most_jobs(self, crews[i]);
        if (most < fewest || (most == fewest && is_same(crews[i], present))) {
            fewest = most;
            best = crews[i];
        }
    }
    return best;
}

/* With the lock held: its job is one of those of its pools. */
static void sit(seat *self, pool_span at)
{
    self->at = at;
    for (size_t i = 0; i < at.n_pools; i++)
        self->seating->places[at.first_pool + i].n_jobs++;
}

static void get_up(const seat *self)
{
    for (size_t i = 0; i < self->at.n_pools; i++)
        self->seating->places[self->at.first_pool + i].n_jobs--;
}

static void set_pools(seat *self)
{
    pt_err none = {0}; /* a span has from 1 to CREW_POOLS_MAX pools */
    crew_set_pools(self->crew, self->seating->pools + self->at.first_pool, self->at.n_pools, &none);
}

void seat_take(seat *self, size_t n_waiting)
{
    seating *among = self->seating;
    pthread_mutex_lock(&among->lock);
    among->n_seated++;
    sit(self, choose_crew(among, among->n_seated + n_waiting, (pool_span){0, 0}));
    pthread_mutex_unlock(&among->lock);
    set_pools(self);
}

void seat_adjust(seat *self, size_t n_waiting)
{
    seating *among = self->seating;
    const pool_span before = self->at;
    pthread_mutex_lock(&among->lock);
    get_up(self);
    sit(self, choose_crew(among, among->n_seated + n_waiting, before));
    const size_t n_jobs = most_jobs(among, self->at);
    pthread_mutex_unlock(&among->lock);
    if (!is_same(self->at, before))
        set_pools(self);
    crew_set_share(self->crew, (crew_size(self->crew) + n_jobs - 1) / n_jobs);
}

void seat_leave(seat *self)
{
    seating *among = self->seating;
    pthread_mutex_lock(&among->lock);
    among->n_seated--;
    get_up(self);
    pthread_mutex_unlock(&among->lock);
}

void seat_set_rank(seat *self, uint64_t rank)
{
    crew_set_rank(self->crew, rank);
    if (self->tail != NULL)
        crew_set_rank(self->tail, rank);
}

double seat_cpu_seconds(const seat *self)
{
    return crew_cpu_seconds(self->crew) + (self->tail != NULL ? crew_cpu_seconds(self->tail) : 0);
}

uint16_t seat_domain(const seat *self)
{
    const placement *where = self->seating->setup.where;
    return where != NULL ? where->pools[self->at.first_pool].domain : (uint16_t)TOPOLOGY_NONE;
}

size_t seat_node(const seat *self)
{
    const placement *where = self->seating->setup.where;
    size_t i = 0;
    while (where != NULL && where->nodes[i] != where->pools[self->at.first_pool].node)
        i++;
    return i;
}
