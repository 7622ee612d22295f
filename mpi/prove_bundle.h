/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/prove_bundle.h - the bundles of a run of prove: all proofs of its request, as its journal has them. */
#ifndef PT_PROVE_BUNDLE_H
#define PT_PROVE_BUNDLE_H

#include "mpi/bundle.h"
#include "mpi/cluster/journal.h"
#include "mpi/cluster/request.h"
#include "node/pipeline/key_copies.h"

/** What goes into a bundle. Borrowed. */
typedef struct prove_bundle {
    const request *request;
    const key_copies *keys; /* of the request */
    journal *journal;
    const uint8_t *identities; /* JOURNAL_HASH_BYTES for each partition */
} prove_bundle;

/** Can all proofs of the request be in one raw bundle?
 *  ranks   root only, here and below
 *  errors  PT_E_ARG keys of two curves; PT_E_NOMEM */
pt_status prove_bundle_check_raw(const prove_bundle *self, pt_err *err);

/** Write a bundle; every partition is in the journal.
 *  errors  of bundle_writer_create, _add and _commit, and of journal_find; PT_E_FORMAT an entry that is not of its key: nothing is left then */
pt_status prove_bundle_write(const prove_bundle *self, const char *path, bundle_form form, pt_err *err);

#endif
