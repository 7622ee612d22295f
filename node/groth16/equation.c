/* SPDX-License-Identifier: Apache-2.0 */
#include "node/groth16/equation.h"

#include <sodium.h>
#include <stdlib.h>

#include "node/msm/msm.h"

/* Columns of inputs that a task combines; points whose sum costs less than an MSM's buckets and memory. */
enum { INPUTS_A_TASK = 128, FEW_POINTS = 32 };

/* ---- weights ---- */

/* All proofs are fixed when this is called. */
static pt_status draw_weights(equation *self, pt_err *err)
{
    static const fr lambda_canon = G1_LAMBDA_CANON;
    fr lambda;
    if (sodium_init() < 0)
        return pt_fail(err, PT_E_INTERNAL, "libsodium finds no source of randomness");
    fr_to_mont(&lambda, &lambda_canon);
    for (size_t i = 0; i < self->n; i++) {
        fr *x = &self->halves[2 * i], *y = x + 1, product;
        randombytes_buf(x->limb, sizeof x->limb[0]);
        randombytes_buf(y->limb, sizeof y->limb[0]);
        if (self->n == 1)
            x->limb[0] = 1, y->limb[0] = 0;
        fr_mul(&product, &lambda, y);
        fr_add(&product, &product, x);
        fr_to_mont(&self->weights[i], &product);
    }
    return PT_OK;
}

static void phi(g1_affine *r, const g1_affine *p)
{
    static const fq beta = G1_BETA;
    fq_mul(&r->x, &p->x, &beta);
    r->y = p->y;
}

static void load_points(equation *self)
{
    for (size_t i = 0; i < self->n; i++) {
        const groth16_proof *proof = &self->batch->proofs[self->proof_of[i]];
        g1_affine_load(&self->a[i], proof->a);
        g2_affine_load(&self->b[i], proof->b);
        g1_affine_load(&self->c[2 * i], proof->c);
        phi(&self->c[2 * i + 1], &self->c[2 * i]);
    }
}

