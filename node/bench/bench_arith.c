/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/bench_curve.h"

#include <sodium.h>
#include <stdlib.h>

#include "node/arith/pairing.h"
#include "node/pipeline/stage.h"

/* What the chains start from and end in. */
typedef struct {
    fr fr_a, fr_b;
    fq fq_a, fq_b;
    fq2 fq2_a, fq2_b;
    g1_xyzz g1_a;
    g1_affine g1_b;
    g2_xyzz g2_a;
    g2_affine g2_b;
    fq12 paired;
} arith_operands;

/* A chain: each operation needs the result of the one before, so this is latency. */
#define CHAIN(name, type, operand, step)                  \
    static void chain_##name(arith_operands *o, size_t n) \
    {                                                     \
        type x = o->operand;                              \
        for (size_t i = 0; i < n; i++)                    \
            step;                                         \
        o->operand = x;                                   \
    }

CHAIN(fr_add, fr, fr_a, fr_add(&x, &x, &o->fr_b))
CHAIN(fr_mul, fr, fr_a, fr_mul(&x, &x, &o->fr_b))
CHAIN(fr_sqr, fr, fr_a, fr_sqr(&x, &x))
CHAIN(fr_inv, fr, fr_a, fr_inv(&x, &x))
CHAIN(fr_inv_var, fr, fr_a, fr_inv_var(&x, &x))
CHAIN(fq_add, fq, fq_a, fq_add(&x, &x, &o->fq_b))
CHAIN(fq_mul, fq, fq_a, fq_mul(&x, &x, &o->fq_b))
CHAIN(fq_sqr, fq, fq_a, fq_sqr(&x, &x))
CHAIN(fq_inv, fq, fq_a, fq_inv(&x, &x))
CHAIN(fq_inv_var, fq, fq_a, fq_inv_var(&x, &x))
CHAIN(fq2_mul, fq2, fq2_a, fq2_mul(&x, &x, &o->fq2_b))
CHAIN(g1_add_mixed, g1_xyzz, g1_a, g1_add_mixed(&x, &x, &o->g1_b))
CHAIN(g2_add_mixed, g2_xyzz, g2_a, g2_add_mixed(&x, &x, &o->g2_b))
CHAIN(pairing, fq12, paired, pairing_product(&o->g1_b, &o->g2_b, 1, &x))

/* ---- the same results in other ways: is the operation right for these operands? ---- */

/* a b by doublings and additions alone. */
static fr fr_mul_by_additions(const fr *a, const fr *b)
{
    fr canon, sum = fr_zero;
    fr_to_canon(&canon, b);
    for (int i = 64 * FR_LIMBS; i-- > 0;) {
        fr_dbl(&sum, &sum);
        if (canon.limb[i / 64] >> (i % 64) & 1)
            fr_add(&sum, &sum, a);
    }
    return sum;
}

static fq fq_mul_by_additions(const fq *a, const fq *b)
{
    fq canon, sum = fq_zero;
    fq_to_canon(&canon, b);
    for (int i = 64 * FQ_LIMBS; i-- > 0;) {
        fq_dbl(&sum, &sum);
        if (canon.limb[i / 64] >> (i % 64) & 1)
            fq_add(&sum, &sum, a);
    }
    return sum;
}

/* Is r = a + b, or a + b - p, over the integers? */
static bool is_sum(const uint64_t *a, const uint64_t *b, const uint64_t *r, const uint64_t *p, int n_limbs)
{
    bool equal[2] = {true, true};
    for (int wrapped = 0; wrapped < 2; wrapped++) {
        pt_u128 left = 0, right = 0; /* a + b = r + wrapped * p, limb by limb with carries */
        for (int i = 0; i < n_limbs; i++) {
            left += (pt_u128)a[i] + b[i];
            right += (pt_u128)r[i] + (wrapped ? p[i] : 0);
            equal[wrapped] &= (uint64_t)left == (uint64_t)right;
            left >>= 64;
            right >>= 64;
        }
        equal[wrapped] &= left == right;
    }
    return equal[0] || equal[1];
}

static bool right_fr_add(const arith_operands *o)
{
    fr sum;
    fr_add(&sum, &o->fr_a, &o->fr_b);
    return is_sum(o->fr_a.limb, o->fr_b.limb, sum.limb, fr_modulus.limb, FR_LIMBS);
}

static bool right_fq_add(const arith_operands *o)
{
    fq sum;
    fq_add(&sum, &o->fq_a, &o->fq_b);
    return is_sum(o->fq_a.limb, o->fq_b.limb, sum.limb, fq_modulus.limb, FQ_LIMBS);
}

