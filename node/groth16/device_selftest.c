/* SPDX-License-Identifier: Apache-2.0 */
/* generate_known_answers.py computes the same with Python's integers: what is changed here is changed there. */
#include "node/groth16/device_selftest.h"

#include <stdlib.h>
#include <string.h>

#include "gpu/gpu_msm.h"
#include "gpu/gpu_ntt.h"
#include "gpu/selftest.h"
#include "kernels/shared/known_answers.h"

enum {
    WIDTH_16 = 5, /* bits of a window where digits are stored in 16 bits */
    WIDTH_16_TABLES = 10,
    WIDTH_32 = 17, /* in 32 */
    STEP = 8,      /* one multiple in so many points; the others are infinity with scalar 1: a bucket of several tasks */
    POINT_BYTES_MAX = 4 * 48,
    N_VECTORS = 3
};

typedef struct {
    const char *curve;
    uint32_t g1_points[KNOWN_MSM_N_POINTS * 24], g1_sum[24];
    uint32_t g2_points[KNOWN_MSM_N_POINTS * 48], g2_sum[48];
    uint64_t quotients[KNOWN_LOG_N_MAX];
} known_answers;

static const known_answers known[] = {
    {"bn254", KNOWN_BN254_G1_POINTS, KNOWN_BN254_G1_SUM, KNOWN_BN254_G2_POINTS, KNOWN_BN254_G2_SUM, KNOWN_BN254_QUOTIENTS},
    {"bls12_381", KNOWN_BLS12_381_G1_POINTS, KNOWN_BLS12_381_G1_SUM, KNOWN_BLS12_381_G2_POINTS, KNOWN_BLS12_381_G2_SUM,
     KNOWN_BLS12_381_QUOTIENTS},
};

static const known_answers *known_of(const pt_curve *curve)
{
    return &known[strcmp(known[0].curve, curve->name) == 0 ? 0 : 1];
}

/* ---- planning ---- */

