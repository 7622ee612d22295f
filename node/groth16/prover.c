/* SPDX-License-Identifier: Apache-2.0 */
#include "node/groth16/prover.h"

#include <sodium.h>

#include "node/circuit/synthesis.h"
#include "node/curve_entries.h"
#include "node/domain/quotient.h"
#include "node/groth16/assemble.h"
#include "node/msm/msm.h"
#include "node/pipeline/secret_arena.h"

/* A job's rows a, b, c: derived from the witness, so secret. */
typedef struct {
    fr *a, *b, *c;
} row_vectors;

static void rows_release(fr **rows)
{
    secret_free(*rows);
    *rows = NULL;
}

static void rows_clear(row_vectors *rows)
{
    rows_release(&rows->a);
    rows_release(&rows->b);
    rows_release(&rows->c);
}

static pt_status rows_init(row_vectors *rows, size_t n, pt_err *err)
{
    size_t bytes = n * sizeof(fr);
    *rows = (row_vectors){.a = secret_alloc(bytes), .b = secret_alloc(bytes), .c = secret_alloc(bytes)};
    if (rows->a != NULL && rows->b != NULL && rows->c != NULL)
        return PT_OK;
    rows_clear(rows);
    return pt_fail(err, PT_E_NOMEM, "no memory for the rows of a domain of %zu: 3 x %zu bytes", n, bytes);
}

static pt_status check_cancelled(const groth16_job *job, pt_err *err)
{
    if (job->watch != NULL && job->watch->cancel != NULL && atomic_load(job->watch->cancel))
        return pt_fail(err, PT_E_NOMEM, "%s: cancelled", job->witness_path);
    return PT_OK;
}

/* The key's part is asked before it is read; the time is the key's. */
static pt_status check_key(const groth16_job *job, key_part part, pt_err *err)
{
    double start = clock_seconds();
    pt_status status = proving_key_check_part(job->key, part, job->crew, err);
    stage_end(job->watch, STAGE_KEY, start);
    return status;
}

/* From the witness to h, the scalars of the key's H points, in rows->a; b and c are given back. */
static pt_status make_quotient(const groth16_job *job, row_vectors *rows, pt_err *err)
{
    const proving_key *key = job->key;
    if (check_key(job, KEY_PART_MATRICES, err) != PT_OK)
        return err->code;
    double start = stage_begin(job->watch, STAGE_SYNTHESIS);
    synthesis_run(job->crew, &key->circuit, (const fr *)job->witness->values, rows->a, rows->b, rows->c);
    stage_end(job->watch, STAGE_SYNTHESIS, start);

    start = stage_begin(job->watch, STAGE_QUOTIENT);
    ntt_domain *domain;
    if (ntt_domain_create(key->log_domain, job->crew, &domain, err) != PT_OK)
        return err->code;
    quotient_run(domain, job->crew, rows->a, rows->b, rows->c);
    ntt_domain_destroy(domain);
    rows_release(&rows->b);
    rows_release(&rows->c);
    stage_end(job->watch, STAGE_QUOTIENT, start);
    return check_cancelled(job, err);
}

static pt_status sum_witness(const groth16_job *job, msm_sums *sums, pt_err *err)
{
    const proving_key *key = job->key;
    if (check_key(job, KEY_PART_WITNESS_POINTS, err) != PT_OK)
        return err->code;
    double start = stage_begin(job->watch, STAGE_MSM_WITNESS);
    size_t n = key->n_vars, first_private = (size_t)key->n_public + 1;
    const msm_query g1[3] = {{key->a, 0, n}, {key->b1, 0, n}, {key->c, first_private, n - first_private}};
    const msm_query g2[1] = {{key->b2, 0, n}};
    g1_xyzz out[3];
    pt_status status = msm_run(job->crew, (const fr *)job->witness->values, n, g1, 3, out, g2, 1, &sums->b2, err);
    if (status != PT_OK)
        return status;
    sums->a = out[0];
    sums->b1 = out[1];
    sums->l = out[2];
    sodium_memzero(out, sizeof out);
    stage_end(job->watch, STAGE_MSM_WITNESS, start);
    return check_cancelled(job, err);
}

static pt_status sum_quotient(const groth16_job *job, const fr *h, msm_sums *sums, pt_err *err)
{
    if (check_key(job, KEY_PART_H, err) != PT_OK)
        return err->code;
    double start = stage_begin(job->watch, STAGE_MSM_H);
    const msm_query query = {job->key->h, 0, job->key->domain_size};
    pt_status status = msm_run(job->crew, h, job->key->domain_size, &query, 1, &sums->h, NULL, 0, NULL, err);
    stage_end(job->watch, STAGE_MSM_H, start);
    return status == PT_OK ? check_cancelled(job, err) : status;
}

/* The proof leaves this room only after the pairing check. */
static pt_status check_proof(const groth16_job *job, const groth16_proof *proof, pt_err *err)
{
    double start = stage_begin(job->watch, STAGE_VERIFY);
    const proving_key *key = job->key;
    pt_err reason = {0};
    pt_status status = groth16_verify(&key->vkey, job->witness->values + FR_BYTES, key->n_public, proof, &reason);
    stage_end(job->watch, STAGE_VERIFY, start);
    if (status == PT_E_VERIFY)
        return pt_fail(err, PT_E_VERIFY, "%s: the proof does not verify: the witness does not satisfy the key's circuit",
                       job->witness_path);
    return status == PT_OK ? PT_OK : pt_fail(err, status, "%s: %s", job->witness_path, reason.msg);
}

static pt_status make_proof(const groth16_job *job, row_vectors *rows, msm_sums *sums, groth16_proof *proof, pt_err *err)
{
    if (make_quotient(job, rows, err) != PT_OK || sum_witness(job, sums, err) != PT_OK ||
        sum_quotient(job, rows->a, sums, err) != PT_OK)
        return err->code;
    double start = stage_begin(job->watch, STAGE_ASSEMBLE);
    pt_status status = assemble_run(job->key, sums, proof, err);
    stage_end(job->watch, STAGE_ASSEMBLE, start);
    return status == PT_OK ? check_proof(job, proof, err) : status;
}

pt_status curve_prove(const groth16_job *job, groth16_proof *out, pt_err *err)
{
    row_vectors rows;
    msm_sums sums;
    groth16_proof proof;
    pt_status status = rows_init(&rows, job->key->domain_size, err);
    if (status != PT_OK)
        return status;
    status = make_proof(job, &rows, &sums, &proof, err);
    rows_clear(&rows);
    sodium_memzero(&sums, sizeof sums);
    if (status == PT_OK)
        *out = proof;
    return status;
}
