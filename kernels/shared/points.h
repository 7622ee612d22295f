/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/shared/points.h - limb and point structs of the curve whose constants were included first.
 *
 * A file's points and field elements lie in memory exactly as these structs do: little-endian, Montgomery form. The host counts in
 * 64-bit limbs, a device in 32-bit words: the same bytes, so buffers are passed as they are. PT_DEVICE_CODE says that a host's
 * compiler reads a device's code (tests/kernel/). */
#ifndef PT_POINTS_H
#define PT_POINTS_H

#if defined(__OPENCL_C_VERSION__) || defined(PT_DEVICE_CODE)
/** A scalar-field element: FR_WORDS words, least significant first. Aligned, so that a device moves 16 bytes at a time. */
typedef struct __attribute__((aligned(16))) {
    uint word[FR_WORDS];
} fr;

/** A base-field element: FQ_WORDS words, least significant first. */
typedef struct __attribute__((aligned(16))) {
    uint word[FQ_WORDS];
} fq;
#else
#include <stdint.h>
typedef uint64_t pt_u64;

/** A scalar-field element: FR_LIMBS limbs, least significant first, below FR_MODULUS. */
typedef struct {
    pt_u64 limb[FR_LIMBS];
} fr;

/** A base-field element: FQ_LIMBS limbs, least significant first, below FQ_MODULUS. */
typedef struct {
    pt_u64 limb[FQ_LIMBS];
} fq;
#endif

/** c0 + c1 u, u^2 = -1. */
typedef struct {
    fq c0, c1;
} fq2;

/** An affine point; infinity is (0, 0), which is on neither curve because B is not 0. */
typedef struct {
    fq x, y;
} g1_affine;

typedef struct {
    fq2 x, y;
} g2_affine;

/** x = X / ZZ, y = Y / ZZZ, ZZ^3 = ZZZ^2; infinity has ZZ = 0. */
typedef struct {
    fq x, y, zz, zzz;
} g1_xyzz;

typedef struct {
    fq2 x, y, zz, zzz;
} g2_xyzz;

#if !defined(__OPENCL_C_VERSION__) && !defined(PT_DEVICE_CODE)
_Static_assert(sizeof(g1_affine) == 16 * FQ_LIMBS, "a file's G1 point is copied as it lies");
_Static_assert(sizeof(g2_affine) == 32 * FQ_LIMBS, "a file's G2 point is copied as it lies");
#endif
#endif
