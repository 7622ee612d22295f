/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "mpi/bundle.h"
#include "mpi/bundle_layout.h"

enum { FRAME_HEADER_BYTES = 5, CHECKSUM_FLAG = 4, DICTIONARY_FLAGS = 3, INPUT_BYTES = 1 << 15, CONTENT_BYTES = 1 << 16 };
enum { PUBLIC_AT_ONCE = 256 };

/* What an id is compared by. */
typedef struct {
    XXH128_hash_t hash;
    uint64_t index;
} id_mark;

struct bundle_reader {
    char *path;
    cpu_features features;
    FILE *stream;
    ZSTD_DCtx *frame;
    bundle_head head;
    bundle_key *keys;
    const bundle_key *current; /* of the partition whose public inputs come next */
    uint64_t offset;           /* in the content */
    uint64_t n_decompressed;
    bool ended; /* the frame, with its checksum */
    ZSTD_inBuffer in;
    size_t content_at, n_content; /* of content[]: taken, there */
    uint8_t input[INPUT_BYTES], content[CONTENT_BYTES];
};

/* ---- the frame ---- */

static pt_status refuse(const bundle_reader *self, const char *what, pt_err *err)
{
    return pt_fail(err, PT_E_FORMAT, "%s: content, offset %llu: %s", self->path, (unsigned long long)self->offset, what);
}

static pt_status fill_input(bundle_reader *self, pt_err *err)
{
    const size_t n = fread(self->input, 1, sizeof self->input, self->stream);
    if (ferror(self->stream))
        return pt_fail(err, PT_E_NOINPUT, "%s: %s", self->path, strerror(errno));
    self->in = (ZSTD_inBuffer){self->input, n, 0};
    return PT_OK;
}

/* A frame that says nothing of a checksum has none: the first of its header's flags is looked at before zstd is asked. */
static pt_status begin_frame(bundle_reader *self, pt_err *err)
{
    rewind(self->stream);
    ZSTD_DCtx_reset(self->frame, ZSTD_reset_session_only);
    self->offset = self->n_decompressed = self->content_at = self->n_content = 0;
    self->ended = false;
    if (fill_input(self, err) != PT_OK)
        return err->code;
    if (self->in.size < FRAME_HEADER_BYTES || memcmp(self->input, BUNDLE_FRAME_MAGIC, 4) != 0)
        return pt_fail(err, PT_E_FORMAT, "%s: offset 0: no zstd frame, so no bundle", self->path);
    if ((self->input[4] & CHECKSUM_FLAG) == 0 || (self->input[4] & DICTIONARY_FLAGS) != 0)
        return pt_fail(err, PT_E_FORMAT, "%s: offset 4: expected a frame with a checksum and without a dictionary",
                       self->path);
    return PT_OK;
}

static pt_status decompress(bundle_reader *self, pt_err *err)
{
    ZSTD_outBuffer out = {self->content, sizeof self->content, 0};
    if (self->in.pos == self->in.size && fill_input(self, err) != PT_OK)
        return err->code;
    if (self->in.size == 0)
        return pt_fail(err, PT_E_FORMAT, "%s: truncated: it ends within its frame", self->path);
    const size_t left = ZSTD_decompressStream(self->frame, &out, &self->in);
    if (ZSTD_isError(left))
        return pt_fail(err, ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation ? PT_E_NOMEM : PT_E_FORMAT,
                       "%s: damaged zstd frame: %s", self->path, ZSTD_getErrorName(left));
    self->ended = left == 0;
    self->content_at = 0;
    self->n_content = out.pos;
    self->n_decompressed += out.pos;
    if (!bundle_may_hold(self->head.file_bytes, self->n_decompressed))
        return pt_fail(err, PT_E_FORMAT, "%s: %llu bytes hold over %llu", self->path,
                       (unsigned long long)self->head.file_bytes, (unsigned long long)self->n_decompressed);
    return PT_OK;
}

/* The next n bytes of the content; name is what they hold. */
static pt_status take(bundle_reader *self, const char *name, void *out, size_t n, pt_err *err)
{
    for (uint8_t *to = out; n > 0;) {
        size_t there = self->n_content - self->content_at;
        if (there == 0 && self->ended)
            return pt_fail(err, PT_E_FORMAT, "%s: content, offset %llu: it ends in %s", self->path,
                           (unsigned long long)self->offset, name);
        if (there == 0 && decompress(self, err) != PT_OK)
            return err->code;
        there = self->n_content - self->content_at < n ? self->n_content - self->content_at : n;
        memcpy(to, self->content + self->content_at, there);
        self->content_at += there;
        self->offset += there;
        to += there;
        n -= there;
    }
    return PT_OK;
}

