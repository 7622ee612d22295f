/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "gpu/gpu_msm_state.h"
#include "kernels/shared/msm_sum_args.h"

enum {
    GROUP = 64,
    COMBINE_FEW = 64, /* partial sums of a cut that a small group combines */
    COMBINE_GROUP_FEW = 32,
    COMBINE_GROUP_MANY = 256,
    COMBINE_GROUPS_FEW = 4096, /* about as many as an H200 holds; they take the cuts in turn */
    COMBINE_GROUPS_MANY = 512
};

static pt_status get_kernels(gpu_msm *self, gpu_msm_group group, const char *curve, pt_err *err)
{
    char options[96];
    snprintf(options, sizeof options, "%s -DPT_GROUP=%d", curve, 1 + (int)group);
    msm_kernels *k = &self->kernels[group];
    const struct {
        const char *name;
        gpu_kernel **kernel;
    } wanted[] = {
        {"msm_combine", &k->combine}, {"msm_halve", &k->halve}, {"msm_bits", &k->bits}, {"msm_multiples", &k->multiples}};
    const size_t n_wanted = sizeof wanted / sizeof *wanted - (self->plan.tables ? 0 : 1);
    for (size_t i = 0; i < n_wanted; i++)
        if (gpu_kernel_get(self->device, wanted[i].name, options, wanted[i].kernel, err) != PT_OK)
            return err->code;
    return gpu_msm_accumulator_get(self, group, options, err);
}

static size_t n_sorts(const gpu_msm_plan *plan)
{
    return plan->n_slices * plan->n_batches;
}

static pt_status take_memory(gpu_msm *self, const char *curve, pt_err *err)
{
    const gpu_msm_plan *plan = &self->plan;
    if (plan->n_slices > 1 &&
        gpu_buffer_create_secret(self->device, "scalars of a slice", 32 * plan->slice_len, &self->scalars, err) != PT_OK)
        return err->code;
    if (gpu_buffer_create_secret(self->device, "sums", (size_t)plan->bytes.sums, &self->sums, err) != PT_OK)
        return err->code;
    if (gpu_msm_accumulator_take(self, err) != PT_OK)
        return err->code;
    return msm_sort_create(self->device, &plan->sort, curve, self->sums, &self->sort, err);
}

pt_status gpu_msm_create(gpu_device *device, const gpu_msm_plan *plan, const char *curve, gpu_msm **out, pt_err *err)
{
    gpu_msm *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a device's MSM");
    self->device = device;
    self->plan = *plan;
    self->totals = calloc(n_sorts(plan), sizeof *self->totals);
    pt_status status = self->totals != NULL ? PT_OK : pt_fail(err, PT_E_NOMEM, "no memory for a device's MSM");
    for (int group = GPU_MSM_G1; group <= GPU_MSM_G2 && status == PT_OK; group++)
        if (plan->of.n_queries[group] > 0)
            status = get_kernels(self, (gpu_msm_group)group, curve, err);
    if (status != PT_OK || take_memory(self, curve, err) != PT_OK) {
        gpu_msm_destroy(self);
        return err->code;
    }
    *out = self;
    return PT_OK;
}

void gpu_msm_destroy(gpu_msm *self)
{
    if (self == NULL)
        return;
    msm_sort_destroy(self->sort);
    gpu_buffer_destroy(self->walk_products);
    gpu_buffer_destroy(self->walk_totals);
    gpu_buffer_destroy(self->walk_cuts);
    gpu_buffer_destroy(self->sums);
    gpu_buffer_destroy(self->scalars);
    free(self->totals);
    free(self);
}

/* Bit sums stand behind partial sums. */
static msm_word first_bit_sum(const gpu_msm *self)
{
    return (msm_word)(self->plan.sort.n_buckets + self->plan.n_partials_max);
}

