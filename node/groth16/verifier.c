/* SPDX-License-Identifier: Apache-2.0 */
/* The pairing check of one or many proofs of one key (eqs. 37 and 38). Everything here is public: time may depend on values. */
#include <sodium.h>
#include <stdlib.h>

#include "node/arith/pairing.h"
#include "node/arith/subgroup.h"
#include "node/curve_entries.h"
#include "node/groth16/groth16.h"
#include "node/msm/msm.h"

/* n proofs being checked together. */
typedef struct {
    const groth16_vkey *vkey;
    const uint8_t *const *public_inputs;
    const groth16_proof *proofs;
    size_t n;
    fr *weights;    /* n, Montgomery form */
    fr *ic_scalars; /* n_public + 1, canonical when done */
    g1_affine *p;   /* n + 3, as q: the terms of the product of pairings that must be 1 */
    g2_affine *q;
} batch;

static pt_status batch_init(batch *b, pt_err *err)
{
    size_t n_ic = (size_t)b->vkey->n_public + 1;
    b->weights = calloc(b->n, sizeof *b->weights);
    b->ic_scalars = calloc(n_ic, sizeof *b->ic_scalars);
    b->p = calloc(b->n + 3, sizeof *b->p);
    b->q = calloc(b->n + 3, sizeof *b->q);
    if (b->weights == NULL || b->ic_scalars == NULL || b->p == NULL || b->q == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory to verify %zu proofs with %zu public inputs", b->n, n_ic - 1);
    return PT_OK;
}

static void batch_clear(batch *b)
{
    free(b->weights);
    free(b->ic_scalars);
    free(b->p);
    free(b->q);
}

/* One proof's points and inputs, before any pairing. Which of several proofs it is, curve_verify_batch says. */
static pt_status check_proof_form(const batch *b, size_t i, pt_err *err)
{
    const groth16_proof *proof = &b->proofs[i];
    g1_affine a, c;
    g2_affine q;
    g1_affine_load(&a, proof->a);
    g2_affine_load(&q, proof->b);
    g1_affine_load(&c, proof->c);
    if (!g1_is_on_curve(&a) || !g2_is_on_curve(&q) || !g1_is_on_curve(&c))
        return pt_fail(err, PT_E_VERIFY, "a point is not on the curve");
    if (!g1_in_subgroup(&a) || !g2_in_subgroup(&q) || !g1_in_subgroup(&c))
        return pt_fail(err, PT_E_VERIFY, "a point is not in the subgroup of order r");
    for (size_t j = 0; j < b->vkey->n_public; j++) {
        fr x;
        fr_load(&x, b->public_inputs[i] + j * FR_BYTES);
        if (!fr_is_reduced(&x))
            return pt_fail(err, PT_E_VERIFY, "public input %zu is not below r", j);
    }
    return PT_OK;
}

/* Weight 1 for one proof alone; else 128 random bits each, drawn now that all proofs are fixed: a false proof among them
 * passes with probability 2^-128. */
static pt_status draw_weights(batch *b, pt_err *err)
{
    b->weights[0] = fr_one;
    if (b->n == 1)
        return PT_OK;
    if (sodium_init() < 0)
        return pt_fail(err, PT_E_INTERNAL, "libsodium finds no source of randomness");
    for (size_t i = 0; i < b->n; i++) {
        fr z = {{0}};
        randombytes_buf(z.limb, 16);
        fr_to_mont(&b->weights[i], &z);
    }
    return PT_OK;
}

/* ic_scalars[0] = sum of weights, ic_scalars[j + 1] = sum over i of weight_i x_ij; canonical. */
static void combine_inputs(batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        fr term, x;
        fr_add(&b->ic_scalars[0], &b->ic_scalars[0], &b->weights[i]);
        for (size_t j = 0; j < b->vkey->n_public; j++) {
            fr_load(&x, b->public_inputs[i] + j * FR_BYTES);
            fr_mul(&term, &b->weights[i], &x); /* canonical: weight is in Montgomery form, x is not */
            fr_add(&b->ic_scalars[j + 1], &b->ic_scalars[j + 1], &term);
        }
    }
    fr_to_canon(&b->ic_scalars[0], &b->ic_scalars[0]);
}

/* -sum in affine form: a term on the right of the equation goes to the left. */
static void put_negated(g1_affine *out, const g1_xyzz *sum)
{
    g1_to_affine(out, sum);
    g1_affine_neg(out, out);
}

