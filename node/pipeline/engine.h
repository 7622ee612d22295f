/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/engine.h - one node's engine: everything that proves goes through it.
 *
 * Jobs, one a partition, are taken by priority and, of equal ones, in the order in which they came. Each job in flight has a driver, a
 * thread that carries it from its witness to a verified proof and holds its memory from beginning to end; the heavy part of
 * every stage runs on pools of threads that all drivers share evenly, and what one leaves idle another fills.
 * Finished jobs come out in the order in which they went in, or as they finish. A job that fails ends with its own error; the others go on. */
#ifndef PT_ENGINE_H
#define PT_ENGINE_H

#include "node/format/wtns.h"
#include "node/groth16/device_key.h"
#include "node/groth16/prover.h"
#include "node/pipeline/arena_store.h"
#include "node/pipeline/engine_options.h"
#include "node/pipeline/memory_plan.h"
#include "node/pipeline/timeline.h"

typedef struct engine engine;
struct placement;
struct topology;

typedef struct engine_setup {
    engine_options options; /* zeros: a partition in flight a thread, as memory allows, and at least two a pool */
    const struct placement
        *where; /* borrowed until engine_destroy; NULL: options.n_threads threads in one pool, bound nowhere */
    const struct topology *machine; /* that `where` is a plan for; borrowed likewise */
    cpu_features features;
    const device_place *device; /* borrowed; where keys and partitions go too; NULL: the processor alone */
    bool device_is_choice;      /* the processor does what the device can't, or did wrongly; else that fails */
    bool device_if_it_pays;     /* a key goes there only if device_pays */
    /* Who proves, and why, where the device is a choice. thread: any; NULL: nobody hears */
    void (*told)(void *ctx, bool is_fault, const char *text);
    void *ctx;
    timeline *timeline;      /* borrowed; NULL: none */
    const atomic_bool *stop; /* set by anyone: as engine_stop, at the latest when a driver is free; NULL: nobody does */
} engine_setup;

/** Partitions in flight with a device, as far as memory allows: one in each of its rooms, and one that is read or verified. Pure. */
size_t engine_in_flight_on_device(const engine_options *options);

/** Start an engine's pools.
 *  owns    *out is the caller's (engine_destroy)
 *  errors  PT_E_ARG no thread; PT_E_NOMEM memory or threads */
pt_status engine_create(const engine_setup *setup, engine **out, pt_err *err);

/** Let what is in flight end, forget what is not, and release everything.
 *  thread  the one that submits; jobs that were not given back end where they are, and stay the caller's */
void engine_destroy(engine *self);

/** All the threads of the engine, for opening keys: one at a time, beside jobs as well.
 *  owns    borrowed from the engine */
crew *engine_crew(engine *self);

/** A key that jobs may name; it goes to the engine's device, out of what that has left.
 *  owns    key is borrowed and must outlive *out, which is the caller's (engine_key_destroy, when no job names it)
 *  errors  PT_E_NOMEM; of device_plan_make and device_key_create, if the device is no choice */
typedef struct engine_key engine_key;
pt_status engine_key_create(engine *self, const proving_key *key, engine_key **out, pt_err *err);

/** The same key in the memory of the plan's next NUMA node, for partitions that begin there. Before the first job.
 *  shape   PLACEMENT_COPIES_MAX in all, at most
 *  owns    borrowed, as the first one is */
void engine_key_add_copy(engine_key *self, const proving_key *copy);
void engine_key_destroy(engine_key *self);

/** Seconds that kernels took on the device for partitions of this key, by their events; 0 without one. thread: any */
double engine_key_device_seconds(const engine_key *self);

/** units: bytes. What a partition of this key holds while it is in flight; beside it, what a key adds once. */
size_t engine_partition_bytes(const engine *self, const proving_key *key);
size_t engine_key_bytes(const proving_key *key);

/** What a key would take of the engine's device now. Nothing is sent. Behind engine_plan.
 *  shape   planned_bytes: of keys that are to go there before it; out: n_rooms is 0 where the processor will prove; who listens was told why
 *  errors  of device_plan_make, if the device is no choice */