/* One launch for the cuts of n_min to n_max partial sums. */
static pt_status combine_some(gpu_msm *self, gpu_queue *queue, gpu_kernel *kernel, const msm_partials *partials,
                              size_t n_groups, size_t group, size_t n_min, size_t n_max, pt_err *err)
{
    const msm_combine_args args = {(msm_word)n_min, (msm_word)n_max, (msm_word)partials->n_cuts_max,
                                   gpu_msm_first_partial(self)};
    if (n_groups > partials->n_cuts_max)
        n_groups = partials->n_cuts_max;
    while (group > gpu_kernel_describe(kernel)->group_max)
        group /= 2;
    return gpu_queue_launch(queue, kernel, n_groups * group, group,
                            GPU_ARGS(gpu_arg_buffer(partials->cuts), gpu_arg_buffer(partials->totals),
                                     gpu_arg_buffer(self->sums), GPU_ARG_VALUE(args)),
                            err);
}

static pt_status combine(gpu_msm *self, gpu_queue *queue, gpu_kernel *kernel, const msm_partials *partials, pt_err *err)
{
    if (combine_some(self, queue, kernel, partials, COMBINE_GROUPS_FEW, COMBINE_GROUP_FEW, 2, COMBINE_FEW, err) != PT_OK ||
        partials->n_partials_max <= COMBINE_FEW)
        return err->code;
    return combine_some(self, queue, kernel, partials, COMBINE_GROUPS_MANY, COMBINE_GROUP_MANY, COMBINE_FEW + 1,
                        partials->n_partials_max, err);
}

/* Every bucket's sum. */
static pt_status sum_buckets(gpu_msm *self, gpu_queue *queue, const gpu_msm_points *points, const msm_sorted *sorted,
                             size_t n_sets, pt_err *err)
{
    const size_t bytes = n_sets * gpu_msm_set_len(&self->plan) * (size_t)gpu_msm_sum_bytes(&self->plan, points->group);
    msm_partials partials;
    if (gpu_queue_fill(queue, self->sums, 0, 0, bytes, err) != PT_OK ||
        gpu_msm_accumulate(self, queue, points, sorted, n_sets, &partials, err) != PT_OK)
        return err->code;
    return combine(self, queue, self->kernels[points->group].combine, &partials, err);
}

/* Bit sums of the buckets' sums: msm_halve.cl's levels while there is work for the whole device, then msm_bits.cl. */
static pt_status reduce_buckets(gpu_msm *self, gpu_queue *queue, const msm_kernels *kernels, size_t n_sets, pt_err *err)
{
    msm_halve_args args = {(msm_word)n_sets, (msm_word)gpu_msm_set_len(&self->plan), 0};
    for (; args.n_buckets >> args.level > MSM_BITS_RUN; args.level++) {
        const size_t n_pairs = n_sets * (args.level + 1) * (args.n_buckets >> (args.level + 1));
        if (gpu_queue_launch(queue, kernels->halve, n_pairs, GROUP,
                             GPU_ARGS(gpu_arg_buffer(self->sums), GPU_ARG_VALUE(args)), err) != PT_OK)
            return err->code;
    }
    const msm_bits_args last = {args.n_sets, args.n_buckets, args.level, first_bit_sum(self)};
    return gpu_queue_launch(queue, kernels->bits, n_sets * (args.level + 1) * GROUP, GROUP,
                            GPU_ARGS(gpu_arg_buffer(self->sums), GPU_ARG_VALUE(last)), err);
}

pt_status gpu_msm_sum(gpu_msm *self, gpu_queue *queue, const gpu_msm_points *points, const msm_sorted *sorted,
                      size_t n_sets, uint8_t *bit_sums, pt_err *err)
{
    if (sum_buckets(self, queue, points, sorted, n_sets, err) != PT_OK ||
        reduce_buckets(self, queue, &self->kernels[points->group], n_sets, err) != PT_OK)
        return err->code;
    const size_t each = (size_t)gpu_msm_sum_bytes(&self->plan, points->group);
    return gpu_queue_read_later(queue, self->sums, first_bit_sum(self) * each, n_sets * self->plan.c * each, bit_sums, err);
}

