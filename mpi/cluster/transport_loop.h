/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/transport_loop.h - ranks within one process: frames are copied from queue to queue. */
#ifndef PT_TRANSPORT_LOOP_H
#define PT_TRANSPORT_LOOP_H

#include "mpi/cluster/transport.h"

/** Make the transports of all ranks of a job that is one process.
 *  shape   out: n_ranks of them
 *  owns    each is the caller's (transport_destroy); the last one that goes takes the queues with it
 *  thread  all are one thread's
 *  ranks   any
 *  errors  PT_E_NOMEM */
pt_status transport_loop_create(uint32_t n_ranks, transport **out, pt_err *err);

#endif
