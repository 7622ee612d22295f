/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/engine_parts.h - an engine's insides, for its own files: engine.c runs jobs, engine_keys.c has keys and plans,
 * engine_device.c counts what becomes of a device. */
#ifndef PT_ENGINE_PARTS_H
#define PT_ENGINE_PARTS_H

#include <pthread.h>

#include "node/pipeline/engine.h"
#include "node/pipeline/seating.h"
#include "node/pipeline/secret_thread.h"
#include "node/topo/pin.h"
#include "node/topo/placement.h"

enum { ENGINE_IN_FLIGHT_LEAST = 2 }; /* of a pool; one reads or writes while the other computes */

struct engine_key {
    const proving_key *key;
    const proving_key *copies[PLACEMENT_COPIES_MAX]; /* the i-th for the plan's i-th NUMA node; the first is `key` */
    size_t n_copies;
    struct ntt_domain *domain;
    device_key *on_device; /* NULL: the processor proves */
    gpu_claims *claims;    /* where what it has there is claimed; NULL: nowhere */
    gpu_claim claim;
    size_t witness_bytes, partition_bytes;
    size_t ready_bytes; /* of partition_bytes, whose pages are there before a partition begins */
};

/** Carries one job at a time. */
typedef struct driver {
    engine *engine;
    uint16_t row;
    seat seat;
    secret_thread running;
} driver;

struct engine {
    engine_setup setup;
    size_t n_threads, n_pools;
    bool has_tail;      /* G2 MSMs run on the plan's tail crew, for the options ask for one */
    atomic_int n_tails; /* G2 MSMs under way, where synthesis gives way to them */
    seating *seating;
    arena_store *arenas;
    size_t n_in_flight, n_drivers_max, queue_depth, n_io_threads;
    uint64_t budget; /* bytes, of the first plan; 0: there is none */
    driver *drivers;
    size_t n_drivers; /* started */
    bool is_for_one;  /* partition, by the first plan */

    pthread_mutex_t lock;
    pthread_cond_t queue_changed, job_finished, reader_left;
    engine_job *queued;                              /* to begin, the first to go first */
    engine_job *oldest_submitted, *newest_submitted; /* not yet given back */
    size_t n_queued, n_idle, n_reading, n_proving, n_on_device, n_left_device;
    size_t n_device_faults; /* in a row */
    bool device_off;        /* it was wrong, or failed too often: the processor proves */
    uint32_t n_submitted;
    atomic_bool stopped;
    bool closing;
    bool has_news; /* a job has finished since engine_wait_finished last returned */
};

static inline void engine_tell(const engine *self, bool is_fault, const char *text)
{
    if (self->setup.told != NULL)
        self->setup.told(self->setup.ctx, is_fault, text);
}

/** The calling thread, which feeds the device, moves next to it, if the device's place says what is. *before: where it was, for pin_move_back.
 *  returns whether it has moved */
bool engine_move_near_device(const engine *self, pin_mask *before);

/** Is the device of a choice used no more, for it was wrong once, or failed several times in a row? thread: any, here and below */
bool engine_device_is_off(engine *self);

/** Partitions in flight that are of use, whatever memory allows: of keys that are proven with on the device, or none is. */
size_t engine_most_in_flight(const engine *self, bool on_device);

/** A partition was proven there, or by the processor in its place. */
void engine_count_on_device(engine *self);
void engine_count_instead(engine *self);

/** It failed, or computed what is wrong: who listens is told. */
void engine_device_failed(engine *self, bool is_wrong, const char *what);

#endif
