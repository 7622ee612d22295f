/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/simulator.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/cluster/simulator_parts.h"

static const double worker_tick_s = 0.5, root_tick_s = 0.25;

/* Some rank, of those that live. */
static uint32_t pick(simulator *self)
{
    const uint32_t first = (uint32_t)(chance_word(&self->chances) % self->setup.n_ranks);
    for (uint32_t i = 0; i < self->setup.n_ranks; i++) {
        const uint32_t rank = (first + i) % self->setup.n_ranks;
        if (!self->nodes[rank].dead && !self->nodes[rank].frozen)
            return rank;
    }
    return ROOT;
}

static void strike(simulator *self, event_kind kind)
{
    const simulator_faults *f = &self->setup.faults;
    const uint32_t rank = pick(self);
    if (kind == EVENT_KILL) {
        simulator_push_rank(self, kind, ROOT, self->now + chance_wait(&self->chances, f->kill_s));
        if (rank == ROOT || (f->revive_s == 0 && rank == 0)) /* somebody goes on */
            return;
        simulated_node_stop(&self->nodes[rank]);
        if (f->revive_s > 0)
            simulator_push_rank(self, EVENT_REVIVE, rank, self->now + chance_wait(&self->chances, f->revive_s));
    } else {
        simulator_push_rank(self, kind, ROOT, self->now + chance_wait(&self->chances, f->freeze_s));
        if (rank == ROOT)
            return;
        self->nodes[rank].frozen = true;
        simulator_push_rank(self, EVENT_THAW, rank, self->now + chance_wait(&self->chances, f->frozen_s));
    }
}

static void happen_to_rank(simulator *self, event *e)
{
    simulated_node *n = &self->nodes[e->rank];
    if (e->kind == EVENT_FRAME && n->frozen) { /* it waits with the rank */
        event later = *e;
        later.at = self->now + worker_tick_s;
        e->bytes = NULL;
        simulator_push(self, later);
    } else if (e->kind == EVENT_FRAME && !n->dead) {
        worker_receive(n->worker, e->bytes, e->n_bytes, self->now);
        simulated_node_tick(n);
    } else if (e->kind == EVENT_FRAME || e->life != n->life) {
        return;
    } else if (e->kind == EVENT_REVIVE) {
        simulated_node_start(self, e->rank);
    } else if (e->kind == EVENT_THAW) {
        n->frozen = false;
        simulated_node_tick(n);
    } else if (!n->frozen || e->kind == EVENT_TICK) {
        if (e->kind == EVENT_TICK)
            simulator_push_rank(self, EVENT_TICK, e->rank, self->now + worker_tick_s);
        if (!n->frozen)
            simulated_node_tick(n);
    }
}

static void happen_to_root(simulator *self, event *e)
{
    if (e->kind == EVENT_FRAME) {
        event_queue_push(&self->inbox, *e, self->err);
        e->bytes = NULL;
        if (self->root_free > self->now)
            simulator_wake_root(self, self->root_free);
        else
            simulator_root_turn(self);
    } else if (e->kind == EVENT_KILL || e->kind == EVENT_FREEZE) {
        strike(self, e->kind);
    } else if (e->kind == EVENT_CRASH) {
        simulator_push_rank(self, EVENT_CRASH, ROOT,
                            self->now + chance_wait(&self->chances, self->setup.faults.root_crash_s));
        simulator_crash(self);
    } else if (e->life == self->n_roots && e->at >= self->root_due) { /* else it was woken before */
        self->root_due = INFINITY;
        if (self->now >= self->root_free)
            simulator_root_turn(self);
        simulator_wake_root(self, self->root_free > self->now ? self->root_free : self->now + root_tick_s);
    }
}

static void run(simulator *self)
{
    const simulator_faults *f = &self->setup.faults;
    simulator_root_start(self);
    if (f->kill_s > 0)
        simulator_push_rank(self, EVENT_KILL, ROOT, chance_wait(&self->chances, f->kill_s));
    if (f->freeze_s > 0)
        simulator_push_rank(self, EVENT_FREEZE, ROOT, chance_wait(&self->chances, f->freeze_s));
    if (f->root_crash_s > 0)
        simulator_push_rank(self, EVENT_CRASH, ROOT, chance_wait(&self->chances, f->root_crash_s));
    while (self->err->code == PT_OK && !simulator_is_over(self)) {
        event e = event_queue_pop(&self->events);
        self->now = e.at;
        if (self->now > self->setup.give_up_s) {
            pt_fail(self->err, PT_E_INTERNAL, "seed %" PRIu64 ": not over after %.0f simulated seconds", self->setup.seed,
                    self->now);
        } else if (e.rank == ROOT) {
            happen_to_root(self, &e);
        } else {
            happen_to_rank(self, &e);
        }
        free(e.bytes);
    }
}

