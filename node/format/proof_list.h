/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/proof_list.h - many proofs of one key, read and verified together: those of a directory, as `prove --out` fills it with
 * NAME.proof.json and NAME.public.json, or texts in memory. */
#ifndef PT_PROOF_LIST_H
#define PT_PROOF_LIST_H

#include "node/groth16/groth16.h"
#include "node/pipeline/crew.h"

typedef struct {
    char *proof_path, *public_path;
    const char *proof_text, *public_text; /* borrowed, NUL-terminated: the paths are their names; NULL: in the files */
    groth16_proof proof;
    uint8_t *public_inputs; /* as many as the key has, PT_FR_BYTES each */
    pt_err err;             /* PT_OK: read; else why not, with the path */
} proof_list_item;

typedef struct {
    proof_list_item *items; /* of a directory: by name, byte by byte */
    size_t n;
    /* Counted up meanwhile: for each item 1 when it is read and GROTH16_BATCH_STEPS when it is verified or passed over. NULL:
     * nobody looks. */
    atomic_size_t *steps;
} proof_list;

/** Find every NAME.proof.json with a NAME that is not empty; other files don't matter.
 *  owns    *out is the caller's (proof_list_clear)
 *  errors  PT_E_NOINPUT no such directory, or no proof in it; PT_E_NOMEM */
pt_status proof_list_of_dir(const char *path, proof_list *out, pt_err *err);
void proof_list_clear(proof_list *self);

/** Read every proof and its public inputs, split over the crew. What can't be read, is of another curve than the key or has
 *  another number of inputs is told in the item's err: codes as proof_json_read. */
void proof_list_read(proof_list *self, const groth16_vkey *vkey, cpu_features features, crew *threads);

/** Verify those that were read, together. Each false one gets its err, PT_E_VERIFY.
 *  errors  PT_E_NOMEM, PT_E_INTERNAL of groth16_verify_batch: nothing is known then */
pt_status proof_list_verify(proof_list *self, const groth16_vkey *vkey, crew *threads, pt_err *err);

#endif
