/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/stand_in_tests.inc.h - keys whose stages are the test's own: what an engine gives to a stage can be looked at, and a stage
 * does what the test likes. Nothing is proven. */
#ifndef PT_STAND_IN_TESTS_H
#define PT_STAND_IN_TESTS_H

#include "node/bench/resident.h"
#include "node/groth16/prover.h"

typedef struct {
    proving_key key; /* first: what a stage is given leads to it */
    pt_curve curve;
    stage_executors executors; /* nothing is done, unless a test sets it */
    wtns witness;
    size_t n_bytes; /* that a partition takes, beside its witness */
    void *ctx;      /* of the test's stages */
} stand_in;

static inline pt_status do_nothing(groth16_partition *partition, crew *threads, pt_err *err)
{
    (void)partition;
    (void)threads;
    (void)err;
    return PT_OK;
}

static inline size_t stand_in_bytes(const proving_key *key, size_t n_threads)
{
    (void)n_threads;
    return ((const stand_in *)key)->n_bytes;
}

static inline void *stand_in_ctx(const groth16_partition *partition)
{
    return ((const stand_in *)partition->key)->ctx;
}

/* In the place of a key and a witness of its circuit, which are borrowed; *out stays where it is. */
static inline void stand_in_init(const proving_key *key, const wtns *witness, void *ctx, stand_in *out)
{
    *out = (stand_in){.key = *key, .curve = *key->curve, .witness = *witness, .n_bytes = 4096, .ctx = ctx};
    out->executors = (stage_executors){.name = "stand-in", .partition_bytes = stand_in_bytes};
    for (int s = STAGE_SYNTHESIS; s <= STAGE_VERIFY; s++)
        out->executors.run[s] = do_nothing;
    out->curve.cpu = &out->executors;
    out->key.curve = out->witness.curve = &out->curve;
}

static inline pt_status hold_for_right(const groth16_batch *proofs, pt_err *verdicts, pt_err *err)
{
    (void)proofs;
    (void)verdicts;
    (void)err;
    return PT_OK;
}

/* A resident engine's other one, of a stand-in for its key: every proof is held for right. The first stays as it is; engine_key_destroy
 * for the second's prepared key. */
static inline resident resident_with(const resident *first, void *ctx, stand_in *stages)
{
    resident out = *first;
    pt_err err = {0};
    stand_in_init(first->key, &first->witness, ctx, stages);
    stages->curve.verify_batch = hold_for_right;
    if (engine_key_create(first->engine, &stages->key, &out.prepared, &err) != PT_OK)
        fail_msg("%s", err.msg);
    out.key = &stages->key;
    out.witness = stages->witness;
    out.other = &stages->curve;
    return out;
}

#endif