static bool right_fr_mul(const arith_operands *o)
{
    fr product, expected = fr_mul_by_additions(&o->fr_a, &o->fr_b);
    fr_mul(&product, &o->fr_a, &o->fr_b);
    return fr_eq(&product, &expected);
}

static bool right_fr_sqr(const arith_operands *o)
{
    fr square, expected = fr_mul_by_additions(&o->fr_a, &o->fr_a);
    fr_sqr(&square, &o->fr_a);
    return fr_eq(&square, &expected);
}

static bool right_fr_inv(const arith_operands *o)
{
    fr inverse, one;
    fr_inv(&inverse, &o->fr_a);
    one = fr_mul_by_additions(&inverse, &o->fr_a);
    return fr_is_one(&one);
}

static bool right_fr_inv_var(const arith_operands *o)
{
    fr inverse, one;
    fr_inv_var(&inverse, &o->fr_a);
    one = fr_mul_by_additions(&inverse, &o->fr_a);
    return fr_is_one(&one);
}

static bool right_fq_mul(const arith_operands *o)
{
    fq product, expected = fq_mul_by_additions(&o->fq_a, &o->fq_b);
    fq_mul(&product, &o->fq_a, &o->fq_b);
    return fq_eq(&product, &expected);
}

static bool right_fq_sqr(const arith_operands *o)
{
    fq square, expected = fq_mul_by_additions(&o->fq_a, &o->fq_a);
    fq_sqr(&square, &o->fq_a);
    return fq_eq(&square, &expected);
}

static bool right_fq_inv(const arith_operands *o)
{
    fq inverse, one;
    fq_inv(&inverse, &o->fq_a);
    one = fq_mul_by_additions(&inverse, &o->fq_a);
    return fq_is_one(&one);
}

static bool right_fq_inv_var(const arith_operands *o)
{
    fq inverse, one;
    fq_inv_var(&inverse, &o->fq_a);
    one = fq_mul_by_additions(&inverse, &o->fq_a);
    return fq_is_one(&one);
}

/* (a0 + a1 u)(b0 + b1 u), u^2 = -1, in four products. */
static bool right_fq2_mul(const arith_operands *o)
{
    const fq2 *a = &o->fq2_a, *b = &o->fq2_b;
    fq2 product, expected;
    fq a0b0 = fq_mul_by_additions(&a->c0, &b->c0), a1b1 = fq_mul_by_additions(&a->c1, &b->c1);
    fq a0b1 = fq_mul_by_additions(&a->c0, &b->c1), a1b0 = fq_mul_by_additions(&a->c1, &b->c0);
    fq_sub(&expected.c0, &a0b0, &a1b1);
    fq_add(&expected.c1, &a0b1, &a1b0);
    fq2_mul(&product, a, b);
    return fq2_eq(&product, &expected);
}

static const uint64_t check_additions = 100;

/* p + q + ... + q = p + [n] q */
static bool right_g1_add_mixed(const arith_operands *o)
{
    arith_operands chained = *o;
    g1_xyzz expected;
    chain_g1_add_mixed(&chained, check_additions);
    g1_from_affine(&expected, &o->g1_b);
    g1_mul_var(&expected, &expected, &check_additions, 1);
    g1_add(&expected, &expected, &o->g1_a);
    return g1_eq(&chained.g1_a, &expected);
}

static bool right_g2_add_mixed(const arith_operands *o)
{
    arith_operands chained = *o;
    g2_xyzz expected;
    chain_g2_add_mixed(&chained, check_additions);
    g2_from_affine(&expected, &o->g2_b);
    g2_mul_var(&expected, &expected, &check_additions, 1);
    g2_add(&expected, &expected, &o->g2_a);
    return g2_eq(&chained.g2_a, &expected);
}

/* e([k] p, q) = e(p, [k] q), and not 1 */
static bool right_pairing(const arith_operands *o)
{
    g1_xyzz kp;
    g2_xyzz kq;
    g1_affine p[2] = {{fq_zero, fq_zero}, o->g1_b};
    g2_affine q[2] = {o->g2_b, {fq2_zero, fq2_zero}};
    g1_from_affine(&kp, &o->g1_b);
    g1_mul_var(&kp, &kp, &check_additions, 1);
    g1_to_affine(&p[0], &kp);
    g2_from_affine(&kq, &o->g2_b);
    g2_mul_var(&kq, &kq, &check_additions, 1);
    g2_neg(&kq, &kq);
    g2_to_affine(&q[1], &kq);
    return pairing_product_is_one(p, q, 2) && !pairing_product_is_one(p, q, 1);
}

