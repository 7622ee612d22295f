/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/bench_device.h"

#include <stdlib.h>
#include <string.h>

#include "gpu/queue.h"
#include "kernels/shared/arith_args.h"
#include "node/arith/g1.h"
#include "node/arith/g2.h"
#include "node/bench/bench_curve.h"
#include "node/setup/splitmix.h"

enum {
    N_IN = 64,            /* elements that chains begin from, a power of two */
    N_CHECKED = 16,       /* chains whose ends are computed again */
    GROUP = 128,          /* work-items of a work-group */
    ITEMS_A_UNIT = 2048,  /* of a GPU: what a multiprocessor holds */
    STEPS_OF_GPU = 1024,  /* of a chain; twice as many products */
    STEPS_OF_OTHERS = 32, /* of a device whose work-items are no lanes */
    ITEMS_OF_OTHERS = 1024
};

/* What a chain's elements are, and how its end is computed here. */
typedef struct {
    const char *name, *kernel, *options;
    size_t in_bytes, out_bytes; /* of an element */
    unsigned operations_a_step;
    void (*draw)(uint64_t seed, uint8_t *in);
    bool (*is_right)(const uint8_t *in, const arith_args *args, size_t i, const uint8_t *out);
} chain_kind;

/* ---- products ---- */

#define PRODUCTS(field)                                                                                \
    static void draw_##field(uint64_t seed, uint8_t *in)                                               \
    {                                                                                                  \
        for (size_t i = 0; i < N_IN; i++) {                                                            \
            field a = draw_one_##field(&seed);                                                         \
            memcpy(in + i * sizeof a, &a, sizeof a);                                                   \
        }                                                                                              \
    }                                                                                                  \
    static bool right_##field(const uint8_t *in, const arith_args *args, size_t i, const uint8_t *out) \
    {                                                                                                  \
        field x, y, end;                                                                               \
        memcpy(&x, in + i % N_IN * sizeof x, sizeof x);                                                \
        memcpy(&y, in + (i + 1) % N_IN * sizeof y, sizeof y);                                          \
        for (uint32_t k = 0; k < args->n_steps; k++) {                                                 \
            field##_mul(&x, &x, &y);                                                                   \
            field##_mul(&y, &y, &x);                                                                   \
        }                                                                                              \
        field##_add(&x, &x, &y);                                                                       \
        memcpy(&end, out, sizeof end);                                                                 \
        return field##_eq(&x, &end);                                                                   \
    }

static fr draw_one_fr(uint64_t *state)
{
    return bench_draw_fr(state);
}

static fq draw_one_fq(uint64_t *state)
{
    fq a = fq_zero;
    for (int i = 0; i < FQ_LIMBS; i++)
        a.limb[i] = splitmix_next(state);
    a.limb[FQ_LIMBS - 1] &= UINT64_MAX >> (64 * FQ_LIMBS - FQ_BITS + 1); /* below p, whose top bit is set */
    return a;
}

PRODUCTS(fr)
PRODUCTS(fq)

/* ---- additions ---- */

/* Multiples of the generator by chance: no two of a chain meet. */
#define ADDITIONS(group)                                                                               \
    static void draw_##group(uint64_t seed, uint8_t *in)                                               \
    {                                                                                                  \
        for (size_t i = 0; i < N_IN; i++) {                                                            \
            const fr k = bench_draw_fr(&seed);                                                         \
            group##_xyzz p;                                                                            \
            group##_affine q;                                                                          \
            group##_from_affine(&p, &group##_generator);                                               \
            group##_mul_var(&p, &p, k.limb, FR_LIMBS);                                                 \
            group##_to_affine(&q, &p);                                                                 \
            memcpy(in + i * sizeof q, &q, sizeof q);                                                   \
        }                                                                                              \
    }                                                                                                  \
    static bool right_##group(const uint8_t *in, const arith_args *args, size_t i, const uint8_t *out) \
    {                                                                                                  \
        group##_affine q;                                                                              \
        group##_xyzz acc, end;                                                                         \
        memcpy(&q, in + i % N_IN * sizeof q, sizeof q);                                                \
        group##_from_affine(&acc, &q);                                                                 \
        for (size_t k = 1; k <= args->n_steps; k++) {                                                  \
            memcpy(&q, in + (i + k) % N_IN * sizeof q, sizeof q);                                      \
            group##_add_mixed(&acc, &acc, &q);                                                         \
        }                                                                                              \
        memcpy(&end, out, sizeof end);                                                                 \
        return group##_eq(&acc, &end);                                                                 \
    }

ADDITIONS(g1)
ADDITIONS(g2)

static const chain_kind kinds[] = {
    {"fr_mul", "arith_products", "-DPT_BENCH_FIELD=fr", sizeof(fr), sizeof(fr), 2, draw_fr, right_fr},
    {"fq_mul", "arith_products", "-DPT_BENCH_FIELD=fq", sizeof(fq), sizeof(fq), 2, draw_fq, right_fq},
    {"g1_add_mixed", "arith_additions", "-DPT_GROUP=1", sizeof(g1_affine), sizeof(g1_xyzz), 1, draw_g1, right_g1},
    {"g2_add_mixed", "arith_additions", "-DPT_GROUP=2", sizeof(g2_affine), sizeof(g2_xyzz), 1, draw_g2, right_g2},
};

