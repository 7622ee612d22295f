/* SPDX-License-Identifier: Apache-2.0 */
/* node/curve.h - the seam between code that is the same for every curve and code compiled for each: one coarse table.
 *
 * An entry works on whole files' arrays, whole proofs, whole benchmarks; nothing finer crosses it. Bytes are laid out as in
 * kernels/shared/points.h and may have any alignment. */
#ifndef PT_CURVE_H
#define PT_CURVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"
#include "node/arith/cpu_features.h"

struct crew;
struct ntt_domain;
struct stage_executors;
struct csr;
struct groth16_proof;
struct groth16_batch;
struct setup_job;
struct circuit_generator_job;
struct bench_job;

/** Where random subsets come from: drawn after the points are fixed; the batches of a key have different numbers. */
typedef struct {
    uint8_t key[32]; /* of ChaCha20 */
    uint64_t batch;
} subset_seed;

enum { SUBGROUP_BATCH_MAX = 1 << 15 };

/** 2^27: the largest domain whose odd coset has its roots in BN254's Fr, and the one that is planned for. */
enum { PT_LOG_DOMAIN_MAX = 27 };

/** Places of these coefficients in a circuit's dictionary; n_values where it lacks them. */
typedef struct {
    uint32_t zero, plus_one, minus_one;
} circuit_units;

typedef struct pt_curve {
    const char *name;      /* "bn254", "bls12_381" */
    const char *json_name; /* snarkjs's: "bn128", "bls12381" */
    const char *isa;       /* "portable", "adx", "ifma" */
    const char *kernels;   /* what names it to the compiler of a device's kernels: "-DPT_CURVE_BN254" */
    uint32_t fq_bytes, fr_bytes;
    unsigned fr_bits;
    const uint8_t *q, *r;                       /* the primes, canonical, little-endian */
    unsigned two_adicity;                       /* of r - 1: a domain of 2^k needs roots of order 2^(k+1) */
    const uint8_t *g1_generator, *g2_generator; /* points as in a key file */

    /* Files. find_*: the index of the first bad element of n, or n. */
    size_t (*fr_find_unreduced)(const uint8_t *values, size_t stride_bytes, size_t n);
    size_t (*g1_find_off_curve)(const uint8_t *points, size_t n);
    size_t (*g2_find_off_curve)(const uint8_t *points, size_t n);
    size_t (*g1_find_outside)(const uint8_t *points, size_t n); /* not in the subgroup of order r; points of the curve */
    size_t (*g2_find_outside)(const uint8_t *points, size_t n);
    /* The same of n <= SUBGROUP_BATCH_MAX, by sums of random subsets: a batch with such a point passes with probability at most
     * 2^-80. scratch: outside_scratch_bytes(), 64-byte aligned. */
    size_t (*g1_find_outside_batch)(const uint8_t *points, size_t n, const subset_seed *seed, void *scratch);
    size_t (*g2_find_outside_batch)(const uint8_t *points, size_t n, const subset_seed *seed, void *scratch);
    size_t (*outside_scratch_bytes)(void);
    bool (*fq_is_reduced)(const uint8_t *value);
    void (*fq_to_canon)(const uint8_t *mont, uint8_t *canon);
    void (*fq_to_mont)(const uint8_t *canon, uint8_t *mont);
    /* Compressed points, fq_bytes in G1 and twice as many in G2 (node/format/proof_bytes.h). decompress: NULL, or what is wrong. */
    void (*g1_compress)(const uint8_t *point, uint8_t *out);
    void (*g2_compress)(const uint8_t *point, uint8_t *out);
    const char *(*g1_decompress)(const uint8_t *bytes, uint8_t *point);
    const char *(*g2_decompress)(const uint8_t *bytes, uint8_t *point);

    /* Groth16. out of pairing: 12 Fq in Montgomery form, in the order that vk_alphabeta_12 is written. */
    void (*pairing)(const uint8_t *g1, const uint8_t *g2, uint8_t *out);
    pt_status (*domain_create)(unsigned log_n, struct crew *threads, struct ntt_domain **out, pt_err *err);
    void (*domain_destroy)(struct ntt_domain *domain);
    size_t (*domain_bytes)(unsigned log_n);
    const struct stage_executors *cpu, *device;
    circuit_units (*find_units)(const struct csr *circuit);
    /* What a device's bit sums (gpu/gpu_msm.h) fold to, affine, as in a key file: node/msm/bit_fold.h. bit_sums: aligned as malloc's. */
    void (*g1_fold)(const uint8_t *bit_sums, size_t n_repeats, size_t n_sets, unsigned width, uint8_t *point);
    void (*g2_fold)(const uint8_t *bit_sums, size_t n_repeats, size_t n_sets, unsigned width, uint8_t *point);
    /* n >= 1, proofs of this curve; PT_OK whatever the verdicts. */
    pt_status (*verify_batch)(const struct groth16_batch *batch, pt_err *verdicts, pt_err *err);
    pt_status (*setup)(const struct setup_job *job, pt_err *err);
    pt_status (*generate_circuit)(const struct circuit_generator_job *job, pt_err *err);
    pt_status (*bench)(const struct bench_job *job, pt_err *err);
} pt_curve;

/** An instruction set that per-curve code is compiled for, and what a processor must have to run it. */
typedef struct {
    const char *name;
    cpu_features needs;
} pt_isa;

/** The instruction sets that are built in, the slowest ("portable") first. */
const pt_isa *pt_isa_list(size_t *n);

/** The fastest build of a curve that these features allow, by the prime of its scalar field.
 *  shape   r: n_bytes, little-endian
 *  returns NULL for a prime that is not known */
const pt_curve *pt_curve_by_r(const uint8_t *r, size_t n_bytes, cpu_features features);

/** As pt_curve_by_r, by name ("bn254", "bls12_381") or snarkjs's name. */
const pt_curve *pt_curve_by_name(const char *name, cpu_features features);

#endif