/* In G1: H has no points in G2. */
static bool are_built_alike(const gpu_msm_plan *a, const gpu_msm_plan *b)
{
    char names[2][MSM_ACCUMULATOR_NAME];
    msm_accumulator_name(&a->accumulators[GPU_MSM_G1], names[0]);
    msm_accumulator_name(&b->accumulators[GPU_MSM_G1], names[1]);
    return a->tables == b->tables && a->sort.wide == b->sort.wide && a->sort.digit_bits == b->sort.digit_bits &&
           strcmp(names[0], names[1]) == 0;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Small tables have no infinities between the points: a processor takes long for their multiples. */
static size_t step_of(const gpu_msm_plan *plan)
{
    return plan->tables && plan->sort.digit_bits == 16 ? 1 : STEP;
}

/* A few points for the kernels of a key's MSM, in one batch if that takes no more than the key's. */
static pt_status plan_sum(const gpu_msm_plan *like, gpu_msm_plan *out, pt_err *err)
{
    gpu_msm_shape shape = like->of;
    const bool is_small = like->sort.digit_bits == 16;
    shape.n = KNOWN_MSM_N_MULTIPLES * step_of(like);
    shape.n_queries[GPU_MSM_G1] = 1;
    shape.tables = like->tables;
    shape.c = !is_small ? WIDTH_32 : like->tables ? WIDTH_16_TABLES : WIDTH_16;
    shape.n_batches = 0;
    shape.wide = like->sort.wide;
    shape.bytes_max = is_small ? 0 : like->bytes.total;
    return gpu_msm_plan_make(&shape, out, err);
}

pt_status device_selftest_plan_make(const device_plan *of, const gpu_device_info *device, device_selftest_plan *out,
                                    pt_err *err)
{
    device_selftest_plan plan = {.g2 = of->g2, .n_sums = are_built_alike(&of->witness, &of->h) ? 1 : 2};
    const bool is_large = of->ntt.log_n > KNOWN_LOG_N_MAX;
    const gpu_ntt_shape shape = {of->ntt.log_tile, of->ntt.log_each};
    if (gpu_ntt_plan_init(is_large ? KNOWN_LOG_N_MAX : of->ntt.log_n, shape, device->local_bytes, device->group_max,
                          &plan.ntt, err) != PT_OK)
        return err->code;
    plan.bytes = plan.ntt.roots_bytes + plan.ntt.block_bytes + plan.ntt.odd_bytes + N_VECTORS * plan.ntt.vector_bytes;
    for (size_t i = 0; i < plan.n_sums; i++) {
        if (plan_sum(i == 0 ? &of->witness : &of->h, &plan.sums[i], err) != PT_OK)
            return err->code;
        plan.bytes = larger(plan.bytes, plan.sums[i].bytes.total);
    }
    *out = plan;
    return PT_OK;
}

/* ---- MSMs ---- */

/* One under test: of a query in G1, and one in G2 if the key has it there. */
typedef struct {
    const gpu_msm_plan *plan;
    gpu_msm *msm;
    gpu_buffer *scalars;
    gpu_msm_points *points[2];
    uint8_t *bit_sums[2];
    uint8_t *host; /* scalars, and then points */
} sum_test;

static size_t point_bytes(const pt_curve *curve, int group)
{
    return (size_t)curve->fq_bytes * 2 * (1 + (size_t)group);
}

/* Below r: its top word is below r's. */
static void write_scalars(const pt_curve *curve, size_t step, uint8_t *out)
{
    uint32_t top;
    memcpy(&top, curve->r + 28, sizeof top);
    for (uint32_t i = 0; i < KNOWN_MSM_N_MULTIPLES * step; i++) {
        uint32_t words[8] = {1};
        if (i % (2 * step) == 0) {
            for (uint32_t j = 0; j < 8; j++)
                words[j] = i / (uint32_t)step * 2654435761u + (j + 1) * 0x9e3779b9u;
            words[7] %= top;
        }
        memcpy(out + i * sizeof words, words, sizeof words);
    }
}

/* One of the multiples every so many points, the others are infinity. */
static void write_points(const pt_curve *curve, int group, size_t step, uint8_t *out)
{
    const known_answers *of = known_of(curve);
    const uint8_t *from = (const uint8_t *)(group == GPU_MSM_G1 ? of->g1_points : of->g2_points);
    const size_t each = point_bytes(curve, group);
    memset(out, 0, KNOWN_MSM_N_MULTIPLES * step * each);
    for (size_t i = 0; i < KNOWN_MSM_N_MULTIPLES; i++)
        memcpy(out + i * step * each, from + i % KNOWN_MSM_N_POINTS * each, each);
}

static void clear_sum(sum_test *t)
{
    for (int group = GPU_MSM_G1; group <= GPU_MSM_G2; group++) {
        gpu_msm_points_destroy(t->points[group]);
        free(t->bit_sums[group]);
    }
    gpu_buffer_destroy(t->scalars);
    gpu_msm_destroy(t->msm);
    free(t->host);
}

static pt_status make_sum(sum_test *t, gpu_device *device, const pt_curve *curve, const gpu_msm_plan *plan, pt_err *err)
{
    const gpu_msm_results results = gpu_msm_results_of(plan);
    const size_t n_sums = results.n_repeats * results.n_sets * plan->c;
    *t = (sum_test){.plan = plan, .host = malloc(plan->of.n * POINT_BYTES_MAX)};
    bool ok = t->host != NULL;
    for (int group = GPU_MSM_G1; group <= GPU_MSM_G2; group++) {
        t->bit_sums[group] = malloc(n_sums * 2 * point_bytes(curve, group));
        ok = ok && t->bit_sums[group] != NULL;
    }
    if (!ok)
        return pt_fail(err, PT_E_NOMEM, "self-test: no memory for %zu bit sums", n_sums);
    if (gpu_msm_create(device, plan, curve->kernels, &t->msm, err) == PT_OK)
        gpu_buffer_create(device, "self-test", (size_t)plan->bytes.scalars, &t->scalars, err);
    return err->code;
}

static int last_group(const sum_test *t)
{
    return t->plan->of.n_queries[GPU_MSM_G2] > 0 ? GPU_MSM_G2 : GPU_MSM_G1;
}

static pt_status send_sum(sum_test *t, gpu_lock *lock, gpu_queue *queue, const pt_curve *curve, pt_err *err)
{
    gpu_msm_lock_tables(t->msm, lock);
    for (int group = GPU_MSM_G1; group <= last_group(t); group++) {
        write_points(curve, group, step_of(t->plan), t->host);
        if (gpu_msm_points_create(t->msm, queue, (gpu_msm_group)group, t->host, 0, t->plan->of.n, &t->points[group], err) !=
            PT_OK)
            return err->code;
    }
    write_scalars(curve, step_of(t->plan), t->host);
    return gpu_queue_write(queue, t->scalars, 0, t->host, (size_t)t->plan->bytes.scalars, err);
}

static pt_status judge_sum(const gpu_device *device, const pt_curve *curve, const sum_test *t, int group, pt_err *err)
{
    const gpu_msm_results results = gpu_msm_results_of(t->plan);
    const known_answers *of = known_of(curve);
    uint8_t sum[POINT_BYTES_MAX];
    (group == GPU_MSM_G1 ? curve->g1_fold : curve->g2_fold)(t->bit_sums[group], results.n_repeats, results.n_sets,
                                                            t->plan->c, sum);
    if (memcmp(sum, group == GPU_MSM_G1 ? of->g1_sum : of->g2_sum, point_bytes(curve, group)) == 0)
        return PT_OK;
    return pt_fail(err, PT_E_INTERNAL, "%s: self-test: its MSM in G%d of %s is wrong", gpu_device_describe(device)->name,
                   1 + group, curve->name);
}

static pt_status run_sum(sum_test *t, gpu_lock *lock, gpu_queue *queue, pt_err *err)
{
    gpu_msm_query queries[2];
    for (int group = GPU_MSM_G1; group <= last_group(t); group++)
        queries[group] = (gpu_msm_query){t->points[group], t->bit_sums[group]};
    if (gpu_lock_take(lock, err) != PT_OK)
        return err->code;
    gpu_msm_run(t->msm, queue, t->scalars, queries, 1 + (size_t)last_group(t), err);
    gpu_queue_wait(queue, err); /* after a fault too: what is queued uses the host's memory */
    gpu_lock_give(lock);
    return err->code;
}

static pt_status test_sum(gpu_device *device, gpu_lock *lock, gpu_queue *queue, const pt_curve *curve,
                          const gpu_msm_plan *plan, pt_err *err)
{
    sum_test t;
    if (make_sum(&t, device, curve, plan, err) == PT_OK && send_sum(&t, lock, queue, curve, err) == PT_OK &&
        run_sum(&t, lock, queue, err) == PT_OK)
        for (int group = GPU_MSM_G1; group <= last_group(&t) && err->code == PT_OK; group++)
            judge_sum(device, curve, &t, group, err);
    clear_sum(&t);
    return err->code;
}

/* ---- quotient ---- */

static void write_vector(uint32_t vector, uint32_t n, uint8_t *out)
{
    memset(out, 0, (size_t)n * GPU_NTT_VALUE_BYTES);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t word = (i + vector * n) * 2654435761u;
        memcpy(out + (size_t)i * GPU_NTT_VALUE_BYTES, &word, sizeof word);
    }
}

