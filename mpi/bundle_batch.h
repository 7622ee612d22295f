/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/bundle_batch.h - as many of a bundle's partitions as are looked at together. */
#ifndef PT_BUNDLE_BATCH_H
#define PT_BUNDLE_BATCH_H

#include "mpi/bundle.h"
#include "node/pipeline/crew.h"

/* A batch ends behind so many partitions, or the first with which its public inputs take so much. */
enum { BUNDLE_BATCH_MAX = 1024, BUNDLE_BATCH_PUBLIC_BYTES = 1 << 25 };

typedef struct bundle_batch {
    size_t n;
    bundle_partition partitions[BUNDLE_BATCH_MAX];
    groth16_proof proofs[BUNDLE_BATCH_MAX];
    uint8_t *public_inputs[BUNDLE_BATCH_MAX]; /* NULL where they are not asked for */
    pt_err errs[BUNDLE_BATCH_MAX]; /* PT_OK, or PT_E_FORMAT: what is wrong with a proof's points, "PATH: ID: ..." */
} bundle_batch;

/** owns    *out is the caller's (bundle_batch_destroy)
 *  ranks   root only, here and below
 *  errors  PT_E_NOMEM */
pt_status bundle_batch_create(bundle_batch **out, pt_err *err);
void bundle_batch_destroy(bundle_batch *self);

/** Read the next partitions, n_left at the most, in place of those there; their points are decompressed by the crew.
 *  shape   path: the bundle's, for messages
 *  errors  as bundle_next; PT_E_NOMEM */
pt_status bundle_batch_read(bundle_batch *self, bundle_reader *from, const char *path, size_t n_left, bool with_public,
                            crew *threads, pt_err *err);

#endif
