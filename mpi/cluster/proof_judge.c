/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/proof_judge.h"

#include <stdlib.h>

#include "node/format/proof_bytes.h"

/* Proofs of one key, as they are verified together. */
typedef struct {
    groth16_proof *proofs;
    const uint8_t **public_inputs;
    pt_err *verdicts;
    size_t *places; /* among all */
    size_t n;
} pile;

/* A proof that can't be one is judged here. */
static void read_one(const groth16_vkey *vkey, const cluster_proof *proof, size_t place, pile *same, pt_err *verdict)
{
    if (proof->n_public != vkey->n_public) {
        pt_fail(verdict, PT_E_VERIFY, "%u public inputs, but the key has %u", proof->n_public, vkey->n_public);
        return;
    }
    if (proof_bytes_read(vkey->curve, proof->bytes, proof->n_bytes, &same->proofs[same->n], verdict) != PT_OK)
        return;
    same->public_inputs[same->n] = proof->public_inputs;
    same->verdicts[same->n] = (pt_err){0};
    same->places[same->n++] = place;
}

static pt_status judge_pile(const groth16_vkey *vkey, pile *same, pt_err *verdicts, pt_err *err)
{
    const groth16_batch batch = {.vkey = vkey, .public_inputs = same->public_inputs, .proofs = same->proofs, .n = same->n};
    pt_err first = {0};
    const pt_status status = same->n > 0 ? groth16_verify_batch(&batch, same->verdicts, &first) : PT_OK;
    if (status != PT_OK && status != PT_E_VERIFY)
        return pt_fail(err, status, "%s", first.msg);
    for (size_t i = 0; i < same->n; i++)
        verdicts[same->places[i]] = same->verdicts[i];
    return PT_OK;
}

/* All of the key of the first proof that was not judged yet. */
static pt_status judge_key(const key_copies *keys, const cluster_proof *proofs, size_t n, bool *judged, pile *same,
                           pt_err *verdicts, pt_err *err)
{
    size_t first = 0;
    while (judged[first])
        first++;
    const groth16_vkey *vkey = &keys[proofs[first].key].of[0]->vkey;
    same->n = 0;
    for (size_t i = first; i < n; i++) {
        if (judged[i] || proofs[i].key != proofs[first].key)
            continue;
        judged[i] = true;
        read_one(vkey, &proofs[i], i, same, &verdicts[i]);
    }
    return judge_pile(vkey, same, verdicts, err);
}

static bool all_judged(const bool *judged, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!judged[i])
            return false;
    return true;
}

pt_status proof_judge(const key_copies *keys, const cluster_proof *proofs, size_t n, pt_err *verdicts, pt_err *err)
{
    pile same = {.proofs = calloc(n, sizeof *same.proofs),
                 .public_inputs = calloc(n, sizeof *same.public_inputs),
                 .verdicts = calloc(n, sizeof *same.verdicts),
                 .places = calloc(n, sizeof *same.places)};
    bool *judged = calloc(n, sizeof *judged);
    if (same.proofs == NULL || same.public_inputs == NULL || same.verdicts == NULL || same.places == NULL || judged == NULL)
        pt_fail(err, PT_E_NOMEM, "no memory to verify %zu proofs", n);
    while (err->code == PT_OK && !all_judged(judged, n))
        judge_key(keys, proofs, n, judged, &same, verdicts, err);
    free(judged);
    free(same.places);
    free(same.verdicts);
    free(same.public_inputs);
    free(same.proofs);
    return err->code;
}