static pt_status judge_quotient(const gpu_device *device, const pt_curve *curve, unsigned log_n, const uint8_t *h,
                                pt_err *err)
{
    const size_t n_words = (size_t)GPU_NTT_VALUE_BYTES / sizeof(uint32_t) << log_n;
    const uint64_t digest = gpu_selftest_digest((const uint32_t *)(const void *)h, n_words);
    if (digest == known_of(curve)->quotients[log_n - 1])
        return PT_OK;
    return pt_fail(err, PT_E_INTERNAL, "%s: self-test: its transforms of 2^%u values of %s are wrong",
                   gpu_device_describe(device)->name, log_n, curve->name);
}

/* Its vectors are there; reading the first waits for the kernels' end. */
static pt_status run_quotient(const gpu_ntt *ntt, gpu_lock *lock, gpu_queue *queue, gpu_buffer **vectors, uint8_t *host,
                              pt_err *err)
{
    const size_t bytes = gpu_ntt_planned(ntt)->vector_bytes;
    if (gpu_lock_take(lock, err) != PT_OK)
        return err->code;
    if (gpu_quotient_run(ntt, queue, vectors[0], vectors[1], vectors[2], err) == PT_OK)
        gpu_queue_read(queue, vectors[0], 0, bytes, host, err);
    gpu_queue_wait(queue, err); /* after a fault too: what is queued uses the tables */
    gpu_lock_give(lock);
    return err->code;
}

