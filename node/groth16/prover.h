/* SPDX-License-Identifier: Apache-2.0 */
/* node/groth16/prover.h - one partition: a witness of a circuit becomes a verified proof. */
#ifndef PT_PROVER_H
#define PT_PROVER_H

#include "node/format/proving_key.h"
#include "node/format/wtns.h"
#include "node/pipeline/stage.h"

typedef struct groth16_job {
    const proving_key *key;
    const wtns *witness;
    const char *witness_path; /* for messages */
    crew *crew;
    const job_watch *watch; /* may be NULL; told on another thread than the caller's */
} groth16_job;

/** Prove and verify with the key's own verifying key; *out is set only if the proof is right.
 *  errors  PT_E_FORMAT a witness of another circuit; PT_E_VERIFY the witness does not satisfy the circuit (or the key is
 *          damaged); PT_E_NOMEM
 *  owns    whatever is computed on the way lies in secret memory, on a thread and a stack of its own, and is zeroed at the end,
 *          also of a proof that fails; the calling thread waits
 *  source  Groth, eprint 2016/260, section 3.2; blinding r, s from libsodium */
pt_status groth16_prove(const groth16_job *job, groth16_proof *out, pt_err *err);

#endif
