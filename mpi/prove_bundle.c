/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/prove_bundle.h"

#include <stdlib.h>

/* The caller's to free(); NULL without memory. */
static bundle_key *keys_of(const prove_bundle *self, pt_err *err)
{
    const uint32_t n = self->request->n_keys;
    bundle_key *keys = calloc(n, sizeof *keys);
    if (keys == NULL)
        pt_fail(err, PT_E_NOMEM, "no memory for a bundle of %u keys", n);
    for (uint32_t i = 0; i < n && keys != NULL; i++)
        bundle_key_of(&self->keys[i].of[0]->vkey, &keys[i]);
    return keys;
}

pt_status prove_bundle_check_raw(const prove_bundle *self, pt_err *err)
{
    bundle_key *keys = keys_of(self, err);
    if (keys != NULL)
        bundle_check_raw(keys, self->request->n_keys, err);
    free(keys);
    return err->code;
}

static pt_status add(const prove_bundle *self, uint32_t i, bundle_writer *to, pt_err *err)
{
    const request_partition *p = &self->request->partitions[i];
    const groth16_vkey *key = &self->keys[p->key].of[0]->vkey;
    journal_entry entry;
    bool found = false;
    if (journal_find(self->journal, self->identities + (size_t)i * JOURNAL_HASH_BYTES, &found, &entry, err) != PT_OK)
        return err->code;
    if (!found)
        return pt_fail(err, PT_E_INTERNAL, "%s: it was proven, and the journal does not know it", p->id);
    if (entry.n_public != key->n_public || entry.n_proof_bytes != proof_bytes_of(key->curve))
        return pt_fail(err, PT_E_FORMAT, "%s: the journal's proof has %zu bytes and %zu public inputs, expected %zu and %u",
                       p->id, entry.n_proof_bytes, entry.n_public, proof_bytes_of(key->curve), key->n_public);
    return bundle_writer_add(to, p->id, p->key, entry.proof, entry.public_inputs, err);
}

pt_status prove_bundle_write(const prove_bundle *self, const char *path, bundle_form form, pt_err *err)
{
    const request *r = self->request;
    bundle_writer *to;
    bundle_key *keys = keys_of(self, err);
    const pt_status status =
        keys == NULL ? err->code : bundle_writer_create(path, form, keys, r->n_keys, r->n_partitions, &to, err);
    free(keys);
    if (status != PT_OK)
        return status;
    for (uint32_t i = 0; i < r->n_partitions && err->code == PT_OK; i++)
        add(self, i, to, err);
    if (err->code == PT_OK)
        return bundle_writer_commit(to, err);
    bundle_writer_abandon(to);
    return err->code;
}
