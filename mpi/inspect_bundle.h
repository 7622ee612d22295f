/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/inspect_bundle.h - partita inspect of a bundle: its keys, its partitions, its sizes. */
#ifndef PT_INSPECT_BUNDLE_H
#define PT_INSPECT_BUNDLE_H

#include "mpi/cli.h"

/** What a bundle holds: n_partitions, file_bytes, content_bytes, keys, partitions. Points are on their curves, as in a proof.json.
 *  owns    the caller's (json_decref); NULL: *err says why
 *  ranks   root only
 *  errors  PT_E_FORMAT, also of the first proof that is malformed; those of bundle_open; PT_E_NOMEM */
json_t *inspect_bundle(const cli *self, const char *path, pt_err *err);

/** Its keys and partitions as tables on stdout; of many partitions the first.
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status inspect_bundle_print(json_t *facts, pt_err *err);

#endif
