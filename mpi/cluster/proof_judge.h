/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/proof_judge.h - the root's last word on proofs that have come: all of a key in one multi-pairing. */
#ifndef PT_PROOF_JUDGE_H
#define PT_PROOF_JUDGE_H

#include "mpi/cluster/coordinator.h"
#include "node/pipeline/key_copies.h"

/** Judge proofs as coordinator_calls.judge does.
 *  shape   keys: of the request; verdicts[n]: {0} before
 *  ranks   root only
 *  errors  PT_E_NOMEM, PT_E_INTERNAL of groth16_verify_batch: nothing is known then */
pt_status proof_judge(const key_copies *keys, const cluster_proof *proofs, size_t n, pt_err *verdicts, pt_err *err);

#endif
