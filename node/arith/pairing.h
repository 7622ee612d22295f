/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/pairing.h - the optimal ate pairing G1 x G2 -> Fq12, and products of pairings. */
#ifndef PT_PAIRING_H
#define PT_PAIRING_H

#include "node/arith/fq12.h"
#include "node/arith/g1.h"
#include "node/arith/g2.h"

#define pairing_product PT_NAME(pairing_product)
#define pairing_product_is_one PT_NAME(pairing_product_is_one)
#define pairing_miller PT_NAME(pairing_miller)
#define pairing_miller_is_one PT_NAME(pairing_miller_is_one)

/** out = prod e(p[i], q[i]): one loop with shared squarings, one final exponentiation. The pairing is the one that snarkjs
 *  writes as vk_alphabeta_12: raised to k (q^12 - 1) / r with k of eq. 17 and not k = 1.
 *  shape   p[n], q[n]: on the curve and in the subgroup; infinity on either side contributes 1; n = 0 gives 1
 *  thread  any; no allocation; time and branches depend on the points
 *  source  Vercauteren, eprint 2008/096; lines in homogeneous coordinates by Costello, Lange, Naehrig, eprint 2009/615 */
void pairing_product(const g1_affine *p, const g2_affine *q, size_t n, fq12 *out);

/** Is prod e(p[i], q[i]) = 1? (k is prime to r, so it does not matter here.) Arguments as in pairing_product. */
bool pairing_product_is_one(const g1_affine *p, const g2_affine *q, size_t n);

/** out = a product of pairings before its exponentiation: products of such values may be taken by many threads. Arguments as in
 *  pairing_product; a multiple of PAIRS_A_LOOP pairs costs the least each. */
void pairing_miller(const g1_affine *p, const g2_affine *q, size_t n, fq12 *out);

/** Is the product of pairings 1 that f is before its exponentiation? f is a product of what pairing_miller gives. */
bool pairing_miller_is_one(const fq12 *f);

/** Pairs that share their squarings: enough that the squarings' share is small, and little stack. */
enum { PAIRS_A_LOOP = 16 };

#endif
