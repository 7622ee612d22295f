/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/bench_curve.h"

#include <stdlib.h>
#include <string.h>

#include "node/groth16/groth16.h"
#include "node/pipeline/stage.h"
#include "node/setup/fixed_base.h"

enum { N_INPUTS = 2, N_KEY_G1 = 1 + N_INPUTS + 1, N_KEY_G2 = 3 };

/* Proofs made from a trapdoor that is known: C = (a b - alpha beta - ic(x) gamma) / delta. */
typedef struct {
    groth16_vkey vkey;
    groth16_proof *proofs; /* n */
    fr *inputs;            /* n times N_INPUTS, canonical */
    const uint8_t **input_bytes;
    pt_err *verdicts;
    size_t n;
} known_batch;

/* g1: alpha, ic, then a and c of each proof in turn; g2: beta, gamma, delta, then b of each. Montgomery form. */
static void draw_exponents(const known_batch *batch, uint64_t seed, fr *g1, fr *g2)
{
    fr inv_delta, alpha_beta, ic, t;
    for (size_t i = 0; i < N_KEY_G1; i++)
        g1[i] = bench_draw_fr(&seed);
    for (size_t i = 0; i < N_KEY_G2 + batch->n; i++)
        g2[i] = bench_draw_fr(&seed);
    fr_inv(&inv_delta, &g2[2]);
    fr_mul(&alpha_beta, &g1[0], &g2[0]);
    for (size_t i = 0; i < batch->n; i++) {
        fr *a = &g1[N_KEY_G1 + 2 * i], *c = a + 1;
        *a = bench_draw_fr(&seed);
        ic = g1[1];
        for (size_t j = 0; j < N_INPUTS; j++) {
            t = bench_draw_fr(&seed);
            fr_to_canon(&batch->inputs[i * N_INPUTS + j], &t);
            fr_mul(&t, &t, &g1[2 + j]);
            fr_add(&ic, &ic, &t);
        }
        fr_mul(c, a, &g2[N_KEY_G2 + i]);
        fr_sub(c, c, &alpha_beta);
        fr_mul(&t, &ic, &g2[1]);
        fr_sub(c, c, &t);
        fr_mul(c, c, &inv_delta);
    }
}

static void put_points(known_batch *batch, const pt_curve *curve, const g1_affine *g1, const g2_affine *g2)
{
    groth16_vkey *vkey = &batch->vkey;
    memcpy(vkey->alpha1, &g1[0], sizeof *g1);
    memcpy(vkey->ic, &g1[1], (N_INPUTS + 1) * sizeof *g1);
    memcpy(vkey->beta2, &g2[0], sizeof *g2);
    memcpy(vkey->gamma2, &g2[1], sizeof *g2);
    memcpy(vkey->delta2, &g2[2], sizeof *g2);
    for (size_t i = 0; i < batch->n; i++) {
        groth16_proof *proof = &batch->proofs[i];
        proof->curve = curve;
        memcpy(proof->a, &g1[N_KEY_G1 + 2 * i], sizeof *g1);
        memcpy(proof->b, &g2[N_KEY_G2 + i], sizeof *g2);
        memcpy(proof->c, &g1[N_KEY_G1 + 2 * i + 1], sizeof *g1);
        batch->input_bytes[i] = (const uint8_t *)&batch->inputs[i * N_INPUTS];
    }
}

static pt_status multiply(const bench_job *job, known_batch *batch, fr *exponents, g1_affine *g1, g2_affine *g2,
                          pt_err *err)
{
    const size_t n_g1 = N_KEY_G1 + 2 * batch->n, n_g2 = N_KEY_G2 + batch->n;
    fixed_base_g1 *base1 = NULL;
    fixed_base_g2 *base2 = NULL;
    if (fixed_base_g1_create(job->crew, n_g1, &base1, err) == PT_OK &&
        fixed_base_g2_create(job->crew, n_g2, &base2, err) == PT_OK) {
        draw_exponents(batch, job->seed, exponents, exponents + n_g1);
        fixed_base_g1_multiples(base1, job->crew, exponents, n_g1, g1);
        fixed_base_g2_multiples(base2, job->crew, exponents + n_g1, n_g2, g2);
        put_points(batch, job->curve, g1, g2);
    }
    fixed_base_g1_destroy(base1);
    fixed_base_g2_destroy(base2);
    return err->code;
}

