/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/arith_tests.inc.h - what the tests of node/arith share: known answers and random elements.
 *
 * Known answers are @noble/curves', in tests/golden/arith_<curve>.json; the file says its conventions itself. Random elements come
 * from a seed that is printed and can be given again as PARTITA_SEED. */
#ifndef PT_ARITH_TESTS_H
#define PT_ARITH_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "node/arith/cpu_features.h"
#include "node/arith/fq12.h"
#include "node/arith/fr.h"
#include "node/arith/g1.h"
#include "node/arith/g2.h"

/* main's first line: leave with 77 (skipped) where the processor lacks what this program was compiled for. */
static inline void skip_unless_supported(void)
{
#ifdef PT_ISA_ADX
    cpu_features cpu = cpu_features_read();
    if (!cpu.bmi2 || !cpu.adx)
        exit(77);
#endif
#ifdef PT_ISA_IFMA
    if (!cpu.avx512_ifma)
        exit(77);
#endif
}

/* ---- random elements: SplitMix64 (Steele, Lea, Flood 2014) ---- */

typedef struct {
    uint64_t state;
} test_rng;

static inline test_rng rng_start(void)
{
    const char *given = getenv("PARTITA_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    print_message("PARTITA_SEED=%llu\n", (unsigned long long)seed);
    return (test_rng){seed};
}

static inline uint64_t rng_next(test_rng *rng)
{
    uint64_t z = rng->state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static inline fr rng_fr(test_rng *rng)
{
    fr a;
    do {
        for (int i = 0; i < FR_LIMBS; i++)
            a.limb[i] = rng_next(rng);
        a.limb[FR_LIMBS - 1] &= UINT64_MAX >> (64 * FR_LIMBS - FR_BITS);
    } while (!fr_is_reduced(&a));
    return a;
}

static inline fq rng_fq(test_rng *rng)
{
    fq a;
    do {
        for (int i = 0; i < FQ_LIMBS; i++)
            a.limb[i] = rng_next(rng);
        a.limb[FQ_LIMBS - 1] &= UINT64_MAX >> (64 * FQ_LIMBS - FQ_BITS);
    } while (!fq_is_reduced(&a));
    return a;
}

static inline fq2 rng_fq2(test_rng *rng)
{
    fq2 a = {rng_fq(rng), rng_fq(rng)};
    return a;
}

static inline fq12 rng_fq12(test_rng *rng)
{
    fq12 a;
    fq2 *g = &a.c0.c0;
    for (int i = 0; i < 6; i++)
        g[i] = rng_fq2(rng);
    return a;
}

/* ---- multiples of the generators ----
 * The point [k] generator, the same in affine form and as a file's bytes, k in Montgomery form; and a random one. */

#define DEFINE_MULTIPLES(GROUP)                                      \
    static inline GROUP##_xyzz GROUP##_of(const fr *k_mont)          \
    {                                                                \
        fr k;                                                        \
        GROUP##_xyzz p;                                              \
        fr_to_canon(&k, k_mont);                                     \
        GROUP##_from_affine(&p, &GROUP##_generator);                 \
        GROUP##_mul_var(&p, &p, k.limb, FR_LIMBS);                   \
        return p;                                                    \
    }                                                                \
    static inline GROUP##_affine GROUP##_affine_of(const fr *k_mont) \
    {                                                                \
        GROUP##_affine affine;                                       \
        GROUP##_xyzz p = GROUP##_of(k_mont);                         \
        GROUP##_to_affine(&affine, &p);                              \
        return affine;                                               \
    }                                                                \
    static inline void GROUP##_put(uint8_t *out, const fr *k_mont)   \
    {                                                                \
        GROUP##_affine affine = GROUP##_affine_of(k_mont);           \
        memcpy(out, &affine, sizeof affine);                         \
    }                                                                \
    static inline GROUP##_affine rng_##GROUP(test_rng *rng)          \
    {                                                                \
        fr k = rng_fr(rng);                                          \
        return GROUP##_affine_of(&k);                                \
    }
DEFINE_MULTIPLES(g1)
DEFINE_MULTIPLES(g2)

/* ---- known answers ---- */

static inline json_t *golden_open(void)
{
    json_error_t error;
    json_t *root = json_load_file(PT_TESTS_DIR "/golden/arith_" PT_TEXT(PT_CURVE) ".json", 0, &error);
    if (root == NULL)
        fail_msg("%s:%d: %s", error.source, error.line, error.text);
    return root;
}

/* The value at a path of names, which must be there. */
static inline const json_t *golden_get(const json_t *from, const char *name)
{
    const json_t *value = json_object_get(from, name);
    if (value == NULL)
        fail_msg("no %s in the known answers", name);
    return value;
}

/* Big-endian hexadecimal to limbs. */
static inline void golden_limbs(uint64_t *limb, size_t n_limbs, const json_t *number)
{
    const char *text = json_string_value(number);
    assert_non_null(text);
    size_t len = strlen(text);
    assert_true(len <= 16 * n_limbs);
    memset(limb, 0, 8 * n_limbs);
    for (size_t i = 0; i < len; i++) {
        const char digit[2] = {text[len - 1 - i], 0};
        limb[i / 16] |= (uint64_t)strtoul(digit, NULL, 16) << (4 * (i % 16));
    }
}

static inline fr golden_fr(const json_t *number)
{
    fr a;
    golden_limbs(a.limb, FR_LIMBS, number);
    fr_to_mont(&a, &a);
    return a;
}

static inline fq golden_fq(const json_t *number)
{
    fq a;
    golden_limbs(a.limb, FQ_LIMBS, number);
    fq_to_mont(&a, &a);
    return a;
}

static inline fq2 golden_fq2(const json_t *pair)
{
    fq2 a = {golden_fq(json_array_get(pair, 0)), golden_fq(json_array_get(pair, 1))};
    return a;
}

static inline fq6 golden_fq6(const json_t *three)
{
    fq6 a = {golden_fq2(json_array_get(three, 0)), golden_fq2(json_array_get(three, 1)),
             golden_fq2(json_array_get(three, 2))};
    return a;
}

static inline fq12 golden_fq12(const json_t *pair)
{
    fq12 a = {golden_fq6(json_array_get(pair, 0)), golden_fq6(json_array_get(pair, 1))};
    return a;
}

static inline g1_affine golden_g1(const json_t *point)
{
    if (json_is_null(point))
        return (g1_affine){fq_zero, fq_zero};
    return (g1_affine){golden_fq(json_array_get(point, 0)), golden_fq(json_array_get(point, 1))};
}

static inline g2_affine golden_g2(const json_t *point)
{
    if (json_is_null(point))
        return (g2_affine){fq2_zero, fq2_zero};
    return (g2_affine){golden_fq2(json_array_get(point, 0)), golden_fq2(json_array_get(point, 1))};
}

#endif