pt_status equation_init(const groth16_batch *batch, crew *threads, const size_t *proof_of, size_t n, equation *out,
                        pt_err *err)
{
    const size_t each = (n + crew_size(threads) - 1) / crew_size(threads), n_ic = (size_t)batch->vkey->n_public + 1;
    *out = (equation){.batch = batch, .threads = threads, .n = n, .proof_of = proof_of};
    out->chunk = each < PAIRS_A_LOOP ? each : PAIRS_A_LOOP;
    out->n_chunks = (n + out->chunk - 1) / out->chunk;
    out->halves = calloc(2 * n, sizeof *out->halves);
    out->weights = calloc(n, sizeof *out->weights);
    out->ic_scalars = calloc(n_ic, sizeof *out->ic_scalars);
    out->c = calloc(2 * n, sizeof *out->c);
    out->a = calloc(n, sizeof *out->a);
    out->b = calloc(n, sizeof *out->b);
    out->products = calloc(out->n_chunks, sizeof *out->products);
    if (out->halves == NULL || out->weights == NULL || out->ic_scalars == NULL || out->c == NULL || out->a == NULL ||
        out->b == NULL || out->products == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory to verify %zu proofs with %zu public inputs", n, n_ic - 1);
    load_points(out);
    return draw_weights(out, err);
}

void equation_clear(equation *self)
{
    free(self->halves);
    free(self->weights);
    free(self->ic_scalars);
    free(self->c);
    free(self->a);
    free(self->b);
    free(self->products);
    *self = (equation){0};
}

/* ---- the key's terms ---- */

typedef struct {
    const equation *self;
    crew_range range;
    fr *sums; /* n_public + 1 */
} input_sums;

/* sums[j + 1] = sum over the terms of z x_j, canonical: z is in Montgomery form and x is not. */
static void sum_inputs(void *ctx, size_t item, size_t thread)
{
    const input_sums *work = ctx;
    const groth16_batch *batch = work->self->batch;
    (void)thread;
    size_t begin = item * INPUTS_A_TASK, end = begin + INPUTS_A_TASK;
    end = end < batch->vkey->n_public ? end : batch->vkey->n_public;
    for (size_t j = begin; j < end; j++)
        work->sums[j + 1] = fr_zero;
    for (size_t i = work->range.begin; i < work->range.end; i++) {
        const uint8_t *inputs = batch->public_inputs[work->self->proof_of[i]];
        for (size_t j = begin; j < end; j++) {
            fr x;
            fr_load(&x, inputs + j * FR_BYTES);
            fr_mul(&x, &work->self->weights[i], &x);
            fr_add(&work->sums[j + 1], &work->sums[j + 1], &x);
        }
    }
}

/* ic_scalars[0] = the sum of the weights, the others those of the inputs; canonical. */
static void sum_weights(const equation *self, crew_range range, crew *threads, fr *ic_scalars)
{
    input_sums work = {self, range, ic_scalars};
    crew_run(threads, ((size_t)self->batch->vkey->n_public + INPUTS_A_TASK - 1) / INPUTS_A_TASK, sum_inputs, &work);
    ic_scalars[0] = fr_zero;
    for (size_t i = range.begin; i < range.end; i++)
        fr_add(&ic_scalars[0], &ic_scalars[0], &self->weights[i]);
    fr_to_canon(&ic_scalars[0], &ic_scalars[0]);
}

/* sum of scalars[i] points[i] for few points: one run of doublings for all. */
static void sum_few(const fr *scalars, const uint8_t *points, size_t n, g1_xyzz *out)
{
    g1_set_infinity(out);
    for (size_t bit = 64 * FR_LIMBS; bit-- > 0;) {
        g1_dbl(out, out);
        for (size_t i = 0; i < n; i++) {
            g1_affine point;
            if ((scalars[i].limb[bit / 64] >> (bit % 64) & 1) == 0)
                continue;
            g1_affine_load(&point, points + i * sizeof point);
            g1_add_mixed(out, out, &point);
        }
    }
}

static pt_status sum_points(crew *threads, const fr *scalars, const uint8_t *points, size_t n, g1_xyzz *out, pt_err *err)
{
    const msm_query query = {points, 0, n};
    if (n > FEW_POINTS)
        return msm_run(threads, scalars, n, &query, 1, out, NULL, 0, NULL, err);
    sum_few(scalars, points, n, out);
    return PT_OK;
}

pt_status equation_key_terms(const equation *self, crew_range range, crew *threads, fr *ic_scalars,
                             g1_affine p[N_KEY_TERMS], g2_affine q[N_KEY_TERMS], pt_err *err)
{
    const groth16_vkey *vkey = self->batch->vkey;
    const size_t n_ic = (size_t)vkey->n_public + 1, n_c = 2 * (range.end - range.begin);
    g1_xyzz sums[N_KEY_TERMS];
    fq scratch[N_KEY_TERMS];
    sum_weights(self, range, threads, ic_scalars);
    if (sum_points(threads, ic_scalars, vkey->ic, n_ic, &sums[1], err) != PT_OK ||
        sum_points(threads, &self->halves[2 * range.begin], (const uint8_t *)&self->c[2 * range.begin], n_c, &sums[2],
                   err) != PT_OK)
        return err->code;
    sum_few(ic_scalars, vkey->alpha1, 1, &sums[0]);
    g1_batch_to_affine(p, sums, N_KEY_TERMS, scratch);
    for (size_t i = 0; i < N_KEY_TERMS; i++)
        g1_affine_neg(&p[i], &p[i]);
    g2_affine_load(&q[0], vkey->beta2);
    g2_affine_load(&q[1], vkey->gamma2);
    g2_affine_load(&q[2], vkey->delta2);
    return PT_OK;
}

/* ---- the proofs' terms ---- */

/* r = [x + y lambda] p: both halves in one run of doublings. */
static void weigh(g1_xyzz *r, const g1_affine *p, uint64_t x, uint64_t y)
{
    g1_affine image;
    g1_xyzz both;
    phi(&image, p);
    g1_from_affine(&both, p);
    g1_add_mixed(&both, &both, &image);
    g1_set_infinity(r);
    for (int i = 63; i >= 0; i--) {
        bool in_x = x >> i & 1, in_y = y >> i & 1;
        g1_dbl(r, r);
        if (in_x && in_y)
            g1_add(r, r, &both);
        else if (in_x || in_y)
            g1_add_mixed(r, r, in_x ? p : &image);
    }
}

typedef struct {
    equation *self;
    g1_affine key_p[N_KEY_TERMS];
    g2_affine key_q[N_KEY_TERMS];
    fq12 key_product;
} equation_run;

/* Item 0 is the key's terms; item 1 + k is chunk k: a = z A, then its product of pairings. */
static void multiply_chunk(void *ctx, size_t item, size_t thread)
{
    equation_run *run = ctx;
    equation *self = run->self;
    g1_xyzz weighed[PAIRS_A_LOOP];
    fq scratch[PAIRS_A_LOOP];
    (void)thread;
    if (item == 0) {
        pairing_miller(run->key_p, run->key_q, N_KEY_TERMS, &run->key_product);
        return;
    }
    size_t begin = (item - 1) * self->chunk, n = self->n - begin < self->chunk ? self->n - begin : self->chunk;
    for (size_t i = 0; i < n; i++) {
        const fr *halves = &self->halves[2 * (begin + i)];
        weigh(&weighed[i], &self->a[begin + i], halves[0].limb[0], halves[1].limb[0]);
    }
    g1_batch_to_affine(&self->a[begin], weighed, n, scratch);
    pairing_miller(&self->a[begin], &self->b[begin], n, &self->products[item - 1]);
    groth16_batch_count(self->batch, n);
}

pt_status equation_holds(equation *self, bool *out, pt_err *err)
{
    equation_run run = {.self = self};
    if (equation_key_terms(self, (crew_range){0, self->n}, self->threads, self->ic_scalars, run.key_p, run.key_q, err) !=
        PT_OK)
        return err->code;
    crew_run(self->threads, 1 + self->n_chunks, multiply_chunk, &run);
    fq12 product = run.key_product;
    for (size_t k = 0; k < self->n_chunks; k++)
        fq12_mul(&product, &product, &self->products[k]);
    *out = pairing_miller_is_one(&product);
    return PT_OK;
}
