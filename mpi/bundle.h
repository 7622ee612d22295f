/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/bundle.h - all proofs of a request in one file: in order, with compressed points, their ids and public inputs, and what names each
 * one's key. docs/formats.md has the layout.
 *
 * A bundle is one zstd frame with its checksum. It never brings a key: whoever verifies it brings theirs, and its hash is compared. A raw
 * bundle is the compressed proofs alone, one behind the other, of one curve. */
#ifndef PT_BUNDLE_H
#define PT_BUNDLE_H

#include "node/format/proof_bytes.h"

#define BUNDLE_FRAME_MAGIC "\x28\xb5\x2f\xfd" /* zstd's */

enum { BUNDLE_ID_MAX = 255, BUNDLE_KEYS_MAX = 4096 };

/** What a bundle says of a key. */
typedef struct bundle_key {
    const pt_curve *curve;
    uint32_t n_public;
    uint8_t hash[VKEY_HASH_BYTES];
} bundle_key;

/** ranks   any */
void bundle_key_of(const groth16_vkey *vkey, bundle_key *out);

/* ---- writing ---- */

typedef struct bundle_writer bundle_writer;
typedef enum { BUNDLE_FRAMED, BUNDLE_RAW } bundle_form;

/** Can proofs of these keys be in one raw bundle?
 *  ranks   root only, here and below
 *  errors  PT_E_ARG they are of two curves */
pt_status bundle_check_raw(const bundle_key *keys, uint32_t n_keys, pt_err *err);

/** Begin a bundle of n_partitions >= 1 proofs; it appears under its name when it is committed.
 *  shape   keys: copied; path: checked by output_file_check before
 *  owns    *out is the caller's: bundle_writer_commit or bundle_writer_abandon
 *  errors  PT_E_ARG more than BUNDLE_KEYS_MAX keys, bundle_check_raw; PT_E_CREATE; PT_E_IO; PT_E_NOMEM */
pt_status bundle_writer_create(const char *path, bundle_form form, const bundle_key *keys, uint32_t n_keys,
                               uint32_t n_partitions, bundle_writer **out, pt_err *err);

/** Add the next one. After an error it can be abandoned alone.
 *  shape   id: unique, 1 to BUNDLE_ID_MAX bytes without '/'; key: its place among the keys; proof: proof_bytes_of its curve;
 *          public_inputs: as many as the key has, canonical, PT_FR_BYTES each
 *  errors  PT_E_ARG the id; PT_E_IO */
pt_status bundle_writer_add(bundle_writer *self, const char *id, uint32_t key, const uint8_t *proof,
                            const uint8_t *public_inputs, pt_err *err);

/** All are added: end the frame, sync, rename. Frees the writer either way.
 *  errors  PT_E_IO; PT_E_ARG its public inputs are so many and so much alike that no reader would take it (docs/formats.md) */
pt_status bundle_writer_commit(bundle_writer *self, pt_err *err);
void bundle_writer_abandon(bundle_writer *self);

/* ---- reading ---- */

typedef struct bundle_reader bundle_reader;

typedef struct bundle_head {
    const bundle_key *keys;
    uint32_t n_keys, n_partitions;
    uint64_t file_bytes, content_bytes;
} bundle_head;

/** Open a bundle and read all of it once: the frame's checksum, every count, every id and public input are right when this returns.
 *  Proofs are still bytes then.
 *  owns    *out is the caller's (bundle_close)
 *  ranks   root only, here and below
 *  errors  PT_E_NOINPUT can't be read, or no regular file; PT_E_FORMAT with file and place; PT_E_NOMEM */
pt_status bundle_open(const char *path, cpu_features features, bundle_reader **out, pt_err *err);
void bundle_close(bundle_reader *self);

/** owns    a view, while the reader is open */
const bundle_head *bundle_head_of(const bundle_reader *self);

typedef struct bundle_partition {
    char id[BUNDLE_ID_MAX + 1];
    uint32_t key;
    uint8_t proof[PROOF_BYTES_MAX];
} bundle_partition;

/** The next of the head's n_partitions, which are in order.
 *  errors  PT_E_NOINPUT, PT_E_FORMAT: the file was changed since it was opened */
pt_status bundle_next(bundle_reader *self, bundle_partition *out, pt_err *err);

/** Its public inputs; once after each bundle_next.
 *  shape   out: as many as its key has, PT_FR_BYTES each; NULL: they are passed over
 *  errors  as bundle_next */
pt_status bundle_read_public(bundle_reader *self, uint8_t *out, pt_err *err);

#endif