static pt_status send_and_run_quotient(gpu_device *device, gpu_lock *lock, gpu_queue *queue, const pt_curve *curve,
                                       const gpu_ntt_plan *plan, gpu_buffer **vectors, uint8_t *host, pt_err *err)
{
    const gpu_ntt_options options = {.shape = {plan->log_tile, plan->log_each}, .joins = true, .lock = lock};
    gpu_ntt *ntt;
    if (gpu_ntt_create(device, queue, curve->kernels, plan->log_n, &options, &ntt, err) != PT_OK)
        return err->code;
    for (uint32_t v = 0; v < N_VECTORS && err->code == PT_OK; v++) {
        write_vector(v, (uint32_t)1 << plan->log_n, host);
        gpu_queue_write(queue, vectors[v], 0, host, plan->vector_bytes, err);
    }
    if (err->code == PT_OK)
        run_quotient(ntt, lock, queue, vectors, host, err);
    gpu_ntt_destroy(ntt);
    return err->code == PT_OK ? judge_quotient(device, curve, plan->log_n, host, err) : err->code;
}

static pt_status test_quotient(gpu_device *device, gpu_lock *lock, gpu_queue *queue, const pt_curve *curve,
                               const gpu_ntt_plan *plan, pt_err *err)
{
    gpu_buffer *vectors[N_VECTORS] = {NULL};
    uint8_t *host = malloc(plan->vector_bytes);
    if (host == NULL)
        pt_fail(err, PT_E_NOMEM, "self-test: no memory for %zu bytes", plan->vector_bytes);
    for (int v = 0; v < N_VECTORS && err->code == PT_OK; v++)
        gpu_buffer_create(device, "self-test", plan->vector_bytes, &vectors[v], err);
    if (err->code == PT_OK)
        send_and_run_quotient(device, lock, queue, curve, plan, vectors, host, err);
    for (int v = 0; v < N_VECTORS; v++)
        gpu_buffer_destroy(vectors[v]);
    free(host);
    return err->code;
}

/* ---- all of it ---- */

/* What everything else is made of comes first. */
static pt_status test_fields_and_quotient(gpu_device *device, gpu_lock *lock, gpu_queue *queue, const pt_curve *curve,
                                          const device_selftest_plan *plan, pt_err *err)
{
    if (gpu_selftest(device, queue, lock, curve->name, 1, err) == PT_OK &&
        (!plan->g2 || gpu_selftest(device, queue, lock, curve->name, 2, err) == PT_OK))
        test_quotient(device, lock, queue, curve, &plan->ntt, err);
    return err->code;
}

pt_status device_selftest(gpu_device *device, gpu_lock *lock, const pt_curve *curve, const device_selftest_plan *plan,
                          pt_err *err)
{
    gpu_queue *queue;
    if (gpu_queue_create(device, &queue, err) != PT_OK)
        return err->code;
    pt_status status = test_fields_and_quotient(device, lock, queue, curve, plan, err);
    for (size_t i = 0; i < plan->n_sums && status == PT_OK; i++)
        status = test_sum(device, lock, queue, curve, &plan->sums[i], err);
    gpu_queue_destroy(queue);
    return err->code;
}
