/* SPDX-License-Identifier: Apache-2.0 */
/* node/groth16/device_key.h - a proving key on a device, and rooms there for the partitions that are proven with it.
 *
 * A room's stages are called in order: witness, then synthesis or vectors, quotient, sum_h, sum_witness. The first of them that has kernels
 * takes the device's lock and queues those of all that follow, so that the device never waits for the host between two stages; each stage waits
 * for its own end, and when the last one's kernels have ended the lock is another's. Copies to the device are made outside it. */
#ifndef PT_DEVICE_KEY_H
#define PT_DEVICE_KEY_H

#include "gpu/claims.h"
#include "gpu/device.h"
#include "gpu/lock.h"
#include "node/groth16/device_plan.h"

/** A device that a node proves on: borrowed, with its lock. */
typedef struct device_place {
    gpu_device *device;
    gpu_lock *lock;
    size_t n_sharing;     /* ranks that have it together: each plans for its part of the memory */
    gpu_claims *claims;   /* of its memory; NULL: no other process is looked for */
    const unsigned *near; /* processors next to it, by the system's numbers: who feeds it runs there; borrowed */
    size_t n_near;        /* 0: anywhere */
    bool is_timed;        /* what kernels take is counted (device_key_busy_ns); they take a little longer then */
} device_place;

typedef struct device_key device_key;
typedef struct device_room device_room;

/** Partitions that have vectors on a device at once. */
static inline size_t device_rooms_of(const engine_options *options)
{
    return options->n_gpu_workers != 0 ? options->n_gpu_workers : 2;
}

/** What a device may have for one more key, beside what it holds and what other processes have claimed.
 *  units: of_others: bytes (gpu_claims_of_others) */
device_request device_request_of(const device_place *place, const engine_options *options, uint64_t of_others, bool tables);

/** The accumulators that `bench msm --tune` found best on the device for sums as large as this key's.
 *  shape   damage: PT_E_FORMAT what was kept is damaged, so a default stands in its place; else left as it is */
void device_request_tune(const device_place *place, const proving_key *key, device_request *request, pt_err *damage);

/** Check a key's parts, send them to the device, and take the rooms' memory.
 *  shape   plan: of this key and what the device may have now
 *  owns    *out is the caller's (device_key_destroy); place and key are borrowed and must outlive it
 *  thread  any; threads is for the key's checks
 *  errors  PT_E_FORMAT a damaged part; PT_E_NOMEM, PT_E_DEVICE: device, step and bytes are named */
pt_status device_key_create(const device_place *place, const proving_key *key, const device_plan *plan, crew *threads,
                            device_key **out, pt_err *err);
/** No room of it is taken. NULL is fine. */
void device_key_destroy(device_key *self);

/** From now on a partition has the device's lock from its first copy there until its room is given back, which is worse: to be compared. No
 *  room is taken. */
void device_key_lock_partitions(device_key *self);

const device_plan *device_key_planned(const device_key *self);

/** Device nanoseconds that the kernels of all rooms took since the key was made. thread: any */
uint64_t device_key_busy_ns(device_key *self);

/** A room nobody has; waits for one. thread: any */
device_room *device_room_take(device_key *self);
/** At any stage. What is secret in it is zeroed first, and what all rooms share when no partition uses it; or all is left to one that waits,
 *  which overwrites it. */
void device_room_give(device_room *room);

/** thread  one at a time for each room, here and below
 *  errors  PT_E_DEVICE, PT_E_NOMEM, here and below; nothing is under way after one, and the room can only be given back
 *  shape   witness: n_vars canonical values */
pt_status device_room_witness(device_room *room, const uint8_t *witness, pt_err *err);
/** a = A w, b = B w, c = a o b, where the plan has synthesis on the device. */
pt_status device_room_synthesis(device_room *room, pt_err *err);
/** The three vectors from the host, where it has not: domain_size values each, Montgomery form. */
pt_status device_room_vectors(device_room *room, const void *a, const void *b, const void *c, pt_err *err);
pt_status device_room_quotient(device_room *room, pt_err *err);
/** Bit sums, plan.h and plan.witness say how many; a, b1, l in G1, and b2 where the plan has it on the device. */
pt_status device_room_sum_h(device_room *room, uint8_t *h, pt_err *err);
pt_status device_room_sum_witness(device_room *room, uint8_t *a, uint8_t *b1, uint8_t *l, uint8_t *b2, pt_err *err);

#endif