pt_status gpu_msm_buckets(gpu_msm *self, gpu_queue *queue, const gpu_msm_points *points, const msm_sorted *sorted,
                          size_t n_sets, uint8_t *buckets, pt_err *err)
{
    if (sum_buckets(self, queue, points, sorted, n_sets, err) != PT_OK)
        return err->code;
    const size_t bytes = n_sets * gpu_msm_set_len(&self->plan) * (size_t)gpu_msm_sum_bytes(&self->plan, points->group);
    return gpu_queue_read(queue, self->sums, 0, bytes, buckets, err);
}

/* One slice of the scalars, from begin on, and the results of its batches. */
static pt_status run_slice(gpu_msm *self, gpu_queue *queue, const gpu_buffer *scalars, size_t slice, size_t n,
                           const gpu_msm_query *queries, size_t n_queries, pt_err *err)
{
    const gpu_msm_plan *plan = &self->plan;
    msm_sort_plan sort;
    msm_sorted sorted;
    for (unsigned batch = 0; batch < plan->n_batches; batch++) {
        if (gpu_msm_sort_shape(plan, n, batch, &sort, err) != PT_OK ||
            msm_sort_run(self->sort, queue, &sort, scalars, &self->totals[slice * plan->n_batches + batch], &sorted, err) !=
                PT_OK)
            return err->code;
        const size_t first_set =
            plan->tables ? slice * plan->n_batches + batch : slice * plan->n_windows + gpu_msm_batch_first(plan, batch);
        for (size_t q = 0; q < n_queries; q++) {
            const size_t set_bytes = plan->c * (size_t)gpu_msm_sum_bytes(plan, queries[q].points->group);
            if (gpu_msm_sum(self, queue, queries[q].points, &sorted, sort.n_sets,
                            queries[q].bit_sums + first_set * set_bytes, err) != PT_OK)
                return err->code;
        }
    }
    return PT_OK;
}

/* Points and scalars of a slice to the device; of the only one they are there. */
static pt_status load_slice(gpu_msm *self, gpu_queue *queue, const gpu_buffer *scalars, size_t begin, size_t end,
                            const gpu_msm_query *queries, size_t n_queries, pt_err *err)
{
    if (self->plan.n_slices == 1)
        return PT_OK;
    for (size_t q = 0; q < n_queries; q++)
        if (gpu_msm_points_load(queries[q].points, queue, queries[q].points->points, begin, end, err) != PT_OK)
            return err->code;
    return gpu_queue_copy(queue, scalars, 32 * begin, self->scalars, 0, 32 * (end - begin), err);
}

static pt_status run_slices(gpu_msm *self, gpu_queue *queue, const gpu_buffer *scalars, const gpu_msm_query *queries,
                            size_t n_queries, pt_err *err)
{
    const gpu_msm_plan *plan = &self->plan;
    for (size_t slice = 0; slice < plan->n_slices; slice++) {
        const size_t begin = slice * plan->slice_len, left = plan->of.n - begin;
        const size_t n = left < plan->slice_len ? left : plan->slice_len;
        if (load_slice(self, queue, scalars, begin, begin + n, queries, n_queries, err) != PT_OK ||
            run_slice(self, queue, plan->n_slices == 1 ? scalars : self->scalars, slice, n, queries, n_queries, err) !=
                PT_OK)
            return err->code;
    }
    return PT_OK;
}

static pt_status check_totals(const gpu_msm *self, pt_err *err)
{
    for (size_t i = 0; i < n_sorts(&self->plan); i++)
        if (msm_sort_check(self->sort, &self->totals[i], err) != PT_OK)
            break;
    return err->code;
}

pt_status gpu_msm_run(gpu_msm *self, gpu_queue *queue, const gpu_buffer *scalars, const gpu_msm_query *queries,
                      size_t n_queries, pt_err *err)
{
    if (run_slices(self, queue, scalars, queries, n_queries, err) == PT_OK)
        return gpu_queue_wait(queue, err) == PT_OK ? check_totals(self, err) : err->code;
    pt_err second = {0}; /* bit sums may still be on their way to the caller's memory */
    gpu_queue_wait(queue, &second);
    return err->code;
}
