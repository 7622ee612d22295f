/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/bundle_batch.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    bundle_batch *batch;
    const bundle_key *keys;
    const char *path;
} decoding;

pt_status bundle_batch_create(bundle_batch **out, pt_err *err)
{
    bundle_batch *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %d proofs", BUNDLE_BATCH_MAX);
    *out = self;
    return PT_OK;
}

static void release_public(bundle_batch *self)
{
    for (size_t i = 0; i < self->n; i++) {
        free(self->public_inputs[i]);
        self->public_inputs[i] = NULL;
    }
    self->n = 0;
}

void bundle_batch_destroy(bundle_batch *self)
{
    if (self == NULL)
        return;
    release_public(self);
    free(self);
}

static pt_status read_public(bundle_batch *self, bundle_reader *from, size_t i, size_t n_bytes, pt_err *err)
{
    self->public_inputs[i] = malloc(n_bytes > 0 ? n_bytes : 1);
    if (self->public_inputs[i] == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for %zu bytes of public inputs", self->partitions[i].id, n_bytes);
    return bundle_read_public(from, self->public_inputs[i], err);
}

static void decode(void *ctx, size_t i, size_t thread)
{
    const decoding *d = ctx;
    bundle_partition *p = &d->batch->partitions[i];
    const pt_curve *curve = d->keys[p->key].curve;
    pt_err reason = {0};
    (void)thread;
    d->batch->errs[i] = (pt_err){0};
    if (proof_bytes_read(curve, p->proof, proof_bytes_of(curve), &d->batch->proofs[i], &reason) != PT_OK)
        pt_fail(&d->batch->errs[i], reason.code, "%s: %s: %s", d->path, p->id, reason.msg);
}

pt_status bundle_batch_read(bundle_batch *self, bundle_reader *from, const char *path, size_t n_left, bool with_public,
                            crew *threads, pt_err *err)
{
    decoding d = {self, bundle_head_of(from)->keys, path};
    release_public(self);
    for (size_t held = 0; self->n < n_left && self->n < BUNDLE_BATCH_MAX && held < BUNDLE_BATCH_PUBLIC_BYTES;) {
        const size_t i = self->n;
        if (bundle_next(from, &self->partitions[i], err) != PT_OK)
            return err->code;
        const size_t n_bytes = d.keys[self->partitions[i].key].n_public * (size_t)PT_FR_BYTES;
        self->n++;
        if ((with_public ? read_public(self, from, i, n_bytes, err) : bundle_read_public(from, NULL, err)) != PT_OK)
            return err->code;
        held += with_public ? n_bytes : 0;
    }
    crew_run(threads, self->n, decode, &d);
    return PT_OK;
}
