/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/transport_join.h - what the root sees: the worker of its own process as rank 0, and the other ranks of the job. */
#ifndef PT_TRANSPORT_JOIN_H
#define PT_TRANSPORT_JOIN_H

#include "mpi/cluster/transport.h"

/** shape   own: a loop of two, of which 1 is the worker; others: the job's, or NULL where there is one rank
 *  owns    *out is the caller's (transport_destroy); own and others are borrowed
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status transport_join_create(transport *own, transport *others, transport **out, pt_err *err);

#endif
