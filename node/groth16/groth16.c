/* SPDX-License-Identifier: Apache-2.0 */
#include "node/groth16/groth16.h"

#include <stdlib.h>

#include "node/groth16/prover.h"

void groth16_vkey_clear(groth16_vkey *vkey)
{
    if (vkey == NULL)
        return;
    free(vkey->ic);
    *vkey = (groth16_vkey){0};
}

pt_status groth16_verify(const groth16_vkey *vkey, const uint8_t *public_inputs, size_t n_public,
                         const groth16_proof *proof, pt_err *err)
{
    if (n_public != vkey->n_public)
        return pt_fail(err, PT_E_FORMAT, "%zu public inputs, but the verifying key has %u", n_public, vkey->n_public);
    return groth16_verify_batch(vkey, &public_inputs, proof, 1, err);
}

pt_status groth16_verify_batch(const groth16_vkey *vkey, const uint8_t *const *public_inputs, const groth16_proof *proofs,
                               size_t n, pt_err *err)
{
    for (size_t i = 0; i < n; i++)
        if (proofs[i].curve != vkey->curve)
            return pt_fail(err, PT_E_FORMAT, "proof %zu is of curve %s, but the verifying key of %s", i,
                           proofs[i].curve->name, vkey->curve->name);
    return n == 0 ? PT_OK : vkey->curve->verify_batch(vkey, public_inputs, proofs, n, err);
}

pt_status groth16_prove(const groth16_job *job, groth16_proof *out, pt_err *err)
{
    const proving_key *key = job->key;
    const wtns *witness = job->witness;
    if (witness->curve != key->curve)
        return pt_fail(err, PT_E_FORMAT, "%s: a witness of curve %s, but the key is of %s", job->witness_path,
                       witness->curve->name, key->curve->name);
    if (witness->n != key->n_vars)
        return pt_fail(err, PT_E_FORMAT, "%s: a witness of %u values, but the key's circuit has %u", job->witness_path,
                       witness->n, key->n_vars);
    return key->curve->prove(job, out, err);
}
