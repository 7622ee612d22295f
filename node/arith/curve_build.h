/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/curve_build.h - what the build says of this compilation: which curve, which instruction set.
 *
 * A per-curve source is compiled once for each (curve, instruction set). It names types and functions without either
 * (fr_mul, msm_g1); its extern functions are renamed by PT_NAME, one line beside each prototype:
 *
 *     #define ntt_forward PT_NAME(ntt_forward)      -> bn254_adx_ntt_forward
 *
 * Code above reaches them through the table of node/curve.h. */
#ifndef PT_CURVE_BUILD_H
#define PT_CURVE_BUILD_H

#if defined(PT_CURVE_BN254)
#include "kernels/shared/bn254_constants.h"
#define PT_CURVE bn254
#define CURVE_JSON_NAME "bn128"
#define CURVE_KERNELS "-DPT_CURVE_BN254"
#elif defined(PT_CURVE_BLS12_381)
#include "kernels/shared/bls12_381_constants.h"
#define PT_CURVE bls12_381
#define CURVE_JSON_NAME "bls12381"
#define CURVE_KERNELS "-DPT_CURVE_BLS12_381"
#else
#error "a per-curve source: compile it through partita_module(CURVE_SOURCES ...)"
#endif

#if defined(PT_ISA_IFMA)
#define PT_ISA_ADX /* AVX-512 IFMA in the MSM; MULX and ADX for the rest */
#define PT_ISA ifma
#elif defined(PT_ISA_ADX)
#define PT_ISA adx
#elif defined(PT_ISA_PORTABLE)
#define PT_ISA portable
#else
#error "a per-curve source: compile it through partita_module(CURVE_SOURCES ...)"
#endif

#define PT_JOIN_(a, b) a##b
#define PT_JOIN(a, b) PT_JOIN_(a, b)
#define PT_NAME(name) PT_JOIN(PT_CURVE, PT_JOIN(_, PT_JOIN(PT_ISA, PT_JOIN(_, name))))
#define PT_TEXT_(x) #x
#define PT_TEXT(x) PT_TEXT_(x)

#include "kernels/shared/points.h"

/* Checked builds alone: an invariant of the arithmetic (form, bounds). PT_ALWAYS is for cold paths of every build. */
#include <stdio.h>
#include <stdlib.h>
#define PT_ALWAYS(cond)                                                                  \
    do {                                                                                 \
        if (!(cond)) {                                                                   \
            fprintf(stderr, "%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #cond); \
            abort();                                                                     \
        }                                                                                \
    } while (0)
#ifdef PARTITA_VERIFY
#define PT_VERIFY(cond) PT_ALWAYS(cond)
#else
#define PT_VERIFY(cond) ((void)0)
#endif

#endif
