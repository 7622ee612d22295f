/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/verify_bundle.h - partita verify --bundle FILE VKEY...: all proofs of a bundle, in batches by key. */
#ifndef PT_VERIFY_BUNDLE_H
#define PT_VERIFY_BUNDLE_H

#include "mpi/cli.h"
#include "node/groth16/groth16.h"

/** Verify every proof of a bundle with the one of these keys that has its key's hash, name the bad ones on stderr and say how many there
 *  are.
 *  shape   vkeys[n], with their paths
 *  ranks   root only
 *  errors  of the first bad one in order, without a message: it has been told; PT_E_FORMAT one of the bundle's keys is not given, with its
 *          hash; those of bundle_open; PT_E_NOMEM */
pt_status verify_bundle(const cli *self, const groth16_vkey *vkeys, char *const *paths, size_t n, const char *bundle,
                        pt_err *err);

#endif