/* Everything was proven and published, but for partitions whose witness is at fault. */
static void check_end(simulator *self)
{
    for (uint32_t i = 0; i < self->setup.n_partitions && self->err->code == PT_OK; i++)
        if (self->unsatisfied[i] ? self->delivered[i] : !self->delivered[i] && !self->failed[i])
            simulator_broken(self, self->unsatisfied[i] ? "can't be proven and was" : "was lost", i);
}

/* ---- the whole ---- */

static pt_status make_request(simulator *self)
{
    const bool is_open = self->setup.n_places > 0;
    const uint32_t n = is_open ? self->setup.n_places : self->setup.n_partitions;
    static char key_path[] = "simulated.zkey";
    self->request.keys = calloc(SIMULATED_KEYS_MAX, sizeof *self->request.keys);
    self->request.partitions = calloc(n, sizeof *self->request.partitions);
    self->witnesses = calloc(n, sizeof *self->witnesses);
    self->identities = calloc(n, JOURNAL_HASH_BYTES);
    self->key_hash = calloc(SIMULATED_KEYS_MAX, WIRE_HASH_BYTES);
    if (self->request.keys == NULL || self->request.partitions == NULL || self->witnesses == NULL ||
        self->identities == NULL || self->key_hash == NULL)
        return pt_fail(self->err, PT_E_NOMEM, "no memory for %u simulated partitions", n);
    for (uint32_t i = 0; i < SIMULATED_KEYS_MAX; i++)
        self->request.keys[i] = key_path;
    self->request.n_keys = is_open ? SIMULATED_KEYS_MAX : 1;
    self->request.n_partitions = n;
    for (uint32_t i = 0; i < n; i++) {
        snprintf(self->witnesses[i], WITNESS_ROOM, "%u", i);
        self->request.partitions[i] = (request_partition){.id = self->witnesses[i], .witness = self->witnesses[i]};
        memcpy(self->identities + (size_t)i * JOURNAL_HASH_BYTES, &i, sizeof i);
    }
    return PT_OK;
}

static pt_status make_world(simulator *self)
{
    const simulator_setup *s = &self->setup;
    self->nodes = calloc(s->n_ranks, sizeof *self->nodes);
    self->link_free = calloc(2 * (size_t)s->n_ranks, sizeof *self->link_free);
    self->delivered = calloc(s->n_partitions, sizeof *self->delivered);
    self->failed = calloc(s->n_partitions, sizeof *self->failed);
    self->unsatisfied = calloc(s->n_partitions, sizeof *self->unsatisfied);
    if (self->nodes == NULL || self->link_free == NULL || self->delivered == NULL || self->failed == NULL ||
        self->unsatisfied == NULL)
        return pt_fail(self->err, PT_E_NOMEM, "no memory for %u simulated ranks", s->n_ranks);
    for (uint32_t i = 0; i < s->n_ranks; i++)
        self->nodes[i].speed = 1 + s->speed_spread * (2 * chance(&self->chances) - 1);
    for (uint32_t i = 0; i < s->n_partitions; i++)
        self->unsatisfied[i] = chance(&self->chances) < s->faults.unsatisfied;
    self->root_link = (transport){.ops = &simulator_root_ops, .n_ranks = s->n_ranks};
    return make_request(self);
}

static void clear(simulator *self)
{
    simulator_root_stop(self);
    for (uint32_t i = 0; i < self->setup.n_ranks && self->nodes != NULL; i++)
        simulated_node_stop(&self->nodes[i]);
    event_queue_clear(&self->events);
    event_queue_clear(&self->inbox);
    free(self->nodes);
    free(self->link_free);
    free(self->delivered);
    free(self->failed);
    free(self->unsatisfied);
    free(self->identities);
    free(self->witnesses);
    free(self->key_hash);
    simulator_lines_clear(self);
    free(self->request.partitions);
    free(self->request.keys);
}

pt_status simulator_run(const simulator_setup *setup, simulator_result *out, pt_err *err)
{
    simulator self = {.setup = *setup, .chances = {setup->seed}, .err = err};
    if (make_world(&self) == PT_OK) {
        run(&self);
        check_end(&self);
    }
    clear(&self);
    if (err->code == PT_OK)
        *out = self.result;
    return err->code;
}
