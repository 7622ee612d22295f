/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/transport.h - how frames go from rank to rank: one table for MPI, for ranks within a process and for the simulator.
 *
 * A frame is an opaque run of bytes (wire.h says what is in it). Nothing here waits. Frames of one rank to another arrive in order or
 * not at all; nobody is told of one that is lost: whoever needs an answer asks again. Rank 0 is the root. */
#ifndef PT_TRANSPORT_H
#define PT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

typedef struct transport transport;

typedef struct transport_ops {
    pt_status (*send)(transport *self, uint32_t to, const uint8_t *frame, size_t n_bytes, pt_err *err);
    bool (*receive)(transport *self, uint32_t *from, const uint8_t **frame, size_t *n_bytes);
    void (*destroy)(transport *self);
} transport_ops;

/** What every transport begins with. */
struct transport {
    const transport_ops *ops;
    uint32_t rank, n_ranks;
    uint64_t n_moved; /* parts of frames that went or came so far, where frames go in parts */
};

/** Has a part of a frame gone or come since? Then the next one may be near, though no frame is whole. self: NULL: no
 *  shape   n_seen: 0 at first, kept by the caller
 *  thread  as below
 *  ranks   any */
static inline bool transport_has_moved(const transport *self, uint64_t *n_seen)
{
    const uint64_t n_before = *n_seen;
    *n_seen = self == NULL ? 0 : self->n_moved;
    return *n_seen != n_before;
}

/** Send a copy of a frame; to itself as well. A rank that is gone swallows it.
 *  thread  the one that made the transport, here and below
 *  ranks   any
 *  errors  PT_E_NOMEM */
static inline pt_status transport_send(transport *self, uint32_t to, const uint8_t *frame, size_t n_bytes, pt_err *err)
{
    return self->ops->send(self, to, frame, n_bytes, err);
}

/** The next frame that has arrived, whole.
 *  owns    *frame is the transport's, until the next call
 *  ranks   any
 *  returns false when there is none now */
static inline bool transport_receive(transport *self, uint32_t *from, const uint8_t **frame, size_t *n_bytes)
{
    return self->ops->receive(self, from, frame, n_bytes);
}

/** ranks   any */
static inline void transport_destroy(transport *self)
{
    if (self != NULL)
        self->ops->destroy(self);
}

#endif
