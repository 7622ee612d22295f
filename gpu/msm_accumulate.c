/* SPDX-License-Identifier: Apache-2.0 */
/* The accumulators behind gpu_msm_accumulate. */
#include <stdio.h>

#include "gpu/gpu_msm_state.h"
#include "kernels/shared/msm_sum_args.h"

static size_t group_of(const gpu_msm *self, const gpu_msm_points *points)
{
    return self->plan.accumulators[points->group].group;
}

static pt_status by_tasks(gpu_msm *self, gpu_queue *queue, const gpu_msm_points *points, const msm_sorted *sorted,
                          size_t n_sets, msm_partials *out, pt_err *err)
{
    const msm_accumulate_args args = {(msm_word)sorted->n_tasks_max, (msm_word)points->part_len,
                                      gpu_msm_first_partial(self)};
    (void)n_sets; /* tasks say it */
    if (sorted->n_slots_max > self->plan.n_partials_max)
        return pt_fail(err, PT_E_INTERNAL, "up to %zu partial sums: %zu were planned", sorted->n_slots_max,
                       self->plan.n_partials_max);
    *out = (msm_partials){sorted->cuts, sorted->totals, sorted->n_cuts_max, sorted->n_slots_max};
    gpu_kernel *kernel = self->kernels[points->group].accumulate;
    size_t group = group_of(self, points);
    while (group > gpu_kernel_describe(kernel)->group_max)
        group /= 2;
    return gpu_queue_launch(queue, kernel, sorted->n_tasks_max, group,
                            GPU_ARGS(GPU_MSM_POINTS_ARGS(points), gpu_arg_buffer(sorted->entries),
                                     gpu_arg_buffer(sorted->tasks), gpu_arg_buffer(sorted->totals),
                                     gpu_arg_buffer(self->sums), GPU_ARG_VALUE(args)),
                            err);
}

static pt_status by_walk(gpu_msm *self, gpu_queue *queue, const gpu_msm_points *points, const msm_sorted *sorted,
                         size_t n_sets, msm_partials *out, pt_err *err)
{
    const gpu_msm_plan *plan = &self->plan;
    const size_t n_walkers = plan->n_walkers[points->group],
                 coord_bytes = (size_t)gpu_msm_point_bytes(plan, points->group) / 2;
    const size_t local_bytes = (size_t)msm_walk_local_bytes(&plan->accumulators[points->group], coord_bytes);
    const msm_walk_args args = {(msm_word)(n_sets * gpu_msm_set_len(plan)), (msm_word)points->part_len,
                                gpu_msm_first_partial(self)};
    *out = (msm_partials){self->walk_cuts, self->walk_totals, n_walkers, 2 * n_walkers};
    return gpu_queue_launch(queue, self->kernels[points->group].accumulate, n_walkers, group_of(self, points),
                            GPU_ARGS(GPU_MSM_POINTS_ARGS(points), gpu_arg_buffer(sorted->entries),
                                     gpu_arg_buffer(sorted->buckets), gpu_arg_buffer(self->walk_cuts),
                                     gpu_arg_buffer(self->walk_totals), gpu_arg_buffer(self->sums),
                                     gpu_arg_buffer(self->walk_products != NULL ? self->walk_products : self->sums),
                                     gpu_arg_local(local_bytes > 0 ? local_bytes : coord_bytes), GPU_ARG_VALUE(args)),
                            err);
}

typedef pt_status accumulate_fn(gpu_msm *self, gpu_queue *queue, const gpu_msm_points *points, const msm_sorted *sorted,
                                size_t n_sets, msm_partials *out, pt_err *err);

static const struct {
    const char *kernel;
    accumulate_fn *run;
} accumulators[] = {[MSM_BY_TASKS] = {"msm_accumulate", by_tasks}, [MSM_BY_WALK] = {"msm_walk", by_walk}};

pt_status gpu_msm_accumulator_get(gpu_msm *self, gpu_msm_group group, const char *options, pt_err *err)
{
    const msm_accumulator *of = &self->plan.accumulators[group];
    char own[MSM_ACCUMULATOR_OPTIONS] = "", all[2 * MSM_ACCUMULATOR_OPTIONS];
    if (of->kind == MSM_BY_WALK)
        msm_walk_options(of, own);
    snprintf(all, sizeof all, "%s%s%s", options, own[0] != '\0' ? " " : "", own);
    return gpu_kernel_get(self->device, accumulators[of->kind].kernel, all, &self->kernels[group].accumulate, err);
}

const gpu_kernel_info *gpu_msm_accumulator_info(const gpu_msm *self, gpu_msm_group group)
{
    return gpu_kernel_describe(self->kernels[group].accumulate);
}

pt_status gpu_msm_accumulator_take(gpu_msm *self, pt_err *err)
{
    const size_t n = gpu_msm_walkers_max(&self->plan), product_bytes = (size_t)gpu_msm_product_bytes(&self->plan);
    if (n == 0)
        return PT_OK;
    if (gpu_buffer_create_secret(self->device, "walk cuts", n * sizeof(msm_cut), &self->walk_cuts, err) != PT_OK ||
        gpu_buffer_create_secret(self->device, "walk totals", sizeof(msm_sort_totals), &self->walk_totals, err) != PT_OK)
        return err->code;
    return product_bytes == 0
               ? PT_OK
               : gpu_buffer_create_secret(self->device, "walk products", product_bytes, &self->walk_products, err);
}

pt_status gpu_msm_accumulate(gpu_msm *self, gpu_queue *queue, const gpu_msm_points *points, const msm_sorted *sorted,
                             size_t n_sets, msm_partials *out, pt_err *err)
{
    return accumulators[self->plan.accumulators[points->group].kind].run(self, queue, points, sorted, n_sets, out, err);
}
