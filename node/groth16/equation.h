/* SPDX-License-Identifier: Apache-2.0 */
/* node/groth16/equation.h - the equation of a batch of proofs (eq. 38), whole or for a part of its terms. Per curve.
 *
 * Everything here is public: time may depend on values. */
#ifndef PT_EQUATION_H
#define PT_EQUATION_H

#include "node/arith/fr.h"
#include "node/arith/pairing.h"
#include "node/groth16/groth16.h"
#include "node/pipeline/crew.h"

#define equation_init PT_NAME(equation_init)
#define equation_clear PT_NAME(equation_clear)
#define equation_holds PT_NAME(equation_holds)
#define equation_key_terms PT_NAME(equation_key_terms)

/** A term is a proof with its weight z = x + y lambda, x and y of 64 random bits: as many different weights as of 128 bits, at half the
 *  doublings. Terms are taken together by `chunk`, one product of pairings each. */
typedef struct {
    const groth16_batch *batch;
    crew *threads;
    size_t n, chunk, n_chunks;
    const size_t *proof_of; /* n: the proof's index in the batch */
    fr *halves;             /* 2 n: x, y; canonical */
    fr *weights;            /* n, Montgomery form */
    fr *ic_scalars;         /* n_public + 1: scratch of equation_holds */
    g1_affine *c;           /* 2 n: C, phi(C) */
    g1_affine *a;           /* n: z A */
    g2_affine *b;           /* n */
    fq12 *products;         /* n_chunks: of the pairs (z A, B), before the exponentiation; set by equation_holds */
} equation;

enum { N_KEY_TERMS = 3 };

/** Take the proofs proof_of[n], which are all of the right form, and draw their weights now; one proof alone has weight 1.
 *  owns    *out is the caller's (equation_clear), also after an error; batch, threads and proof_of are borrowed
 *  errors  PT_E_NOMEM with the number of proofs; PT_E_INTERNAL libsodium has no source of randomness */
pt_status equation_init(const groth16_batch *batch, crew *threads, const size_t *proof_of, size_t n, equation *out,
                        pt_err *err);
void equation_clear(equation *self);

/** Does the whole equation hold? thread: as crew_run of its crew. errors: PT_E_NOMEM */
pt_status equation_holds(equation *self, bool *out, pt_err *err);

/** The three pairs that the terms [range) have in common: -(sum z) alpha, -sum z IC(x) and -sum z C with beta, gamma and delta.
 *  shape   ic_scalars: n_public + 1 elements of scratch; threads: who does it
 *  errors  PT_E_NOMEM */
pt_status equation_key_terms(const equation *self, crew_range range, crew *threads, fr *ic_scalars,
                             g1_affine p[N_KEY_TERMS], g2_affine q[N_KEY_TERMS], pt_err *err);

#endif
