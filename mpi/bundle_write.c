/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "mpi/bundle_layout.h"
#include "node/format/output_file.h"

enum { LEVEL = 3, BUFFER_BYTES = 1 << 16 };

struct bundle_writer {
    char *path;
    output_file *file;
    ZSTD_CCtx *frame; /* NULL: raw */
    bundle_key *keys;
    uint32_t n_keys, n_partitions, n_added;
    uint64_t file_bytes, content_bytes;
    uint8_t buffer[BUFFER_BYTES];
};

void bundle_key_of(const groth16_vkey *vkey, bundle_key *out)
{
    *out = (bundle_key){.curve = vkey->curve, .n_public = vkey->n_public};
    vkey_hash(vkey, out->hash);
}

pt_status bundle_check_raw(const bundle_key *keys, uint32_t n_keys, pt_err *err)
{
    for (uint32_t i = 1; i < n_keys; i++)
        if (strcmp(keys[i].curve->name, keys[0].curve->name) != 0)
            return pt_fail(err, PT_E_ARG, "--raw: keys of %s and %s, expected one curve", keys[0].curve->name,
                           keys[i].curve->name);
    return PT_OK;
}

/* ---- bytes ---- */

static void put_u32(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static pt_status write_out(bundle_writer *self, const uint8_t *bytes, size_t n_bytes, pt_err *err)
{
    if (fwrite(bytes, 1, n_bytes, output_file_stream(self->file)) != n_bytes)
        return pt_fail(err, PT_E_IO, "%s: %s", self->path, strerror(errno));
    self->file_bytes += n_bytes;
    return PT_OK;
}

static pt_status compress(bundle_writer *self, const uint8_t *bytes, size_t n_bytes, ZSTD_EndDirective what, pt_err *err)
{
    ZSTD_inBuffer in = {bytes, n_bytes, 0};
    for (;;) {
        ZSTD_outBuffer out = {self->buffer, sizeof self->buffer, 0};
        const size_t left = ZSTD_compressStream2(self->frame, &out, &in, what);
        if (ZSTD_isError(left))
            return pt_fail(err, PT_E_NOMEM, "%s: zstd: %s", self->path, ZSTD_getErrorName(left));
        if (write_out(self, self->buffer, out.pos, err) != PT_OK)
            return err->code;
        if (what == ZSTD_e_end ? left == 0 : in.pos == in.size)
            return PT_OK;
    }
}

static pt_status put(bundle_writer *self, const uint8_t *bytes, size_t n_bytes, pt_err *err)
{
    self->content_bytes += n_bytes;
    return self->frame == NULL ? write_out(self, bytes, n_bytes, err)
                               : compress(self, bytes, n_bytes, ZSTD_e_continue, err);
}

static pt_status write_head(bundle_writer *self, pt_err *err)
{
    uint8_t head[BUNDLE_HEAD_BYTES];
    memcpy(head, BUNDLE_MAGIC, 4);
    put_u32(head + 4, BUNDLE_VERSION);
    put_u32(head + 8, self->n_keys);
    put_u32(head + 12, self->n_partitions);
    put(self, head, sizeof head, err);
    for (uint32_t i = 0; i < self->n_keys && err->code == PT_OK; i++) {
        const bundle_key *key = &self->keys[i];
        uint8_t bytes[BUNDLE_KEY_BYTES];
        memcpy(bytes, key->curve->r, PT_FR_BYTES);
        put_u32(bytes + PT_FR_BYTES, key->n_public);
        memcpy(bytes + PT_FR_BYTES + 4, key->hash, VKEY_HASH_BYTES);
        put(self, bytes, sizeof bytes, err);
    }
    return err->code;
}

/* ---- the writer ---- */

static pt_status begin_frame(bundle_writer *self, pt_err *err)
{
    self->frame = ZSTD_createCCtx();
    if (self->frame == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to compress it", self->path);
    if (ZSTD_isError(ZSTD_CCtx_setParameter(self->frame, ZSTD_c_compressionLevel, LEVEL)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(self->frame, ZSTD_c_checksumFlag, 1)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(self->frame, ZSTD_c_windowLog, BUNDLE_WINDOW_LOG)))
        return pt_fail(err, PT_E_INTERNAL, "%s: zstd takes no parameters", self->path);
    return write_head(self, err);
}

static pt_status open_writer(bundle_writer *self, const char *path, bundle_form form, const bundle_key *keys, pt_err *err)
{
    self->path = strdup(path);
    self->keys = malloc(self->n_keys * sizeof *keys);
    if (self->path == NULL || self->keys == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for %u keys", path, self->n_keys);
    memcpy(self->keys, keys, self->n_keys * sizeof *keys);
    if (output_file_open(path, &self->file, err) != PT_OK)
        return err->code;
    return form == BUNDLE_FRAMED ? begin_frame(self, err) : PT_OK;
}

pt_status bundle_writer_create(const char *path, bundle_form form, const bundle_key *keys, uint32_t n_keys,
                               uint32_t n_partitions, bundle_writer **out, pt_err *err)
{
    if (n_keys > BUNDLE_KEYS_MAX)
        return pt_fail(err, PT_E_ARG, "%s: %u keys, a bundle has at most %d", path, n_keys, BUNDLE_KEYS_MAX);
    if (form == BUNDLE_RAW && bundle_check_raw(keys, n_keys, err) != PT_OK)
        return err->code;
    bundle_writer *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to write it", path);
    self->n_keys = n_keys;
    self->n_partitions = n_partitions;
    if (open_writer(self, path, form, keys, err) != PT_OK)
        bundle_writer_abandon(self);
    else
        *out = self;
    return err->code;
}

pt_status bundle_writer_add(bundle_writer *self, const char *id, uint32_t key, const uint8_t *proof,
                            const uint8_t *public_inputs, pt_err *err)
{
    const bundle_key *of = &self->keys[key];
    const size_t len = strlen(id);
    uint8_t place[BUNDLE_PARTITION_BYTES];
    self->n_added++;
    if (self->frame == NULL)
        return put(self, proof, proof_bytes_of(of->curve), err);
    if (len == 0 || len > BUNDLE_ID_MAX || strchr(id, '/') != NULL)
        return pt_fail(err, PT_E_ARG, "%s: an id of %zu bytes or with a '/', expected 1 to %d", self->path, len,
                       BUNDLE_ID_MAX);
    put_u32(place, key);
    place[4] = (uint8_t)len;
    place[5] = 0;
    if (put(self, place, sizeof place, err) == PT_OK && put(self, (const uint8_t *)id, len, err) == PT_OK &&
        put(self, proof, proof_bytes_of(of->curve), err) == PT_OK)
        put(self, public_inputs, of->n_public * (size_t)PT_FR_BYTES, err);
    return err->code;
}

static void free_writer(bundle_writer *self)
{
    ZSTD_freeCCtx(self->frame);
    free(self->path);
    free(self->keys);
    free(self);
}

pt_status bundle_writer_commit(bundle_writer *self, pt_err *err)
{
    if (self->n_added != self->n_partitions)
        pt_fail(err, PT_E_INTERNAL, "%s: %u partitions, but %u were announced", self->path, self->n_added,
                self->n_partitions);
    else if (self->frame != NULL && compress(self, NULL, 0, ZSTD_e_end, err) == PT_OK &&
             !bundle_may_hold(self->file_bytes, self->content_bytes))
        pt_fail(err, PT_E_ARG, "%s: %llu bytes that become %llu: its public inputs are too much alike for a bundle",
                self->path, (unsigned long long)self->content_bytes, (unsigned long long)self->file_bytes);
    if (err->code == PT_OK)
        output_file_commit(self->file, err);
    else
        output_file_abandon(self->file);
    free_writer(self);
    return err->code;
}

void bundle_writer_abandon(bundle_writer *self)
{
    if (self == NULL)
        return;
    if (self->file != NULL)
        output_file_abandon(self->file);
    free_writer(self);
}
