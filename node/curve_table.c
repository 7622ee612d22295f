/* SPDX-License-Identifier: Apache-2.0 */
#include "node/arith/fr.h"
#include "node/arith/g1.h"
#include "node/arith/g2.h"
#include "node/arith/pairing.h"
#include "node/arith/point_bytes.h"
#include "node/arith/subgroup.h"
#include "node/bench/bench_curve.h"
#include "node/circuit/synthesis.h"
#include "node/curve_entries.h"
#include "node/domain/ntt.h"
#include "node/msm/bit_fold.h"
#include "node/msm/subgroup_batch.h"
#include "node/setup/generated_files.h"
#include "node/setup/setup_curve.h"

static size_t find_unreduced(const uint8_t *values, size_t stride_bytes, size_t n)
{
    size_t i = 0;
    for (fr value; i < n; i++) {
        fr_load(&value, values + i * stride_bytes);
        if (!fr_is_reduced(&value))
            break;
    }
    return i;
}

#define DEFINE_FIND_OFF_CURVE(GROUP)                                        \
    static size_t find_##GROUP##_off_curve(const uint8_t *points, size_t n) \
    {                                                                       \
        size_t i = 0;                                                       \
        for (GROUP##_affine p; i < n; i++) {                                \
            GROUP##_affine_load(&p, points + i * sizeof p);                 \
            if (!GROUP##_is_on_curve(&p))                                   \
                break;                                                      \
        }                                                                   \
        return i;                                                           \
    }
DEFINE_FIND_OFF_CURVE(g1)
DEFINE_FIND_OFF_CURVE(g2)

static bool is_reduced_fq(const uint8_t *value)
{
    fq a;
    fq_load(&a, value);
    return fq_is_reduced(&a);
}

static void to_canon_fq(const uint8_t *mont, uint8_t *canon)
{
    fq a;
    fq_load(&a, mont);
    fq_to_canon(&a, &a);
    fq_store(canon, &a);
}

static void to_mont_fq(const uint8_t *canon, uint8_t *mont)
{
    fq a;
    fq_load(&a, canon);
    fq_to_mont(&a, &a);
    fq_store(mont, &a);
}

static void pairing_of(const uint8_t *g1, const uint8_t *g2, uint8_t *out)
{
    g1_affine p;
    g2_affine q;
    fq12 value;
    g1_affine_load(&p, g1);
    g2_affine_load(&q, g2);
    pairing_product(&p, &q, 1, &value);
    memcpy(out, &value, sizeof value);
}

#define DEFINE_FOLD(GROUP)                                                                                             \
    static void fold_##GROUP(const uint8_t *bit_sums, size_t n_repeats, size_t n_sets, unsigned width, uint8_t *point) \
    {                                                                                                                  \
        const bit_fold_shape shape = {n_repeats, n_sets, width};                                                       \
        GROUP##_xyzz sum;                                                                                              \
        GROUP##_affine affine;                                                                                         \
        bit_fold_##GROUP(&shape, (const GROUP##_xyzz *)(const void *)bit_sums, &sum);                                  \
        GROUP##_to_affine(&affine, &sum);                                                                              \
        memcpy(point, &affine, sizeof affine);                                                                         \
    }
DEFINE_FOLD(g1)
DEFINE_FOLD(g2)

const pt_curve curve_table = {
    .name = PT_TEXT(PT_CURVE),
    .json_name = CURVE_JSON_NAME,
    .isa = PT_TEXT(PT_ISA),
    .kernels = CURVE_KERNELS,
    .fq_bytes = FQ_BYTES,
    .fr_bytes = FR_BYTES,
    .fr_bits = FR_BITS,
    .q = (const uint8_t *)fq_modulus.limb,
    .r = (const uint8_t *)fr_modulus.limb,
    .two_adicity = FR_TWO_ADICITY,
    .g1_generator = (const uint8_t *)&g1_generator,
    .g2_generator = (const uint8_t *)&g2_generator,
    .fr_find_unreduced = find_unreduced,
    .g1_find_off_curve = find_g1_off_curve,
    .g2_find_off_curve = find_g2_off_curve,
    .g1_find_outside = g1_scan_outside,
    .g2_find_outside = g2_scan_outside,
    .g1_find_outside_batch = g1_batch_outside,
    .g2_find_outside_batch = g2_batch_outside,
    .outside_scratch_bytes = subgroup_batch_scratch_bytes,
    .fq_is_reduced = is_reduced_fq,
    .fq_to_canon = to_canon_fq,
    .fq_to_mont = to_mont_fq,
    .g1_compress = g1_compress,
    .g2_compress = g2_compress,
    .g1_decompress = g1_decompress,
    .g2_decompress = g2_decompress,
    .pairing = pairing_of,
    .domain_create = ntt_domain_create,
    .domain_destroy = ntt_domain_destroy,
    .domain_bytes = ntt_domain_bytes,
    .cpu = &cpu_executors,
    .device = &device_executors,
    .find_units = synthesis_find_units,
    .g1_fold = fold_g1,
    .g2_fold = fold_g2,
    .verify_batch = curve_verify_batch,
    .setup = setup_curve,
    .generate_circuit = generated_files_write,
    .bench = bench_curve,
};
