/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/gpu_ntt.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/shared/ntt_args.h"

enum { GROUP = 128 }; /* of kernels without tiles */

/* So that a multiprocessor has room for 512 work-items that have several values each: 2^20 take 186 us, not 199. */
#define REGISTERS_NVIDIA " -cl-nv-maxrregcount=128"

struct gpu_ntt {
    gpu_ntt_plan plan;
    gpu_kernel *pass, *quotient;                       /* the device's */
    gpu_buffer *roots, *block, *forward, *odd, *plain; /* the last three: NULL if not asked for */
};

/* ---- making ---- */

static pt_status get_kernels(gpu_ntt *ntt, gpu_device *device, const char *curve, pt_err *err)
{
    char options[128];
    const char *fewer_registers = gpu_device_describe(device)->nvidia && ntt->plan.log_each > 1 ? REGISTERS_NVIDIA : "";
    int len = snprintf(options, sizeof options, "%s -DNTT_LOG_TILE=%u -DNTT_LOG_EACH=%u%s", curve, ntt->plan.log_tile,
                       ntt->plan.log_each, fewer_registers);
    if (len < 0 || (size_t)len >= sizeof options)
        return pt_fail(err, PT_E_ARG, "compiler options of more than %zu bytes: %s", sizeof options, curve);
    if (gpu_kernel_get(device, "ntt_pass", options, &ntt->pass, err) != PT_OK)
        return err->code;
    return gpu_kernel_get(device, "ntt_quotient", curve, &ntt->quotient, err);
}

enum { N_TABLES = 4 };

typedef struct {
    uint32_t table; /* NTT_TABLE_* */
    size_t bytes;   /* 0: not wanted */
    const char *name;
    gpu_buffer **out;
} table_plan;

/* What fills a transform's tables. */
typedef struct {
    gpu_kernel *roots, *twiddles;
    table_plan tables[N_TABLES];
} filling;

static pt_status prepare_filling(gpu_ntt *ntt, gpu_device *device, const char *curve, const gpu_ntt_options *options,
                                 filling *out, pt_err *err)
{
    const table_plan tables[N_TABLES] = {
        {NTT_TABLE_BLOCK, ntt->plan.block_bytes, "twiddles to split", &ntt->block},
        {NTT_TABLE_FORWARD, options->forward ? ntt->plan.forward_bytes : 0, "twiddles forward", &ntt->forward},
        {NTT_TABLE_ODD, options->joins ? ntt->plan.odd_bytes : 0, "twiddles of the odd coset", &ntt->odd},
        {NTT_TABLE_PLAIN, options->back ? ntt->plan.plain_bytes : 0, "twiddles to join", &ntt->plain},
    };
    memcpy(out->tables, tables, sizeof tables);
    if (gpu_kernel_get(device, "ntt_roots", curve, &out->roots, err) != PT_OK ||
        gpu_kernel_get(device, "ntt_twiddles", curve, &out->twiddles, err) != PT_OK ||
        gpu_buffer_create(device, "roots of unity", ntt->plan.roots_bytes, &ntt->roots, err) != PT_OK)
        return err->code;
    for (const table_plan *t = tables; t < tables + N_TABLES; t++)
        if (t->bytes != 0 && gpu_buffer_create(device, t->name, t->bytes, t->out, err) != PT_OK)
            return err->code;
    return PT_OK;
}

static pt_status queue_filling(const gpu_ntt *ntt, gpu_queue *queue, const filling *by, pt_err *err)
{
    const uint32_t log_n = ntt->plan.log_n;
    if (gpu_queue_launch(queue, by->roots, 1, 1, GPU_ARGS(gpu_arg_buffer(ntt->roots), GPU_ARG_VALUE(log_n)), err) != PT_OK)
        return err->code;
    for (const table_plan *t = by->tables; t < by->tables + N_TABLES; t++) {
        const ntt_twiddles_args args = {.n = (uint32_t)(t->bytes / GPU_NTT_FACTOR_BYTES), .table = t->table};
        if (t->bytes != 0 &&
            gpu_queue_launch(queue, by->twiddles, args.n, GROUP,
                             GPU_ARGS(gpu_arg_buffer(ntt->roots), gpu_arg_buffer(*t->out), GPU_ARG_VALUE(args)),
                             err) != PT_OK)
            return err->code;
    }
    return PT_OK;
}

/* The lock is for kernels alone: what they need is there by now. */
static pt_status fill(const gpu_ntt *ntt, gpu_queue *queue, const filling *by, gpu_lock *lock, pt_err *err)
{
    if (gpu_lock_take(lock, err) != PT_OK)
        return err->code;
    queue_filling(ntt, queue, by, err);
    gpu_queue_wait(queue, err); /* after a fault too: what is queued uses the buffers */
    gpu_lock_give(lock);
    return err->code;
}

