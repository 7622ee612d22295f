/* SPDX-License-Identifier: Apache-2.0 */
#include "node/groth16/groth16.h"

#include <stdlib.h>
#include <string.h>

#include "node/groth16/prover.h"

void groth16_vkey_clear(groth16_vkey *vkey)
{
    if (vkey == NULL)
        return;
    free(vkey->ic);
    *vkey = (groth16_vkey){0};
}

bool groth16_gamma_is_delta(const groth16_vkey *vkey)
{
    return memcmp(vkey->gamma2, vkey->delta2, 4 * (size_t)vkey->curve->fq_bytes) == 0;
}

pt_status groth16_verify(const groth16_vkey *vkey, const uint8_t *public_inputs, size_t n_public,
                         const groth16_proof *proof, pt_err *err)
{
    if (n_public != vkey->n_public)
        return pt_fail(err, PT_E_FORMAT, "%zu public inputs, but the verifying key has %u", n_public, vkey->n_public);
    const groth16_batch alone = {.vkey = vkey, .public_inputs = &public_inputs, .proofs = proof, .n = 1};
    return groth16_verify_batch(&alone, NULL, err);
}

void groth16_batch_count(const groth16_batch *batch, size_t n_steps)
{
    if (batch->steps != NULL)
        atomic_fetch_add(batch->steps, n_steps);
}

static pt_status verify_with(const groth16_batch *batch, pt_err *verdicts, pt_err *err)
{
    const size_t n = batch->n;
    pt_status status = batch->vkey->curve->verify_batch(batch, verdicts, err);
    for (size_t i = 0; status == PT_OK && i < n; i++)
        if (verdicts[i].code != PT_OK)
            return n == 1 ? pt_fail(err, PT_E_VERIFY, "%s", verdicts[i].msg)
                          : pt_fail(err, PT_E_VERIFY, "proof %zu of %zu: %s", i, n, verdicts[i].msg);
    return status;
}

pt_status groth16_verify_batch(const groth16_batch *batch, pt_err *verdicts, pt_err *err)
{
    for (size_t i = 0; i < batch->n; i++)
        if (batch->proofs[i].curve != batch->vkey->curve)
            return pt_fail(err, PT_E_FORMAT, "proof %zu is of curve %s, but the verifying key of %s", i,
                           batch->proofs[i].curve->name, batch->vkey->curve->name);
    if (batch->n == 0 || verdicts != NULL)
        return batch->n == 0 ? PT_OK : verify_with(batch, verdicts, err);
    pt_err *own = calloc(batch->n, sizeof *own);
    if (own == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the verdicts of %zu proofs", batch->n);
    pt_status status = verify_with(batch, own, err);
    free(own);
    return status;
}

pt_status groth16_check_witness(const proving_key *key, const wtns *witness, const char *path, pt_err *err)
{
    if (witness->curve != key->curve)
        return pt_fail(err, PT_E_FORMAT, "%s: a witness of curve %s, but the key is of %s", path, witness->curve->name,
                       key->curve->name);
    if (witness->n != key->n_vars)
        return pt_fail(err, PT_E_FORMAT, "%s: a witness of %u values, but the key's circuit has %u", path, witness->n,
                       key->n_vars);
    return PT_OK;
}