/* Nothing is left, of the content and of the file. */
static pt_status check_end(bundle_reader *self, pt_err *err)
{
    while (!self->ended && self->content_at == self->n_content)
        if (decompress(self, err) != PT_OK)
            return err->code;
    if (self->content_at != self->n_content)
        return refuse(self, "bytes behind its last partition", err);
    if (self->in.pos == self->in.size && fill_input(self, err) != PT_OK)
        return err->code;
    if (self->in.pos != self->in.size)
        return pt_fail(err, PT_E_FORMAT, "%s: bytes behind its frame", self->path);
    return PT_OK;
}

/* ---- the content ---- */

static uint32_t get_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static pt_status read_counts(bundle_reader *self, pt_err *err)
{
    uint8_t bytes[BUNDLE_HEAD_BYTES];
    bundle_head *head = &self->head;
    if (take(self, "its header", bytes, sizeof bytes, err) != PT_OK)
        return err->code;
    if (memcmp(bytes, BUNDLE_MAGIC, 4) != 0)
        return pt_fail(err, PT_E_FORMAT, "%s: compressed with zstd, but no bundle", self->path);
    if (get_u32(bytes + 4) != BUNDLE_VERSION)
        return pt_fail(err, PT_E_FORMAT, "%s: content, offset 4: version %u, expected %d", self->path, get_u32(bytes + 4),
                       BUNDLE_VERSION);
    head->n_keys = get_u32(bytes + 8);
    head->n_partitions = get_u32(bytes + 12);
    if (head->n_keys == 0 || head->n_keys > BUNDLE_KEYS_MAX)
        return pt_fail(err, PT_E_FORMAT, "%s: content, offset 8: %u keys, expected 1 to %d", self->path, head->n_keys,
                       BUNDLE_KEYS_MAX);
    if (head->n_partitions == 0 || head->n_partitions > head->file_bytes + BUNDLE_PARTITIONS_FREE)
        return pt_fail(err, PT_E_FORMAT, "%s: content, offset 12: %u partitions in a file of %llu bytes", self->path,
                       head->n_partitions, (unsigned long long)head->file_bytes);
    return PT_OK;
}

static pt_status read_keys(bundle_reader *self, pt_err *err)
{
    for (uint32_t i = 0; i < self->head.n_keys; i++) {
        uint8_t bytes[BUNDLE_KEY_BYTES];
        bundle_key *key = &self->keys[i];
        if (take(self, "its keys", bytes, sizeof bytes, err) != PT_OK)
            return err->code;
        key->curve = pt_curve_by_r(bytes, PT_FR_BYTES, self->features);
        if (key->curve == NULL)
            return pt_fail(err, PT_E_FORMAT, "%s: content: key %u: r is that of neither bn254 nor bls12_381", self->path,
                           i);
        key->n_public = get_u32(bytes + PT_FR_BYTES);
        memcpy(key->hash, bytes + PT_FR_BYTES + 4, VKEY_HASH_BYTES);
    }
    return PT_OK;
}

