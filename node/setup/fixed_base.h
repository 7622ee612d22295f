/* SPDX-License-Identifier: Apache-2.0 */
/* node/setup/fixed_base.h - many multiples of a generator: tables of its multiples and batched affine additions. Per curve. */
#ifndef PT_FIXED_BASE_H
#define PT_FIXED_BASE_H

#include "node/arith/g1.h"
#include "node/arith/g2.h"
#include "node/pipeline/crew.h"

#define fixed_base_g1_create PT_NAME(fixed_base_g1_create)
#define fixed_base_g1_destroy PT_NAME(fixed_base_g1_destroy)
#define fixed_base_g1_multiples PT_NAME(fixed_base_g1_multiples)
#define fixed_base_g2_create PT_NAME(fixed_base_g2_create)
#define fixed_base_g2_destroy PT_NAME(fixed_base_g2_destroy)
#define fixed_base_g2_multiples PT_NAME(fixed_base_g2_multiples)

typedef struct fixed_base_g1 fixed_base_g1; /* tables of G1's generator; immutable once made, shared by threads */
typedef struct fixed_base_g2 fixed_base_g2;

/** Tables for about n_expected multiples: windows of c bits, 2^(c-1) multiples in each, c chosen so that the additions for the
 *  tables and for the multiples are fewest, within 64 MiB.
 *  owns    *out is the caller's (fixed_base_g1_destroy)
 *  errors  PT_E_NOMEM with the bytes */
pt_status fixed_base_g1_create(crew *threads, size_t n_expected, fixed_base_g1 **out, pt_err *err);
void fixed_base_g1_destroy(fixed_base_g1 *base);

/** out[i] = [scalars[i]] G; a zero scalar gives infinity. Time depends on the scalars: for set-ups whose waste is known.
 *  shape   scalars[n]: Montgomery form
 *  source  signed digits; Montgomery's shared inversion (Math. Comp. 48, 1987) over the additions of a batch */
void fixed_base_g1_multiples(const fixed_base_g1 *base, crew *threads, const fr *scalars, size_t n, g1_affine *out);

/** As for G1. */
pt_status fixed_base_g2_create(crew *threads, size_t n_expected, fixed_base_g2 **out, pt_err *err);
void fixed_base_g2_destroy(fixed_base_g2 *base);
void fixed_base_g2_multiples(const fixed_base_g2 *base, crew *threads, const fr *scalars, size_t n, g2_affine *out);

#endif