static void batch_clear(known_batch *batch)
{
    groth16_vkey_clear(&batch->vkey);
    free(batch->proofs);
    free(batch->inputs);
    free(batch->input_bytes);
    free(batch->verdicts);
}

/* *out is to be cleared also after an error. */
static pt_status batch_init(const bench_job *job, size_t n, known_batch *out, pt_err *err)
{
    const size_t n_g1 = N_KEY_G1 + 2 * n, n_g2 = N_KEY_G2 + n;
    *out = (known_batch){.vkey = {.curve = job->curve, .n_public = N_INPUTS}, .n = n};
    out->vkey.ic = calloc(N_INPUTS + 1, sizeof(g1_affine));
    out->proofs = calloc(n, sizeof *out->proofs);
    out->inputs = calloc(n * N_INPUTS, sizeof *out->inputs);
    out->input_bytes = calloc(n, sizeof *out->input_bytes);
    out->verdicts = calloc(n, sizeof *out->verdicts);
    fr *exponents = calloc(n_g1 + n_g2, sizeof *exponents);
    g1_affine *g1 = calloc(n_g1, sizeof *g1);
    g2_affine *g2 = calloc(n_g2, sizeof *g2);
    if (out->vkey.ic == NULL || out->proofs == NULL || out->inputs == NULL || out->input_bytes == NULL ||
        out->verdicts == NULL || exponents == NULL || g1 == NULL || g2 == NULL)
        pt_fail(err, PT_E_NOMEM, "benchmark: no memory for %zu proofs", n);
    else
        multiply(job, out, exponents, g1, g2, err);
    free(exponents);
    free(g1);
    free(g2);
    return err->code;
}

/* Verify with a build; bad: the index of the one proof that must be refused, n for none. */
static pt_status verify_expecting(const bench_job *job, const pt_curve *build, known_batch *batch, size_t bad, pt_err *err)
{
    const groth16_batch given = {.vkey = &batch->vkey,
                                 .public_inputs = batch->input_bytes,
                                 .proofs = batch->proofs,
                                 .n = batch->n,
                                 .threads = job->crew};
    memset(batch->verdicts, 0, batch->n * sizeof *batch->verdicts);
    if (build->verify_batch(&given, batch->verdicts, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < batch->n; i++)
        if ((batch->verdicts[i].code == PT_OK) != (i != bad))
            return pt_fail(err, PT_E_INTERNAL, "benchmark: batch of %zu proofs on %s: wrong verdict on proof %zu", batch->n,
                           build->isa, i);
    return PT_OK;
}

static pt_status measure(const bench_job *job, known_batch *batch, const char *name, size_t bad, double *samples,
                         pt_err *err)
{
    for (size_t i = 0; i < job->n_repeats; i++) {
        double start = clock_seconds();
        if (verify_expecting(job, job->curve, batch, bad, err) != PT_OK)
            return err->code;
        samples[i] = 1e3 * (clock_seconds() - start) / (double)batch->n;
    }
    if (job->other != NULL && verify_expecting(job, job->other, batch, bad, err) != PT_OK)
        return err->code;
    const char *checked = job->other != NULL ? "known verdicts, another build" : "known verdicts";
    const bench_label label = {name, batch->n, crew_size(job->crew), "ms each", checked, NULL};
    return bench_report_add(job->report, &label, samples, job->n_repeats, err);
}

static pt_status bench_batch(const bench_job *job, size_t n, double *samples, pt_err *err)
{
    known_batch batch;
    if (batch_init(job, n, &batch, err) == PT_OK && measure(job, &batch, "verify", n, samples, err) == PT_OK) {
        groth16_proof *bad = &batch.proofs[n / 2];
        memcpy(bad->c, bad->a, sizeof bad->c);
        measure(job, &batch, "verify_one_bad", n / 2, samples, err);
    }
    batch_clear(&batch);
    return err->code;
}

pt_status bench_verify(const bench_job *job, pt_err *err)
{
    double *samples = calloc(job->n_repeats, sizeof *samples);
    if (samples == NULL)
        return pt_fail(err, PT_E_NOMEM, "benchmark: no memory for %zu samples", job->n_repeats);
    pt_status st = PT_OK;
    for (size_t i = 0; st == PT_OK && i < job->n_batches; i++)
        st = bench_batch(job, job->batches[i], samples, err);
    free(samples);
    return st;
}
