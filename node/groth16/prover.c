/* SPDX-License-Identifier: Apache-2.0 */
/* The stages on the processor. In a partition's memory:
 *
 *   state | a | b | c            synthesis, quotient: three vectors of a domain's length
 *   state | h | MSM over h       h, the scalars of the key's H points, is in a's place
 *   state | MSM over the witness, which stays from the sums in G1 to that in G2 */
#include "node/groth16/prover.h"

#include <sodium.h>

#include "node/circuit/synthesis.h"
#include "node/curve_entries.h"
#include "node/domain/quotient.h"
#include "node/groth16/partition_state.h"
#include "node/msm/msm_plan.h"

enum { N_G1_QUERIES = 3, N_G2_QUERIES = 1 };

size_t cpu_vector_bytes(const proving_key *key)
{
    return msm_array_bytes(key->domain_size, sizeof(fr));
}

static fr *vector_of(const groth16_partition *p, size_t i)
{
    return (fr *)(void *)((uint8_t *)partition_scratch_of(p) + i * cpu_vector_bytes(p->key));
}

static msm_size witness_size(const proving_key *key, size_t n_threads)
{
    return (msm_size){key->n_vars, n_threads, N_G1_QUERIES, N_G2_QUERIES};
}

static msm_size h_size(const proving_key *key, size_t n_threads)
{
    return (msm_size){key->domain_size, n_threads, 1, 0};
}

static size_t partition_bytes(const proving_key *key, size_t n_threads)
{
    const size_t vector = cpu_vector_bytes(key);
    const msm_size witness = witness_size(key, n_threads), h = h_size(key, n_threads);
    const size_t of[] = {3 * vector, vector + msm_memory_bytes(&h), msm_memory_bytes(&witness)};
    size_t most = 0;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        most = of[i] > most ? of[i] : most;
    return PARTITION_STATE_BYTES + most;
}

static pt_status run_synthesis(groth16_partition *p, crew *threads, pt_err *err)
{
    pt_status status = proving_key_check_part(p->key, KEY_PART_MATRICES, threads, err);
    if (status == PT_OK)
        synthesis_run(threads, &p->key->circuit, (const fr *)(const void *)p->witness, p->yield_while, vector_of(p, 0),
                      vector_of(p, 1), vector_of(p, 2));
    return status;
}

static pt_status run_quotient(groth16_partition *p, crew *threads, pt_err *err)
{
    (void)err;
    quotient_run(p->domain, threads, vector_of(p, 0), vector_of(p, 1), vector_of(p, 2));
    return PT_OK;
}

static pt_status run_msm_h(groth16_partition *p, crew *threads, pt_err *err)
{
    const msm_size size = h_size(p->key, p->n_threads);
    const msm_query query = {p->key->h, 0, p->key->domain_size};
    msm *h;
    pt_status status = proving_key_check_part(p->key, KEY_PART_H, threads, err);
    if (status == PT_OK)
        status = msm_begin(threads, vector_of(p, 0), &size, vector_of(p, 1), &h, err);
    if (status == PT_OK)
        status = msm_sum(threads, h, &query, 1, &partition_state_of(p)->sums.h, NULL, 0, NULL, err);
    return status;
}

static pt_status run_msm_g1(groth16_partition *p, crew *threads, pt_err *err)
{
    const proving_key *key = p->key;
    const msm_size size = witness_size(key, p->n_threads);
    const size_t n = key->n_vars, first_private = (size_t)key->n_public + 1;
    const msm_query g1[N_G1_QUERIES] = {{key->a, 0, n}, {key->b1, 0, n}, {key->c, first_private, n - first_private}};
    partition_state *state = partition_state_of(p);
    g1_xyzz out[N_G1_QUERIES];
    pt_status status = proving_key_check_part(key, KEY_PART_WITNESS_POINTS, threads, err);
    if (status == PT_OK)
        status = msm_begin(threads, (const fr *)(const void *)p->witness, &size, vector_of(p, 0), &state->witness, err);
    if (status == PT_OK)
        status = msm_sum(threads, state->witness, g1, N_G1_QUERIES, out, NULL, 0, NULL, err);
    if (status != PT_OK)
        return status;
    state->sums.a = out[0];
    state->sums.b1 = out[1];
    state->sums.l = out[2];
    sodium_memzero(out, sizeof out);
    return PT_OK;
}

static pt_status run_msm_g2(groth16_partition *p, crew *threads, pt_err *err)
{
    const msm_query query = {p->key->b2, 0, p->key->n_vars};
    partition_state *state = partition_state_of(p);
    return msm_sum(threads, state->witness, NULL, 0, NULL, &query, N_G2_QUERIES, &state->sums.b2, err);
}

static pt_status run_assemble(groth16_partition *p, crew *threads, pt_err *err)
{
    (void)threads;
    return assemble_run(p->key, &partition_state_of(p)->sums, &p->proof, err);
}

/* The proof leaves this room only after the pairing check. */
static pt_status run_verify(groth16_partition *p, crew *threads, pt_err *err)
{
    const proving_key *key = p->key;
    const uint8_t *public_inputs = p->witness + FR_BYTES;
    const groth16_batch alone = {
        .vkey = &key->vkey, .public_inputs = &public_inputs, .proofs = &p->proof, .n = 1, .threads = threads};
    pt_err reason = {0};
    pt_status status = groth16_verify_batch(&alone, NULL, &reason);
    if (status == PT_E_VERIFY)
        return pt_fail(err, PT_E_VERIFY, "%s: the proof does not verify: the witness does not satisfy the key's circuit",
                       p->witness_path);
    return status == PT_OK ? PT_OK : pt_fail(err, status, "%s: %s", p->witness_path, reason.msg);
}

const stage_executors cpu_executors = {
    .name = "cpu",
    .run = {[STAGE_SYNTHESIS] = run_synthesis,
            [STAGE_QUOTIENT] = run_quotient,
            [STAGE_MSM_H] = run_msm_h,
            [STAGE_MSM_G1] = run_msm_g1,
            [STAGE_MSM_G2] = run_msm_g2,
            [STAGE_ASSEMBLE] = run_assemble,
            [STAGE_VERIFY] = run_verify},
    .partition_bytes = partition_bytes,
};
