/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/proving.h - what a worker proves with: one table, for the node's engine and for the simulator's nodes.
 *
 * Nothing here waits: keys are opened and partitions proven beside the thread that asks. */
#ifndef PT_PROVING_H
#define PT_PROVING_H

#include "mpi/cluster/wire.h"

typedef struct proving proving;

/** A partition to prove. Texts are the caller's, and copied. */
typedef struct proving_order {
    wire_attempt attempt;
    uint32_t key;
    int32_t priority;
    const char *id, *witness;
    void *
        memory; /* secret_alloc's, with the witness in it: the proving's from here on, whatever becomes of the order; NULL: the path's */
    size_t n_memory_bytes;
} proving_order;

/** How an order ended: with a proof that was verified, or an error. */
typedef struct proving_end {
    wire_attempt attempt;
    pt_err err;
    bool begun; /* false: it was stopped before */
    uint8_t proof[WIRE_PROOF_BYTES_MAX];
    uint32_t n_proof_bytes;
    uint8_t *public_inputs; /* the receiver's to free() */
    uint32_t n_public;
    double seconds;
} proving_end;

/** A key that was opened, or could not be. */
typedef struct proving_key_state {
    pt_err err;
    uint8_t hash[WIRE_HASH_BYTES];
} proving_key_state;

typedef struct proving_ops {
    pt_status (*open_keys)(proving *self, const char *const *paths, uint32_t n_keys, pt_err *err);
    const proving_key_state *(*key)(proving *self, uint32_t number);
    uint32_t (*room)(const proving *self);
    pt_status (*begin)(proving *self, const proving_order *order, pt_err *err);
    bool (*next)(proving *self, proving_end *out);
    void (*cancel)(proving *self, wire_attempt attempt);
    void (*device_fault)(proving *self, char *out); /* NULL: it has no device */
} proving_ops;

/** What every one begins with. */
struct proving {
    const proving_ops *ops;
};

/** Begin to open the keys of a request: all of them, of which those are passed over that were asked for before. So keys may join, while
 *  partitions are proven with the others.
 *  shape   paths: the first ones are those of the call before
 *  ranks   any, here and below
 *  errors  PT_E_NOMEM */
static inline pt_status proving_open_keys(proving *self, const char *const *paths, uint32_t n_keys, pt_err *err)
{
    return self->ops->open_keys(self, paths, n_keys, err);
}

/** owns    borrowed
 *  returns NULL while the key is being opened, or was not asked for */
static inline const proving_key_state *proving_key_of(proving *self, uint32_t number)
{
    return self->ops->key(self, number);
}

/** How many orders it may hold at once, those that wait behind others included. After the first key is open. */
static inline uint32_t proving_room(const proving *self)
{
    return self->ops->room(self);
}

/** Its key is open.
 *  errors  PT_E_NOMEM */
static inline pt_status proving_begin(proving *self, const proving_order *order, pt_err *err)
{
    return self->ops->begin(self, order, err);
}

/** returns false: no order has ended that was not told of yet */
static inline bool proving_next(proving *self, proving_end *out)
{
    return self->ops->next(self, out);
}

/** Nobody needs this order any more: it ends early, or as it would have. */
static inline void proving_cancel(proving *self, wire_attempt attempt)
{
    self->ops->cancel(self, attempt);
}

/** Why the processor proves in the device's place, the latest reason; empty: nothing is wrong.
 *  shape   out[WIRE_FAULT_MAX] */
static inline void proving_device_fault(proving *self, char *out)
{
    out[0] = '\0';
    if (self->ops->device_fault != NULL)
        self->ops->device_fault(self, out);
}

#endif
