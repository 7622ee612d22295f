/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/engine_proving.h - a worker's proving on this machine: workplace, engine, and the request's keys. */
#ifndef PT_ENGINE_PROVING_H
#define PT_ENGINE_PROVING_H

#include "mpi/cluster/proving.h"
#include "mpi/run_timeline.h"
#include "mpi/workplace.h"

typedef struct engine_proving engine_proving;

typedef struct engine_proving_setup {
    const cli *options;      /* borrowed, as everything here is */
    const char *largest_key; /* path: what is planned for before keys are open; NULL: not known */
    size_t n_partitions;     /* 0: no end is known */
    key_check check;
    uint32_t n_ahead; /* orders that are held beside those in flight, at the most */
    bool plan_alone;  /* open keys and plan: nothing will be proven */
    /** No other rank can have a second look at a proof that fails: this one does. At a device's proofs it looks in any case. */
    bool is_alone;
    const atomic_bool *stop;
    run_timeline *timeline; /* NULL: none */
    /** A stage of an order begins: STAGE_KEY of a key, the others of a partition. thread: any. NULL: nobody looks */
    void (*on_stage)(void *ctx, uint32_t number, stage s);
    void *ctx;
} engine_proving_setup;

/** owns    *out is the caller's (engine_proving_destroy)
 *  ranks   any, here and below
 *  errors  of workplace_init and engine_create */
pt_status engine_proving_create(const engine_proving_setup *setup, engine_proving **out, pt_err *err);
/** What is under way ends first. */
void engine_proving_destroy(engine_proving *self);

/** Nobody waits for what is under way any more: let it end, early, and forget it. Then no stage is told any more. */
void engine_proving_settle(engine_proving *self);

/** Sleep until an order has ended that proving_next has not told of, or not even that long.
 *  units   us: microseconds at the longest; 0: not at all */
void engine_proving_rest(engine_proving *self, unsigned us);

/** owns    borrowed */
proving *engine_proving_table(engine_proving *self);

/** What it proves with; keys and plan once they are known (proving_key_of). owns: borrowed */
typedef struct engine_proving_parts {
    engine *engine;
    const workplace *place;
    const key_copies *keys; /* of each key of the request */
    uint32_t n_keys;
    const memory_plan *memory;
    uint64_t peak_before; /* bytes of memory taken when it was planned */
} engine_proving_parts;

engine_proving_parts engine_proving_look(engine_proving *self);

/** What its device has proven by now; all zero if it has none. owns: its texts are borrowed */
wire_device engine_proving_device(const engine_proving *self);

#endif