static const struct {
    const char *name;
    void (*chain)(arith_operands *o, size_t n);
    bool (*is_right)(const arith_operands *o);
    size_t n; /* operations a sample */
} operations[] = {
    {"fr_add", chain_fr_add, right_fr_add, 100000},
    {"fr_mul", chain_fr_mul, right_fr_mul, 20000},
    {"fr_sqr", chain_fr_sqr, right_fr_sqr, 20000},
    {"fr_inv", chain_fr_inv, right_fr_inv, 50},
    {"fr_inv_var", chain_fr_inv_var, right_fr_inv_var, 200},
    {"fq_add", chain_fq_add, right_fq_add, 100000},
    {"fq_mul", chain_fq_mul, right_fq_mul, 20000},
    {"fq_sqr", chain_fq_sqr, right_fq_sqr, 20000},
    {"fq_inv", chain_fq_inv, right_fq_inv, 50},
    {"fq_inv_var", chain_fq_inv_var, right_fq_inv_var, 200},
    {"fq2_mul", chain_fq2_mul, right_fq2_mul, 10000},
    {"g1_add_mixed", chain_g1_add_mixed, right_g1_add_mixed, 2000},
    {"g2_add_mixed", chain_g2_add_mixed, right_g2_add_mixed, 1000},
    {"pairing", chain_pairing, right_pairing, 2},
};

static fq draw_fq(uint64_t *state)
{
    fq a = fq_zero;
    for (int i = 0; i < FQ_LIMBS; i += FR_LIMBS) {
        fr part = bench_draw_fr(state);
        for (int j = 0; j < FR_LIMBS && i + j < FQ_LIMBS; j++)
            a.limb[i + j] = part.limb[j];
    }
    a.limb[FQ_LIMBS - 1] &= UINT64_MAX >> (64 * FQ_LIMBS - FQ_BITS + 2); /* below p / 2 */
    return a;
}

static void draw_operands(uint64_t seed, arith_operands *o)
{
    uint64_t state = seed;
    *o = (arith_operands){.fr_a = bench_draw_fr(&state), .fr_b = bench_draw_fr(&state)};
    o->fq_a = draw_fq(&state);
    o->fq_b = draw_fq(&state);
    o->fq2_a = (fq2){draw_fq(&state), draw_fq(&state)};
    o->fq2_b = (fq2){draw_fq(&state), draw_fq(&state)};
    fr e = bench_draw_fr(&state);
    g1_from_affine(&o->g1_a, &g1_generator);
    g1_mul_var(&o->g1_a, &o->g1_a, e.limb, FR_LIMBS);
    g1_to_affine(&o->g1_b, &o->g1_a);
    g1_dbl(&o->g1_a, &o->g1_a);
    g2_from_affine(&o->g2_a, &g2_generator);
    g2_mul_var(&o->g2_a, &o->g2_a, e.limb, FR_LIMBS);
    g2_to_affine(&o->g2_b, &o->g2_a);
    g2_dbl(&o->g2_a, &o->g2_a);
}

static pt_status bench_operation(const bench_job *job, size_t i, const arith_operands *start, double *samples, pt_err *err)
{
    uint8_t digest[BENCH_DIGEST_BYTES];
    if (!operations[i].is_right(start))
        return pt_fail(err, PT_E_INTERNAL, "benchmark: %s on %s (%s): wrong result", operations[i].name, job->curve->name,
                       job->curve->isa);
    for (size_t sample = 0; sample < job->n_repeats; sample++) {
        arith_operands o = *start;
        double begin = clock_seconds();
        operations[i].chain(&o, operations[i].n);
        samples[sample] = 1e9 * (clock_seconds() - begin) / (double)operations[i].n;
        crypto_generichash(digest, sizeof digest, (const uint8_t *)&o, sizeof o, NULL, 0);
    }
    const bench_label label = {operations[i].name, 1, 1, "ns", "another algorithm", digest};
    return bench_report_add(job->report, &label, samples, job->n_repeats, err);
}

pt_status bench_arith(const bench_job *job, pt_err *err)
{
    arith_operands start;
    double *samples = calloc(job->n_repeats, sizeof *samples);
    if (samples == NULL)
        return pt_fail(err, PT_E_NOMEM, "benchmark: no memory for %zu samples", job->n_repeats);
    draw_operands(job->seed, &start);
    pt_status st = PT_OK;
    for (size_t i = 0; st == PT_OK && i < sizeof operations / sizeof *operations; i++)
        st = bench_operation(job, i, &start, samples, err);
    free(samples);
    return st;
}