pt_status gpu_ntt_create(gpu_device *device, gpu_queue *queue, const char *curve, unsigned log_n,
                         const gpu_ntt_options *options, gpu_ntt **out, pt_err *err)
{
    const gpu_device_info *info = gpu_device_describe(device);
    filling by;
    gpu_ntt *ntt = calloc(1, sizeof *ntt);
    if (ntt == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a transform's plan: %zu bytes", sizeof *ntt);
    if (gpu_ntt_plan_init(log_n, options->shape, info->local_bytes, info->group_max, &ntt->plan, err) == PT_OK &&
        get_kernels(ntt, device, curve, err) == PT_OK && prepare_filling(ntt, device, curve, options, &by, err) == PT_OK &&
        fill(ntt, queue, &by, options->lock, err) == PT_OK)
        *out = ntt;
    else
        gpu_ntt_destroy(ntt);
    return err->code;
}

void gpu_ntt_destroy(gpu_ntt *ntt)
{
    if (ntt == NULL)
        return;
    gpu_buffer_destroy(ntt->plain);
    gpu_buffer_destroy(ntt->odd);
    gpu_buffer_destroy(ntt->forward);
    gpu_buffer_destroy(ntt->block);
    gpu_buffer_destroy(ntt->roots);
    free(ntt);
}

const gpu_ntt_plan *gpu_ntt_planned(const gpu_ntt *ntt)
{
    return &ntt->plan;
}

/* ---- transforms ---- */

typedef struct {
    const gpu_ntt *ntt;
    gpu_queue *queue;
    const gpu_buffer *block; /* to split with */
    gpu_buffer *const *vectors;
    size_t n_vectors;
} transform;

static pt_status launch_pass(const transform *t, unsigned i, uint32_t steps, pt_err *err)
{
    const gpu_ntt *ntt = t->ntt;
    const gpu_ntt_pass *pass = &ntt->plan.pass[i];
    const gpu_buffer *joined = (steps & NTT_PLAIN) != 0 ? ntt->plain : (steps & NTT_JOIN) != 0 ? ntt->odd : t->block;
    const ntt_pass_args args = {.log_stride = pass->log_stride,
                                .log_columns = pass->log_columns,
                                .log_rows = pass->log_rows,
                                .steps = steps,
                                .n_vectors = (uint32_t)t->n_vectors};
    return gpu_queue_launch(t->queue, ntt->pass, ntt->plan.n_groups * ntt->plan.group * t->n_vectors, ntt->plan.group,
                            GPU_ARGS(gpu_arg_buffer(t->vectors[0]), gpu_arg_buffer(t->vectors[t->n_vectors > 1 ? 1 : 0]),
                                     gpu_arg_buffer(t->vectors[t->n_vectors - 1]), gpu_arg_buffer(t->block),
                                     gpu_arg_buffer(joined), gpu_arg_buffer(ntt->roots), GPU_ARG_VALUE(args),
                                     gpu_arg_local(ntt->plan.local_bytes)),
                            err);
}

/* last: further steps of the last pass. */
static pt_status split(const transform *t, uint32_t steps, uint32_t last, pt_err *err)
{
    for (unsigned i = t->ntt->plan.n_passes; i-- > 0;)
        if (launch_pass(t, i, steps | (i == 0 ? last : 0), err) != PT_OK)
            return err->code;
    return PT_OK;
}

static pt_status join(const transform *t, unsigned first, uint32_t steps, uint32_t last, pt_err *err)
{
    const unsigned n_passes = t->ntt->plan.n_passes;
    for (unsigned i = first; i < n_passes; i++)
        if (launch_pass(t, i, steps | (i == n_passes - 1 ? last : 0), err) != PT_OK)
            return err->code;
    return PT_OK;
}

pt_status gpu_ntt_run(const gpu_ntt *ntt, gpu_queue *queue, gpu_ntt_kind kind, gpu_buffer *const *vectors, size_t n_vectors,
                      pt_err *err)
{
    const gpu_buffer *block = kind == GPU_NTT_FORWARD ? ntt->forward : ntt->block;
    const transform t = {ntt, queue, block, vectors, n_vectors};
    assert(n_vectors >= 1 && n_vectors <= GPU_NTT_VECTORS_MAX);
    if (block == NULL || (kind == GPU_NTT_BACK && ntt->plain == NULL) ||
        ((kind == GPU_NTT_ODD_COSET || kind == GPU_NTT_SHIFT) && ntt->odd == NULL))
        return pt_fail(err, PT_E_INTERNAL, "a transform whose table was not asked for");
    switch (kind) {
    case GPU_NTT_FORWARD:
        return split(&t, NTT_SPLIT, NTT_REDUCE, err);
    case GPU_NTT_SCRAMBLED:
        return split(&t, NTT_SPLIT, NTT_REDUCE, err);
    case GPU_NTT_ODD_COSET:
        return join(&t, 0, NTT_JOIN, NTT_REDUCE, err);
    case GPU_NTT_BACK:
        return join(&t, 0, NTT_JOIN | NTT_PLAIN, NTT_SCALE | NTT_REDUCE, err);
    case GPU_NTT_SHIFT:
        break;
    }
    if (split(&t, NTT_SPLIT, NTT_JOIN, err) != PT_OK) /* the pass of distance 1 goes both ways */
        return err->code;
    return join(&t, 1, NTT_JOIN, 0, err);
}

pt_status gpu_quotient_run(const gpu_ntt *ntt, gpu_queue *queue, gpu_buffer *a, gpu_buffer *b, gpu_buffer *c, pt_err *err)
{
    gpu_buffer *const vectors[] = {a, b, c};
    const uint32_t n = (uint32_t)1 << ntt->plan.log_n;
    if (gpu_ntt_run(ntt, queue, GPU_NTT_SHIFT, vectors, 3, err) != PT_OK)
        return err->code;
    return gpu_queue_launch(
        queue, ntt->quotient, n, GROUP,
        GPU_ARGS(gpu_arg_buffer(a), gpu_arg_buffer(b), gpu_arg_buffer(c), gpu_arg_buffer(ntt->roots), GPU_ARG_VALUE(n)),
        err);
}