pt_status engine_plan_device(engine *self, const proving_key *key, uint64_t planned_bytes, device_plan *out, pt_err *err);

/** Work out what a run of n_partitions (0: no end is known) takes with these keys, in as many copies as the placement has, and keep to it:
 *  as many in flight as options.memory_bytes (0: what the machine has to give) have room for, each as large as the largest. Before the
 *  first job of these keys; once more when keys have joined, for all of them, out of what the machine had to give at first. What is in
 *  flight by then goes on.
 *  thread  any, one at a time
 *  shape   keys: n_keys >= 1
 *  errors  PT_E_NOMEM not even one fits: the message has the figures */
pt_status engine_plan(engine *self, const proving_key *const *keys, size_t n_keys, size_t n_partitions, memory_plan *out,
                      pt_err *err);

typedef struct engine_job {
    /* What is asked. Stays the caller's, and unchanged until the job is given back. */
    const engine_key *key;
    input_source witness; /* a file, or the bytes of one */
    const wtns *
        ready; /* a witness that was read before, which is copied; NULL: `witness`, which else is but the name in messages */
    int priority;            /* a larger one goes first */
    uint32_t span_partition; /* its number in the timeline, and 1 more; 0: as it was submitted */
    double deadline;        /* clock_seconds(): a job with a stage to begin, or a stream to wait for, then fails; 0: none */
    const job_watch *watch; /* may be NULL; told on the job's driver */
    /* What comes back. */
    groth16_proof proof;    /* of a job whose err says PT_OK */
    uint8_t *public_inputs; /* n_public of PT_FR_BYTES, canonical: the job's (engine_job_clear) */
    pt_err err;
    bool on_device; /* it was proven on the engine's device, not by the processor */
    bool begun;     /* false: stopped before */
    double seconds; /* since its memory was taken */
    /* The engine's own. */
    uint32_t number; /* in the order of submission */
    bool finished;
    struct engine_job *next_queued, *next_submitted;
} engine_job;

void engine_job_clear(engine_job *job);

/** Hand a job in; waits while options.queue_depth jobs wait to begin.
 *  owns    the job is the engine's until engine_next gives it back, or this fails; then engine_job_clear
 *  errors  PT_E_NOMEM no memory for its public inputs, no thread for its driver */
pt_status engine_submit(engine *self, engine_job *job, pt_err *err);

/** The next finished job in the order of submission; waits for it.
 *  returns NULL when every submitted job has been given back */
engine_job *engine_next(engine *self);

/** Wait for this job, which was submitted and not given back, and have it back; for who does not want engine_next's order.
 *  thread  any, one for each job */
void engine_wait(engine *self, engine_job *job);

/** A finished job, the first to have been submitted of those that are; waits for nothing.
 *  returns NULL when none is finished */
engine_job *engine_next_finished(engine *self);

/** Wait until a job has finished since the last such wait, or not even that long; for who then asks engine_next_finished.
 *  units   us: microseconds at the longest */
void engine_wait_finished(engine *self, unsigned us);

/** An engine for one job: it comes back finished, its key is set here.
 *  errors  what kept the job from being run; how it ended is in job->err */
pt_status engine_run_alone(const engine_setup *setup, const proving_key *key, engine_job *job, pt_err *err);

/** Begin no more jobs: those that wait, for a driver, for memory or to read, end with PT_E_NOMEM, "interrupted before it was begun". thread: any */
void engine_stop(engine *self);

/** What was achieved of the placement, and what the arenas' store holds. thread: any */
typedef struct {
    size_t n_threads, n_bound;         /* threads that were to be bound to a core, and those that are */
    size_t n_in_flight;                /* at the most */
    size_t n_on_device, n_left_device; /* partitions that were proven there, and that the processor proved in its place */
    arena_figures arenas;
} engine_figures;

engine_figures engine_figures_now(engine *self);

/** Does a driver work on what it has read? False: all there are wait for witnesses, or for jobs. thread: any */
bool engine_is_proving(engine *self);

#endif