/* ---- running ---- */

typedef struct {
    const bench_job *job;
    const chain_kind *kind;
    arith_args args;
    gpu_queue *queue;
    gpu_kernel *kernel;
    gpu_buffer *in, *out;
    uint8_t *ins, *outs;
    double *samples;
} chains;

static arith_args chains_of(const gpu_device_info *device)
{
    const bool lanes = device->kind == GPU_KIND_GPU;
    return (arith_args){.n = lanes ? device->n_compute_units * ITEMS_A_UNIT : ITEMS_OF_OTHERS,
                        .n_in = N_IN,
                        .n_steps = lanes ? STEPS_OF_GPU : STEPS_OF_OTHERS};
}

static pt_status run_once(const chains *self, uint64_t *ns, pt_err *err)
{
    size_t n_times;
    const size_t most = gpu_kernel_describe(self->kernel)->group_max;
    gpu_queue_forget_times(self->queue);
    if (gpu_lock_take(self->job->lock, err) != PT_OK)
        return err->code;
    gpu_queue_launch(self->queue, self->kernel, self->args.n, most < GROUP ? most : GROUP,
                     GPU_ARGS(gpu_arg_buffer(self->in), gpu_arg_buffer(self->out), GPU_ARG_VALUE(self->args)), err);
    gpu_queue_wait(self->queue, err);
    gpu_lock_give(self->job->lock);
    if (err->code == PT_OK)
        *ns = gpu_queue_times(self->queue, &n_times)[0].total_ns;
    return err->code;
}

static pt_status check_ends(const chains *self, pt_err *err)
{
    const chain_kind *kind = self->kind;
    if (gpu_queue_read(self->queue, self->out, 0, self->args.n * kind->out_bytes, self->outs, err) != PT_OK)
        return err->code;
    for (size_t check = 0; check < N_CHECKED; check++) {
        const size_t i = check * (self->args.n - 1) / (N_CHECKED - 1);
        if (!kind->is_right(self->ins, &self->args, i, self->outs + i * kind->out_bytes))
            return pt_fail(err, PT_E_INTERNAL, "benchmark: %s on %s: chain %zu differs from the processor's", kind->name,
                           gpu_device_describe(self->job->device)->name, i);
    }
    return PT_OK;
}

static pt_status measure(const chains *self, pt_err *err)
{
    const chain_kind *kind = self->kind;
    const double n = (double)self->args.n * self->args.n_steps * kind->operations_a_step;
    uint64_t ns;
    if (run_once(self, &ns, err) != PT_OK) /* not a sample: the device may have rested */
        return err->code;
    for (size_t i = 0; i < self->job->n_repeats; i++) {
        if (run_once(self, &ns, err) != PT_OK)
            return err->code;
        self->samples[i] = n / (double)(ns > 0 ? ns : 1);
    }
    if (check_ends(self, err) != PT_OK)
        return err->code;
    const bench_label label = {kind->name, self->args.n, 0, "G/s", "processor, ends of chains", NULL};
    return bench_report_add(self->job->report, &label, self->samples, self->job->n_repeats, err);
}

static pt_status chains_run(chains *self, pt_err *err)
{
    gpu_device *device = self->job->device;
    char options[64];
    snprintf(options, sizeof options, "%s %s", CURVE_KERNELS, self->kind->options);
    self->kind->draw(self->job->seed, self->ins);
    if (gpu_kernel_get(device, self->kind->kernel, options, &self->kernel, err) == PT_OK &&
        gpu_buffer_create(device, "beginnings of chains", N_IN * self->kind->in_bytes, &self->in, err) == PT_OK &&
        gpu_buffer_create(device, "ends of chains", self->args.n * self->kind->out_bytes, &self->out, err) == PT_OK &&
        gpu_queue_write(self->queue, self->in, 0, self->ins, N_IN * self->kind->in_bytes, err) == PT_OK)
        measure(self, err);
    gpu_buffer_destroy(self->out);
    gpu_buffer_destroy(self->in);
    return err->code;
}

static pt_status bench_chains(const bench_job *job, const chain_kind *kind, gpu_queue *queue, pt_err *err)
{
    chains self = {.job = job, .kind = kind, .args = chains_of(gpu_device_describe(job->device)), .queue = queue};
    self.ins = malloc(N_IN * kind->in_bytes);
    self.outs = malloc(self.args.n * kind->out_bytes);
    self.samples = calloc(job->n_repeats, sizeof *self.samples);
    if (self.ins == NULL || self.outs == NULL || self.samples == NULL)
        pt_fail(err, PT_E_NOMEM, "benchmark: no memory for %u chains", self.args.n);
    else
        chains_run(&self, err);
    free(self.ins);
    free(self.outs);
    free(self.samples);
    return err->code;
}

pt_status bench_device_arith(const bench_job *job, pt_err *err)
{
    gpu_queue *queue;
    if (gpu_queue_create(job->device, &queue, err) != PT_OK)
        return err->code;
    for (size_t i = 0; err->code == PT_OK && i < sizeof kinds / sizeof *kinds; i++)
        bench_chains(job, &kinds[i], queue, err);
    gpu_queue_destroy(queue);
    return err->code;
}