/* Terms n, n + 1, n + 2: -(sum z) alpha with beta, -IC with gamma, -(sum z_i C_i) with delta. */
static pt_status put_key_terms(batch *b, crew *alone, const g1_xyzz *c_sum, pt_err *err)
{
    const groth16_vkey *vkey = b->vkey;
    size_t n_ic = (size_t)vkey->n_public + 1;
    const msm_query query = {vkey->ic, 0, n_ic};
    g1_xyzz ic, alpha;
    if (msm_run(alone, b->ic_scalars, n_ic, &query, 1, &ic, NULL, 0, NULL, err) != PT_OK)
        return err->code;
    g1_affine alpha1;
    g1_affine_load(&alpha1, vkey->alpha1);
    g1_from_affine(&alpha, &alpha1);
    g1_mul_var(&alpha, &alpha, b->ic_scalars[0].limb, FR_LIMBS);
    put_negated(&b->p[b->n], &alpha);
    put_negated(&b->p[b->n + 1], &ic);
    put_negated(&b->p[b->n + 2], c_sum);
    g2_affine_load(&b->q[b->n], vkey->beta2);
    g2_affine_load(&b->q[b->n + 1], vkey->gamma2);
    g2_affine_load(&b->q[b->n + 2], vkey->delta2);
    return PT_OK;
}

/* Terms 0 to n - 1: z_i A_i with B_i; and the sum of z_i C_i. */
static void put_proof_terms(batch *b, g1_xyzz *c_sum)
{
    g1_set_infinity(c_sum);
    for (size_t i = 0; i < b->n; i++) {
        g1_affine point;
        g1_xyzz term;
        fr z;
        fr_to_canon(&z, &b->weights[i]);
        g1_affine_load(&point, b->proofs[i].a);
        g1_from_affine(&term, &point);
        g1_mul_var(&term, &term, z.limb, 2); /* 128 bits */
        g1_to_affine(&b->p[i], &term);
        g2_affine_load(&b->q[i], b->proofs[i].b);
        g1_affine_load(&point, b->proofs[i].c);
        g1_from_affine(&term, &point);
        g1_mul_var(&term, &term, z.limb, 2);
        g1_add(c_sum, c_sum, &term);
    }
}

static pt_status check_equation(batch *b, pt_err *err)
{
    g1_xyzz c_sum;
    crew *alone;
    if (draw_weights(b, err) != PT_OK || crew_create(1, &alone, err) != PT_OK)
        return err->code;
    combine_inputs(b);
    put_proof_terms(b, &c_sum);
    pt_status status = put_key_terms(b, alone, &c_sum, err);
    crew_destroy(alone);
    if (status != PT_OK)
        return status;
    return pairing_product_is_one(b->p, b->q, b->n + 3) ? PT_OK
                                                        : pt_fail(err, PT_E_VERIFY, "the pairing equation does not hold");
}

static pt_status verify_together(const groth16_vkey *vkey, const uint8_t *const *public_inputs, const groth16_proof *proofs,
                                 size_t n, pt_err *err)
{
    batch b = {.vkey = vkey, .public_inputs = public_inputs, .proofs = proofs, .n = n};
    pt_status status = PT_OK;
    for (size_t i = 0; i < n && status == PT_OK; i++)
        status = check_proof_form(&b, i, err);
    if (status == PT_OK)
        status = batch_init(&b, err);
    if (status == PT_OK)
        status = check_equation(&b, err);
    batch_clear(&b);
    return status;
}

pt_status curve_verify_batch(const groth16_vkey *vkey, const uint8_t *const *public_inputs, const groth16_proof *proofs,
                             size_t n, pt_err *err)
{
    pt_err reason = {0};
    pt_status status = verify_together(vkey, public_inputs, proofs, n, &reason);
    for (size_t i = 0; status == PT_E_VERIFY && n > 1 && i < n; i++) {
        pt_err alone = {0};
        if (verify_together(vkey, &public_inputs[i], &proofs[i], 1, &alone) == PT_E_VERIFY)
            return pt_fail(err, PT_E_VERIFY, "proof %zu of %zu: %s", i, n, alone.msg);
    }
    return status == PT_OK ? PT_OK : pt_fail(err, status, "%s", reason.msg);
}
