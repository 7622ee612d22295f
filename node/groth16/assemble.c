/* SPDX-License-Identifier: Apache-2.0 */
#include "node/groth16/assemble.h"

#include <sodium.h>

#include "node/arith/fr.h"
#include "node/groth16/blinding.h"

/* More than what the functions called here take of the stack: their temporaries are zeroed all at once. */
enum { CALLEES_STACK_BYTES = 16 << 10 };

/* The secret scalars, canonical, and their product. */
typedef struct {
    fr r, s, rs;
} blinding;

/* Not inlined, as blind(): what the products leave is below the frame of assemble_run, where it is zeroed. */
static __attribute__((noinline)) pt_status draw(const pt_curve *curve, blinding *out, pt_err *err)
{
    if (blinding_draw(curve->r, FR_BYTES, (uint8_t *)&out->r, err) != PT_OK ||
        blinding_draw(curve->r, FR_BYTES, (uint8_t *)&out->s, err) != PT_OK)
        return err->code;
    fr_to_mont(&out->rs, &out->r);
    fr_mul(&out->rs, &out->rs, &out->s); /* (r R) s R^-1 */
    return PT_OK;
}

/* sum += point + [k] delta, both points as they lie in the key. */
static void g1_blind(g1_xyzz *sum, const uint8_t *point, const g1_xyzz *delta, const fr *k)
{
    g1_affine p;
    g1_xyzz shift;
    g1_mul_secret(&shift, delta, k);
    g1_affine_load(&p, point);
    g1_add_mixed(&shift, &shift, &p);
    g1_add(sum, sum, &shift);
    sodium_memzero(&shift, sizeof shift);
}

static void g2_blind(g2_xyzz *sum, const uint8_t *point, const uint8_t *delta, const fr *k)
{
    g2_affine p;
    g2_xyzz shift;
    g2_affine_load(&p, delta);
    g2_from_affine(&shift, &p);
    g2_mul_secret(&shift, &shift, k);
    g2_affine_load(&p, point);
    g2_add_mixed(&shift, &shift, &p);
    g2_add(sum, sum, &shift);
    sodium_memzero(&shift, sizeof shift);
}

/* The proof's points from the sums and the drawn scalars (eqs. 35 and 36). Not inlined: its frame is zeroed with its callees'. */
static __attribute__((noinline)) void blind(const proving_key *key, msm_sums sums, const blinding *secret,
                                            groth16_proof *out)
{
    g1_affine delta_affine;
    g1_xyzz delta, c, term;
    g1_affine_load(&delta_affine, key->delta1);
    g1_from_affine(&delta, &delta_affine);
    g1_blind(&sums.a, key->vkey.alpha1, &delta, &secret->r);
    g1_blind(&sums.b1, key->beta1, &delta, &secret->s);
    g2_blind(&sums.b2, key->vkey.beta2, key->vkey.delta2, &secret->s);
    g1_add(&c, &sums.l, &sums.h);
    g1_mul_secret(&term, &sums.a, &secret->s);
    g1_add(&c, &c, &term);
    g1_mul_secret(&term, &sums.b1, &secret->r);
    g1_add(&c, &c, &term);
    g1_mul_secret(&term, &delta, &secret->rs);
    g1_neg(&term, &term);
    g1_add(&c, &c, &term);
    g1_affine a_affine, c_affine;
    g2_affine b_affine;
    g1_to_affine(&a_affine, &sums.a);
    g2_to_affine(&b_affine, &sums.b2);
    g1_to_affine(&c_affine, &c);
    memcpy(out->a, &a_affine, sizeof a_affine);
    memcpy(out->b, &b_affine, sizeof b_affine);
    memcpy(out->c, &c_affine, sizeof c_affine);
    sodium_memzero(&sums, sizeof sums);
    sodium_memzero(&c, sizeof c);
    sodium_memzero(&term, sizeof term);
}

pt_status assemble_run(const proving_key *key, const msm_sums *sums, groth16_proof *out, pt_err *err)
{
    blinding secret;
    pt_status status = draw(key->curve, &secret, err);
    if (status == PT_OK) {
        *out = (groth16_proof){.curve = key->curve};
        blind(key, *sums, &secret, out);
    }
    sodium_memzero(&secret, sizeof secret);
    sodium_stackzero(CALLEES_STACK_BYTES);
    return status;
}