static pt_status read_head(bundle_reader *self, pt_err *err)
{
    if (begin_frame(self, err) != PT_OK || read_counts(self, err) != PT_OK)
        return err->code;
    free(self->keys);
    self->head.keys = self->keys = calloc(self->head.n_keys, sizeof *self->keys);
    if (self->keys == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for %u keys", self->path, self->head.n_keys);
    return read_keys(self, err);
}

pt_status bundle_next(bundle_reader *self, bundle_partition *out, pt_err *err)
{
    uint8_t place[BUNDLE_PARTITION_BYTES];
    if (take(self, "a partition", place, sizeof place, err) != PT_OK)
        return err->code;
    const uint32_t key = get_u32(place);
    const size_t len = place[4] | (size_t)place[5] << 8;
    if (key >= self->head.n_keys)
        return pt_fail(err, PT_E_FORMAT, "%s: content, offset %llu: key %u of %u", self->path,
                       (unsigned long long)self->offset, key, self->head.n_keys);
    if (len == 0 || len > BUNDLE_ID_MAX)
        return refuse(self, "an id that is empty or longer than 255 bytes", err);
    memset(out, 0, sizeof *out);
    out->key = key;
    self->current = &self->keys[key];
    if (take(self, "an id", out->id, len, err) != PT_OK)
        return err->code;
    if (strlen(out->id) != len || strchr(out->id, '/') != NULL)
        return refuse(self, "an id with a byte 0 or a '/'", err);
    return take(self, "a proof", out->proof, proof_bytes_of(self->current->curve), err);
}

pt_status bundle_read_public(bundle_reader *self, uint8_t *out, pt_err *err)
{
    uint8_t passed[PUBLIC_AT_ONCE * PT_FR_BYTES];
    const bundle_key *key = self->current;
    for (size_t done = 0, n; done < key->n_public; done += n) {
        uint8_t *values = out != NULL ? out + done * PT_FR_BYTES : passed;
        n = key->n_public - done < PUBLIC_AT_ONCE ? key->n_public - done : PUBLIC_AT_ONCE;
        if (take(self, "public inputs", values, n * PT_FR_BYTES, err) != PT_OK)
            return err->code;
        if (key->curve->fr_find_unreduced(values, PT_FR_BYTES, n) != n)
            return refuse(self, "a public input that is not below r before here", err);
    }
    return PT_OK;
}

/* ---- all of it ---- */

static int by_hash(const void *a, const void *b)
{
    const id_mark *x = a, *y = b;
    const int order = XXH128_cmp(&x->hash, &y->hash);
    return order != 0 ? order : x->index < y->index ? -1 : 1;
}

static pt_status check_ids(const bundle_reader *self, id_mark *ids, pt_err *err)
{
    qsort(ids, self->head.n_partitions, sizeof *ids, by_hash);
    for (uint32_t i = 1; i < self->head.n_partitions; i++)
        if (XXH128_isEqual(ids[i - 1].hash, ids[i].hash))
            return pt_fail(err, PT_E_FORMAT, "%s: partitions %llu and %llu have one id", self->path,
                           (unsigned long long)ids[i - 1].index, (unsigned long long)ids[i].index);
    return PT_OK;
}

static pt_status read_all(bundle_reader *self, id_mark *ids, pt_err *err)
{
    bundle_partition partition;
    for (uint32_t i = 0; i < self->head.n_partitions; i++) {
        if (bundle_next(self, &partition, err) != PT_OK || bundle_read_public(self, NULL, err) != PT_OK)
            return err->code;
        ids[i] = (id_mark){XXH3_128bits(partition.id, strlen(partition.id)), i};
    }
    self->head.content_bytes = self->offset;
    return check_end(self, err) != PT_OK ? err->code : check_ids(self, ids, err);
}

static pt_status check_all(bundle_reader *self, pt_err *err)
{
    if (read_head(self, err) != PT_OK)
        return err->code;
    id_mark *ids = calloc(self->head.n_partitions, sizeof *ids);
    if (ids == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for %u ids", self->path, self->head.n_partitions);
    read_all(self, ids, err);
    free(ids);
    return err->code;
}

static pt_status open_stream(bundle_reader *self, const char *path, pt_err *err)
{
    struct stat info;
    if (stat(path, &info) != 0) /* before it is opened: a FIFO would wait for a writer */
        return pt_fail(err, PT_E_NOINPUT, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return pt_fail(err, PT_E_NOINPUT, "%s: expected a regular file", path);
    self->path = strdup(path);
    self->frame = ZSTD_createDCtx();
    if (self->path == NULL || self->frame == NULL ||
        ZSTD_isError(ZSTD_DCtx_setParameter(self->frame, ZSTD_d_windowLogMax, BUNDLE_WINDOW_LOG)))
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to read it", path);
    self->stream = fopen(path, "rbe");
    if (self->stream == NULL)
        return pt_fail(err, PT_E_NOINPUT, "%s: %s", path, strerror(errno));
    self->head.file_bytes = (uint64_t)info.st_size;
    return PT_OK;
}

pt_status bundle_open(const char *path, cpu_features features, bundle_reader **out, pt_err *err)
{
    bundle_reader *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to read it", path);
    self->features = features;
    if (open_stream(self, path, err) != PT_OK || check_all(self, err) != PT_OK || read_head(self, err) != PT_OK)
        bundle_close(self);
    else
        *out = self;
    return err->code;
}

void bundle_close(bundle_reader *self)
{
    if (self == NULL)
        return;
    if (self->stream != NULL)
        fclose(self->stream);
    ZSTD_freeDCtx(self->frame);
    free(self->keys);
    free(self->path);
    free(self);
}

const bundle_head *bundle_head_of(const bundle_reader *self)
{
    return &self->head;
}
