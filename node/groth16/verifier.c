/* SPDX-License-Identifier: Apache-2.0 */
/* The pairing check of one or many proofs of one key (eqs. 37 and 38). Everything here is public: time may depend on values. */
#include <stdlib.h>

#include "node/arith/subgroup.h"
#include "node/curve_entries.h"
#include "node/groth16/bad_proofs.h"
#include "node/groth16/equation.h"

typedef struct {
    const groth16_batch *batch;
    crew *threads;
    pt_err *verdicts;
    size_t *proof_of; /* the proofs of the right form */
    bool *is_bad;     /* of them, by their equation */
} verification;

/* One proof's points and inputs, before any pairing. */
static void check_form(void *ctx, size_t item, size_t thread)
{
    const verification *v = ctx;
    const groth16_proof *proof = &v->batch->proofs[item];
    pt_err *verdict = &v->verdicts[item];
    g1_affine a, c;
    g2_affine b;
    (void)thread;
    g1_affine_load(&a, proof->a);
    g2_affine_load(&b, proof->b);
    g1_affine_load(&c, proof->c);
    if (!g1_is_on_curve(&a) || !g2_is_on_curve(&b) || !g1_is_on_curve(&c))
        pt_fail(verdict, PT_E_VERIFY, "a point is not on the curve");
    else if (!g1_in_subgroup(&a) || !g2_in_subgroup(&b) || !g1_in_subgroup(&c))
        pt_fail(verdict, PT_E_VERIFY, "a point is not in the subgroup of order r");
    for (size_t j = 0; j < v->batch->vkey->n_public; j++) {
        fr x;
        fr_load(&x, v->batch->public_inputs[item] + j * FR_BYTES);
        if (!fr_is_reduced(&x))
            pt_fail(verdict, PT_E_VERIFY, "public input %zu is not below r", j);
    }
    groth16_batch_count(v->batch, 1);
}

static pt_status check_equation(const verification *v, size_t n, pt_err *err)
{
    equation eq;
    bool holds = false;
    if (equation_init(v->batch, v->threads, v->proof_of, n, &eq, err) == PT_OK &&
        equation_holds(&eq, &holds, err) == PT_OK && !holds)
        bad_proofs_find(&eq, v->is_bad, err);
    equation_clear(&eq);
    for (size_t i = 0; err->code == PT_OK && i < n; i++)
        if (v->is_bad[i])
            pt_fail(&v->verdicts[v->proof_of[i]], PT_E_VERIFY, "the pairing equation does not hold");
    return err->code;
}

static pt_status verify_with(verification *v, pt_err *err)
{
    size_t n = 0;
    crew_run(v->threads, v->batch->n, check_form, v);
    for (size_t i = 0; i < v->batch->n; i++)
        if (v->verdicts[i].code == PT_OK)
            v->proof_of[n++] = i;
    groth16_batch_count(v->batch, v->batch->n - n); /* no pairings of theirs */
    return n == 0 ? PT_OK : check_equation(v, n, err);
}

pt_status curve_verify_batch(const groth16_batch *batch, pt_err *verdicts, pt_err *err)
{
    verification v = {.batch = batch, .threads = batch->threads, .verdicts = verdicts};
    crew *alone = NULL;
    if (v.threads == NULL && crew_create(1, &alone, err) != PT_OK)
        return err->code;
    v.threads = v.threads == NULL ? alone : v.threads;
    v.proof_of = calloc(batch->n, sizeof *v.proof_of);
    v.is_bad = calloc(batch->n, sizeof *v.is_bad);
    if (v.proof_of == NULL || v.is_bad == NULL)
        pt_fail(err, PT_E_NOMEM, "no memory to verify %zu proofs", batch->n);
    else
        verify_with(&v, err);
    free(v.proof_of);
    free(v.is_bad);
    crew_destroy(alone);
    return err->code;
}
