/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/gpu_ntt_plan.h"

#include "kernels/shared/ntt_args.h"

enum {
    LOG_GROUPS = 9, /* of a vector, at least, where tiles of two passes leave the choice */
    /* Where three passes of small tiles are faster than two of large ones: 0.231 ms, not 0.258, on an H200. */
    LOG_N_THREE_PASSES = 20,
    LOG_TILE_THREE_PASSES = 9,
    /* So few values leave a multiprocessor few work-items: then a butterfly each, where a work-group has room for them. Two a stage take 2^16 there
     * 22 us, not 17, 2^18 52, not 50. */
    LOG_N_FEW = 18,
    LOG_TILE_FEW = 9
};

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The fewest passes, with one exception; then tiles small enough that each multiprocessor has several, which wait for memory and for
 * their own threads at different times, and of three passes rows of at least two values, 64 bytes. */
static unsigned choose_tile(unsigned log_n)
{
    if (log_n <= GPU_NTT_LOG_TILE_MAX)
        return log_n;
    if (log_n == LOG_N_THREE_PASSES)
        return LOG_TILE_THREE_PASSES;
    if (log_n > 2 * GPU_NTT_LOG_TILE_MAX)
        return least((log_n + 2) / 3 + 1, GPU_NTT_LOG_TILE_MAX);
    const unsigned two_passes = (log_n + 1) / 2, many_groups = log_n - LOG_GROUPS;
    return least(two_passes > many_groups ? two_passes : many_groups, GPU_NTT_LOG_TILE_MAX);
}

static unsigned choose_each(unsigned log_n, unsigned log_tile)
{
    return log_n <= LOG_N_FEW && log_tile <= LOG_TILE_FEW ? 1 : least(2, log_tile);
}

/* Levels in whole stages of log_each, shared out evenly, what is left to the shortest distances first. */
static void share_levels(gpu_ntt_plan *plan)
{
    const unsigned even = plan->log_n / (plan->n_passes * plan->log_each) * plan->log_each;
    unsigned left = plan->log_n - even * plan->n_passes;
    for (unsigned i = 0; i < plan->n_passes; i++)
        plan->pass[i].log_rows = even;
    for (unsigned i = 0; left > 0; i = (i + 1) % plan->n_passes) {
        unsigned more = least(least(plan->log_each, left), plan->log_tile - plan->pass[i].log_rows);
        plan->pass[i].log_rows += more;
        left -= more;
    }
    for (unsigned i = 1; i < plan->n_passes; i++) {
        plan->pass[i].log_stride = plan->pass[i - 1].log_stride + plan->pass[i - 1].log_rows;
        plan->pass[i].log_columns = least(plan->log_tile - plan->pass[i].log_rows, plan->pass[i].log_stride);
    }
}

static pt_status cut(gpu_ntt_plan *plan, pt_err *err)
{
    const unsigned log_tile = plan->log_tile, log_each = plan->log_each;
    if (log_tile > least(plan->log_n, GPU_NTT_LOG_TILE_MAX) || log_each > least(log_tile, GPU_NTT_LOG_EACH_MAX) ||
        plan->n_passes * log_each > plan->log_n)
        return pt_fail(err, PT_E_ARG, "a transform of 2^%u values: no passes of tiles of 2^%u, 2^%u values a work-item",
                       plan->log_n, log_tile, log_each);
    share_levels(plan);
    for (unsigned i = 1; i < plan->n_passes; i++)
        if (plan->pass[i].log_columns + plan->pass[i].log_rows != log_tile)
            return pt_fail(err, PT_E_ARG,
                           "a transform of 2^%u values: %u levels at distance 2^%u do not fill tiles of 2^%u", plan->log_n,
                           plan->pass[i].log_rows, plan->pass[i].log_stride, log_tile);
    return PT_OK;
}

pt_status gpu_ntt_plan_init(unsigned log_n, gpu_ntt_shape shape, uint64_t local_bytes, size_t group_max, gpu_ntt_plan *out,
                            pt_err *err)
{
    if (log_n == 0 || log_n > GPU_NTT_LOG_N_MAX)
        return pt_fail(err, PT_E_ARG, "a transform of 2^%u values on a device: 2^1 to 2^%d are supported", log_n,
                       GPU_NTT_LOG_N_MAX);
    const size_t n = (size_t)1 << log_n;
    gpu_ntt_plan plan = {.log_n = log_n};
    plan.log_tile = shape.log_tile != 0 ? shape.log_tile : choose_tile(log_n);
    plan.log_each = shape.log_each != 0 ? shape.log_each : choose_each(log_n, plan.log_tile);
    plan.n_passes = (log_n + plan.log_tile - 1) / plan.log_tile;
    if (cut(&plan, err) != PT_OK)
        return err->code;
    plan.n_groups = n >> plan.log_tile;
    plan.group = (size_t)1 << (plan.log_tile - plan.log_each);
    plan.local_bytes = (size_t)GPU_NTT_VALUE_BYTES << plan.log_tile;
    if (plan.local_bytes > local_bytes || plan.group > group_max)
        return pt_fail(err, PT_E_DEVICE,
                       "a transform of 2^%u values: a tile takes %zu bytes and %zu work-items, the device has %llu and %zu",
                       log_n, plan.local_bytes, plan.group, (unsigned long long)local_bytes, group_max);
    plan.vector_bytes = n * GPU_NTT_VALUE_BYTES;
    plan.odd_bytes = plan.plain_bytes = n * GPU_NTT_FACTOR_BYTES;
    plan.block_bytes = plan.forward_bytes = n / 2 * GPU_NTT_FACTOR_BYTES;
    plan.roots_bytes = (size_t)NTT_N_ROOTS * GPU_NTT_VALUE_BYTES;
    *out = plan;
    return PT_OK;
}
