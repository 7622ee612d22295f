/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/gpu_msm_state.h"
#include "kernels/shared/msm_sum_args.h"

enum {
    GROUP = 64,
    COMBINE_ALONE = 8, /* partial sums of a cut that a work-item combines */
    COMBINE_FEW = 64,  /* that a small group combines */
    COMBINE_GROUP_FEW = 32,
    COMBINE_GROUP_MANY = 256,
    COMBINE_GROUPS = 512, /* of GROUP work-items at most, about as many as an H200 holds: they take the cuts in turn */
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

static size_t bit_sum_bytes(const gpu_msm_plan *plan, gpu_msm_group group)
{
    const gpu_msm_results results = gpu_msm_results_of(plan);
    return results.n_repeats * results.n_sets * plan->c * (size_t)gpu_msm_sum_bytes(plan, group);
}

/* What the host reads at the end of a run: to memory that is not pinned a driver reads at once, and the queue stands still. */
static pt_status take_results(gpu_msm *self, pt_err *err)
{
    const gpu_msm_plan *plan = &self->plan;
    self->results_bytes = plan->n_slices * sizeof *self->totals;
    for (int group = GPU_MSM_G1; group <= GPU_MSM_G2; group++)
        self->results_bytes += plan->of.n_queries[group] * bit_sum_bytes(plan, (gpu_msm_group)group);
    if (gpu_pinned_create(self->device, self->results_bytes, &self->results, err) != PT_OK)
        return err->code;
    self->totals = gpu_pinned_view(self->results);
    self->bit_sums = (uint8_t *)(self->totals + plan->n_slices);
    return PT_OK;
}

static pt_status take_memory(gpu_msm *self, const char *curve, pt_err *err)
{
    const gpu_msm_plan *plan = &self->plan;
    if (plan->n_slices > 1 &&
        gpu_buffer_create_secret(self->device, "scalars of a slice", 32 * plan->slice_len, &self->scalars, err) != PT_OK)
        return err->code;
    if (gpu_buffer_create_secret(self->device, "sums", (size_t)plan->bytes.sums, &self->sums, err) != PT_OK)
        return err->code;
    for (int group = GPU_MSM_G1; group <= GPU_MSM_G2; group++)
        if (plan->bytes.kept[group] > 0 &&
            gpu_buffer_create_secret(self->device, "kept sums", (size_t)plan->bytes.kept[group], &self->kept[group], err) !=
                PT_OK)
            return err->code;
    if (gpu_msm_accumulator_take(self, err) != PT_OK || take_results(self, err) != PT_OK)
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
    pt_status status = PT_OK;
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
    gpu_buffer_destroy(self->kept[GPU_MSM_G2]);
    gpu_buffer_destroy(self->kept[GPU_MSM_G1]);
    gpu_buffer_destroy(self->sums);
    gpu_buffer_destroy(self->scalars);
    gpu_pinned_destroy(self->results);
    free(self);
}

void gpu_msm_lock_tables(gpu_msm *self, gpu_lock *lock)
{
    self->lock = lock;
}

/* Bit sums stand behind partial sums. */
static msm_word first_bit_sum(const gpu_msm *self)
{
    return (msm_word)(self->plan.sort.n_buckets + self->plan.n_partials_max);
}

/* One launch for the cuts of n_min to n_max partial sums: each a work-item's, or a work-group's. */
static pt_status combine_some(gpu_msm *self, gpu_queue *queue, gpu_kernel *kernel, const msm_partials *partials, bool alone,
                              size_t group, size_t n_min, size_t n_max, pt_err *err)
{
    const msm_combine_args args = {.alone = alone,
                                   .n_min = (msm_word)n_min,
                                   .n_max = (msm_word)n_max,
                                   .n_cuts_max = (msm_word)partials->n_cuts_max,
                                   .first_partial = gpu_msm_first_partial(self)};
    const size_t n_wanted = partials->n_cuts_max * (alone ? 1 : group), n_most = (size_t)COMBINE_GROUPS * GROUP;
    while (group > gpu_kernel_describe(kernel)->group_max)
        group /= 2;
    return gpu_queue_launch(queue, kernel, n_wanted < n_most ? n_wanted : n_most, group,
                            GPU_ARGS(gpu_arg_buffer(partials->cuts), gpu_arg_buffer(partials->totals),
                                     gpu_arg_buffer(self->sums), GPU_ARG_VALUE(args)),
                            err);
}

static pt_status combine(gpu_msm *self, gpu_queue *queue, gpu_kernel *kernel, const msm_partials *partials, pt_err *err)
{
    const size_t n_max = partials->n_partials_max;
    if (combine_some(self, queue, kernel, partials, true, GROUP, 2, COMBINE_ALONE, err) != PT_OK || n_max <= COMBINE_ALONE)
        return err->code;
    if (combine_some(self, queue, kernel, partials, false, COMBINE_GROUP_FEW, COMBINE_ALONE + 1, COMBINE_FEW, err) !=
            PT_OK ||
        n_max <= COMBINE_FEW)
        return err->code;
    return combine_some(self, queue, kernel, partials, false, COMBINE_GROUP_MANY, COMBINE_FEW + 1, n_max, err);
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

/* ---- the reduction: msm_halve.cl's levels while there is work for the whole device, then msm_bits.cl ---- */

/* Runs in a buffer, and where their bit sums go there. */
typedef struct {
    gpu_buffer *sums;
    msm_runs runs;
    size_t first_bit_sum;
} reduction;

/* A level, in place, or to where its runs are kept from first_kept on. */
static pt_status halve(gpu_queue *queue, gpu_kernel *kernel, const reduction *of, const gpu_buffer *kept, size_t first_kept,
                       pt_err *err)
{
    const msm_runs *runs = &of->runs;
    const msm_halve_args args = {.runs = *runs, .keeps = kept != NULL, .first_kept = (msm_word)first_kept};
    const size_t n_pairs = (size_t)runs->n_sets * (runs->n_given + runs->level + 1) * (runs->n >> (runs->level + 1));
    return gpu_queue_launch(
        queue, kernel, n_pairs, GROUP,
        GPU_ARGS(gpu_arg_buffer(of->sums), gpu_arg_buffer(kept != NULL ? kept : of->sums), GPU_ARG_VALUE(args)), err);
}

/* In place, until runs have so many sums at most. */
static pt_status halve_to(gpu_queue *queue, gpu_kernel *kernel, reduction *of, size_t run_max, pt_err *err)
{
    for (; of->runs.n >> of->runs.level > run_max; of->runs.level++)
        if (halve(queue, kernel, of, NULL, 0, err) != PT_OK)
            return err->code;
    return PT_OK;
}

/* What is left of the levels, and the bit sums, which the host reads. */
static pt_status end_reduction(gpu_msm *self, gpu_queue *queue, gpu_msm_group group, reduction *of, uint8_t *bit_sums,
                               pt_err *err)
{
    const msm_kernels *kernels = &self->kernels[group];
    const size_t bytes_each = (size_t)gpu_msm_sum_bytes(&self->plan, group);
    if (halve_to(queue, kernels->halve, of, MSM_BITS_RUN, err) != PT_OK)
        return err->code;
    const msm_bits_args args = {of->runs, (msm_word)of->first_bit_sum};
    const size_t n_runs = (size_t)of->runs.n_sets * (of->runs.n_given + of->runs.level + 1);
    if (gpu_queue_launch(queue, kernels->bits, n_runs * GROUP, GROUP,
                         GPU_ARGS(gpu_arg_buffer(of->sums), GPU_ARG_VALUE(args)), err) != PT_OK)
        return err->code;
    return gpu_queue_read_later(queue, of->sums, of->first_bit_sum * bytes_each,
                                of->runs.n_sets * self->plan.c * bytes_each, bit_sums, err);
}

static reduction reduction_of_buckets(const gpu_msm *self, size_t n_sets)
{
    return (reduction){.sums = self->sums,
                       .runs = {.n_sets = (msm_word)n_sets, .n = (msm_word)gpu_msm_set_len(&self->plan)},
                       .first_bit_sum = first_bit_sum(self)};
}

pt_status gpu_msm_sum(gpu_msm *self, gpu_queue *queue, const gpu_msm_points *points, const msm_sorted *sorted,
                      size_t n_sets, uint8_t *bit_sums, pt_err *err)
{
    reduction of = reduction_of_buckets(self, n_sets);
    if (sum_buckets(self, queue, points, sorted, n_sets, err) != PT_OK)
        return err->code;
    return end_reduction(self, queue, points->group, &of, bit_sums, err);
}

/* The same of a batch whose end waits for the others': what it leaves goes to first_kept. */
static pt_status sum_and_keep(gpu_msm *self, gpu_queue *queue, const gpu_msm_points *points, const msm_sorted *sorted,
                              size_t n_sets, size_t first_kept, pt_err *err)
{
    const gpu_msm_group group = points->group;
    gpu_kernel *kernel = self->kernels[group].halve;
    gpu_buffer *kept = self->kept[group];
    reduction of = reduction_of_buckets(self, n_sets);
    const size_t kept_run = gpu_msm_kept_runs(&self->plan).n, each = (size_t)gpu_msm_sum_bytes(&self->plan, group);
    if (sum_buckets(self, queue, points, sorted, n_sets, err) != PT_OK)
        return err->code;
    if (kept_run == of.runs.n)
        return gpu_queue_copy(queue, self->sums, 0, kept, first_kept * each, n_sets * kept_run * each, err);
    if (halve_to(queue, kernel, &of, 2 * kept_run, err) != PT_OK)
        return err->code;
    return halve(queue, kernel, &of, kept, first_kept, err);
}

/* The end of all batches of a slice. */
static pt_status end_kept(gpu_msm *self, gpu_queue *queue, gpu_msm_group group, size_t first_kept, uint8_t *bit_sums,
                          pt_err *err)
{
    reduction of = {.sums = self->kept[group], .runs = gpu_msm_kept_runs(&self->plan)};
    of.runs.first = (msm_word)first_kept;
    of.first_bit_sum = first_kept + of.runs.n_sets * gpu_msm_kept_set_len(&of.runs);
    return end_reduction(self, queue, group, &of, bit_sums, err);
}

pt_status gpu_msm_buckets(gpu_msm *self, gpu_queue *queue, const gpu_msm_points *points, const msm_sorted *sorted,
                          size_t n_sets, uint8_t *buckets, pt_err *err)
{
    if (sum_buckets(self, queue, points, sorted, n_sets, err) != PT_OK)
        return err->code;
    const size_t bytes = n_sets * gpu_msm_set_len(&self->plan) * (size_t)gpu_msm_sum_bytes(&self->plan, points->group);
    return gpu_queue_read(queue, self->sums, 0, bytes, buckets, err);
}

/* Each query over a sorted batch, and after the last one the ends that were kept. */
static pt_status sum_batch(gpu_msm *self, gpu_queue *queue, const msm_sorted *sorted, size_t n_sets, size_t slice,
                           unsigned batch, const gpu_msm_query *queries, size_t n_queries, pt_err *err)
{
    const gpu_msm_plan *plan = &self->plan;
    const msm_runs kept = gpu_msm_kept_runs(plan);
    const size_t first_set = plan->tables ? batch : gpu_msm_batch_first(plan, batch);
    uint8_t *bit_sums = self->bit_sums;
    size_t first_kept[2] = {0};
    for (size_t q = 0; q < n_queries && err->code == PT_OK; q++) {
        gpu_msm_points *points = queries[q].points;
        const gpu_msm_group group = points->group;
        const size_t set_bytes = plan->c * (size_t)gpu_msm_sum_bytes(plan, group);
        uint8_t *of_slice = bit_sums + slice * kept.n_sets * set_bytes;
        if (plan->kept_run == 0)
            gpu_msm_sum(self, queue, points, sorted, n_sets, of_slice + first_set * set_bytes, err);
        else if (sum_and_keep(self, queue, points, sorted, n_sets,
                              first_kept[group] + first_set * gpu_msm_kept_set_len(&kept), err) == PT_OK &&
                 batch + 1 == plan->n_batches)
            end_kept(self, queue, group, first_kept[group], of_slice, err);
        first_kept[group] += gpu_msm_kept_len(plan);
        bit_sums += bit_sum_bytes(plan, group);
    }
    return err->code;
}

/* One slice of the scalars, and the results of its batches. */
static pt_status run_slice(gpu_msm *self, gpu_queue *queue, const gpu_buffer *scalars, size_t slice, size_t n,
                           const gpu_msm_query *queries, size_t n_queries, pt_err *err)
{
    const gpu_msm_plan *plan = &self->plan;
    msm_sort_plan sort;
    msm_sorted sorted;
    for (unsigned batch = 0; batch < plan->n_batches; batch++)
        if (gpu_msm_sort_shape(plan, n, batch, &sort, err) != PT_OK ||
            msm_sort_run(self->sort, queue, &sort, scalars, &sorted, err) != PT_OK ||
            sum_batch(self, queue, &sorted, sort.n_sets, slice, batch, queries, n_queries, err) != PT_OK)
            return err->code;
    return msm_sort_read_most(self->sort, queue, &self->totals[slice], err);
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
    for (size_t i = 0; i < self->plan.n_slices; i++)
        if (msm_sort_check(self->sort, &self->totals[i], err) != PT_OK)
            break;
    return err->code;
}

/* Is there room for the results of these? */
static bool are_planned(const gpu_msm *self, const gpu_msm_query *queries, size_t n_queries)
{
    size_t n[2] = {0};
    for (size_t q = 0; q < n_queries; q++)
        n[queries[q].points->group]++;
    return n[GPU_MSM_G1] <= self->plan.of.n_queries[GPU_MSM_G1] && n[GPU_MSM_G2] <= self->plan.of.n_queries[GPU_MSM_G2];
}

static void give_bit_sums(const gpu_msm *self, const gpu_msm_query *queries, size_t n_queries)
{
    const uint8_t *from = self->bit_sums;
    for (size_t q = 0; q < n_queries; q++) {
        const size_t bytes = bit_sum_bytes(&self->plan, queries[q].points->group);
        memcpy(queries[q].bit_sums, from, bytes);
        from += bytes;
    }
}

pt_status gpu_msm_begin(gpu_msm *self, gpu_queue *queue, const gpu_buffer *scalars, const gpu_msm_query *queries,
                        size_t n_queries, pt_err *err)
{
    if (!are_planned(self, queries, n_queries))
        return pt_fail(err, PT_E_INTERNAL, "%zu queries of an MSM that was planned for fewer", n_queries);
    if (run_slices(self, queue, scalars, queries, n_queries, err) != PT_OK)
        return err->code;
    return gpu_queue_mark(queue, &self->end, err);
}

void gpu_msm_forget(gpu_msm *self)
{
    sodium_memzero(self->totals, self->results_bytes);
}

pt_status gpu_msm_wipe(gpu_msm *self, gpu_queue *queue, pt_err *err)
{
    gpu_buffer *const own[] = {self->scalars,   self->sums,        self->kept[GPU_MSM_G1], self->kept[GPU_MSM_G2],
                               self->walk_cuts, self->walk_totals, self->walk_products};
    for (size_t i = 0; i < sizeof own / sizeof *own && err->code == PT_OK; i++)
        gpu_queue_wipe(queue, own[i], err);
    return err->code == PT_OK ? msm_sort_wipe(self->sort, queue, err) : err->code;
}

pt_status gpu_msm_end(gpu_msm *self, gpu_queue *queue, const gpu_msm_query *queries, size_t n_queries, pt_err *err)
{
    if (gpu_queue_wait_until(queue, self->end, err) == PT_OK && check_totals(self, err) == PT_OK)
        give_bit_sums(self, queries, n_queries);
    gpu_msm_forget(self);
    return err->code;
}

pt_status gpu_msm_run(gpu_msm *self, gpu_queue *queue, const gpu_buffer *scalars, const gpu_msm_query *queries,
                      size_t n_queries, pt_err *err)
{
    pt_err later = {0}; /* after a fault as well: results may still be on their way */
    if (gpu_msm_begin(self, queue, scalars, queries, n_queries, err) == PT_OK)
        return gpu_msm_end(self, queue, queries, n_queries, err);
    gpu_queue_wait(queue, &later);
    gpu_msm_forget(self);
    return err->code;
}
