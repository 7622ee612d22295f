/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/scale_turn.h - one turn of `bench scale`: so many partitions by the ranks of a cluster, or by as many provers that know nothing of each other,
 * on the same cores. */
#ifndef PT_SCALE_TURN_H
#define PT_SCALE_TURN_H

#include "mpi/scale_site.h"

typedef enum { SCALE_CLUSTER, SCALE_PROVERS } scale_side;

typedef struct scale_turn_order {
    scale_side side;
    size_t n_ranks, cores_per_rank;
    size_t n_in_flight;  /* partitions that a rank has under way at a time */
    size_t n_partitions; /* at least 2 * n_in_flight a rank */
} scale_turn_order;

typedef struct scale_turn {
    double rate;          /* proofs a second between deliveries, start-up left out; of provers their sum */
    double start_seconds; /* until the first proof; of provers the longest */
    double cpu_seconds;   /* of all processes, a proof */
    double talking;       /* the part of processor time that is not proving, start-up and end left out; NaN: not known */
} scale_turn;

/** Prove, and have every proof verified by the portable build.
 *  shape   seconds[n_partitions]: what each partition took
 *  ranks   root only
 *  errors  of `prove`; PT_E_DEVICE mpirun failed; PT_E_INTERNAL a proof that is missing or wrong, or not of the rank's device; PT_E_NOMEM
 *          interrupted */
pt_status scale_turn_take(const scale_site *site, const scale_turn_order *order, scale_turn *out, double *seconds,
                          pt_err *err);

#endif
