/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/msm_sort.h"

#include <stdlib.h>

struct msm_sort {
    const gpu_device *device;
    msm_sort_plan plan;
    gpu_buffer *buffers[MSM_SORT_N_BUFFERS]; /* NULL: scalars, and what takes no bytes */
    bool spare_is_lent;
    gpu_kernel *kernels[MSM_SORT_N_KERNELS]; /* NULL: no step of the plan needs it */
};

static pt_status take_buffers(msm_sort *self, gpu_device *device, gpu_buffer *spare, pt_err *err)
{
    if (spare != NULL && gpu_buffer_bytes(spare) < self->plan.bytes[MSM_SORT_SPARE])
        return pt_fail(err, PT_E_INTERNAL, "a sort of an MSM was lent %zu bytes instead of %llu", gpu_buffer_bytes(spare),
                       (unsigned long long)self->plan.bytes[MSM_SORT_SPARE]);
    self->spare_is_lent = spare != NULL;
    self->buffers[MSM_SORT_SPARE] = spare;
    for (int i = 0; i < MSM_SORT_N_BUFFERS; i++)
        if (msm_sort_buffer_names[i] != NULL && self->buffers[i] == NULL && self->plan.bytes[i] > 0 &&
            gpu_buffer_create_secret(device, msm_sort_buffer_names[i], self->plan.bytes[i], &self->buffers[i], err) !=
                PT_OK)
            return err->code;
    return PT_OK;
}

static pt_status build_kernels(msm_sort *self, gpu_device *device, const char *curve, pt_err *err)
{
    char options[MSM_SORT_OPTIONS_MAX];
    const int n_kernels = self->plan.of.no_tasks ? MSM_SORT_TASK_COUNT : MSM_SORT_N_KERNELS;
    for (int i = 0; i < n_kernels; i++) {
        msm_sort_options(&self->plan, (msm_sort_kernel)i, curve, options);
        if (gpu_kernel_get(device, msm_sort_kernel_names[i], options, &self->kernels[i], err) != PT_OK)
            return err->code;
    }
    return PT_OK;
}

pt_status msm_sort_create(gpu_device *device, const msm_sort_plan *plan, const char *curve, gpu_buffer *spare,
                          msm_sort **out, pt_err *err)
{
    msm_sort *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "a sort of an MSM: %zu bytes", sizeof *self);
    self->device = device;
    self->plan = *plan;
    if (take_buffers(self, device, spare, err) != PT_OK || build_kernels(self, device, curve, err) != PT_OK) {
        msm_sort_destroy(self);
        return err->code;
    }
    *out = self;
    return PT_OK;
}

void msm_sort_destroy(msm_sort *self)
{
    if (self == NULL)
        return;
    for (int i = 0; i < MSM_SORT_N_BUFFERS; i++)
        if (i != MSM_SORT_SPARE || !self->spare_is_lent)
            gpu_buffer_destroy(self->buffers[i]);
    free(self);
}

pt_status msm_sort_wipe(msm_sort *self, gpu_queue *queue, pt_err *err)
{
    for (int i = 0; i < MSM_SORT_N_BUFFERS && err->code == PT_OK; i++)
        if (i != MSM_SORT_SPARE || !self->spare_is_lent)
            gpu_queue_wipe(queue, self->buffers[i], err);
    return err->code;
}

static pt_status check_plan(const msm_sort *self, const msm_sort_plan *plan, const gpu_buffer *scalars, pt_err *err)
{
    bool fits = plan->group_threads == self->plan.group_threads && plan->group_items == self->plan.group_items &&
                plan->wide == self->plan.wide && plan->digit_bits == self->plan.digit_bits &&
                plan->of.match == self->plan.of.match && gpu_buffer_bytes(scalars) >= plan->bytes[MSM_SORT_SCALARS];
    for (int i = 0; i < MSM_SORT_N_BUFFERS; i++)
        fits = fits && (i == MSM_SORT_SCALARS || plan->bytes[i] <= self->plan.bytes[i]);
    return fits ? PT_OK : pt_fail(err, PT_E_INTERNAL, "a sort of an MSM that is not the one that was planned");
}

static pt_status launch(const msm_sort *self, gpu_queue *queue, const msm_sort_step *step, const gpu_buffer *scalars,
                        pt_err *err)
{
    gpu_arg args[MSM_SORT_STEP_BUFFERS_MAX + 1];
    for (size_t i = 0; i < step->n_buffers; i++)
        args[i] = gpu_arg_buffer(step->buffers[i] == MSM_SORT_SCALARS ? scalars : self->buffers[step->buffers[i]]);
    args[step->n_buffers] = GPU_ARG_VALUE(step->args);
    return gpu_queue_launch(queue, self->kernels[step->kernel], step->n_groups * self->plan.group_threads,
                            self->plan.group_threads, args, step->n_buffers + 1, err);
}

pt_status msm_sort_run(msm_sort *self, gpu_queue *queue, const msm_sort_plan *plan, const gpu_buffer *scalars,
                       msm_sorted *out, pt_err *err)
{
    if (check_plan(self, plan, scalars, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < plan->n_steps; i++)
        if (launch(self, queue, &plan->steps[i], scalars, err) != PT_OK)
            return err->code;
    if (gpu_queue_flush(queue, err) != PT_OK)
        return err->code;
    *out = (msm_sorted){
        .entries = self->buffers[MSM_SORT_ENTRIES],
        .buckets = self->buffers[MSM_SORT_BUCKETS],
        .tasks = self->buffers[MSM_SORT_TASKS],
        .cuts = self->buffers[MSM_SORT_CUTS],
        .totals = self->buffers[MSM_SORT_TOTALS],
        .n_tasks_max = plan->n_tasks_max,
        .n_slots_max = plan->n_slots_max,
        .n_cuts_max = plan->n_cuts_max,
    };
    return PT_OK;
}

pt_status msm_sort_read_most(const msm_sort *self, gpu_queue *queue, msm_sort_totals *totals, pt_err *err)
{
    *totals = (msm_sort_totals){0};
    if (self->plan.of.no_tasks)
        return PT_OK;
    return gpu_queue_read_later(queue, self->buffers[MSM_SORT_TOTALS], sizeof *totals, sizeof *totals, totals, err);
}

pt_status msm_sort_check(const msm_sort *self, const msm_sort_totals *totals, pt_err *err)
{
    const msm_sort_plan *plan = &self->plan;
    if (totals->n_tasks <= plan->n_tasks_max && totals->n_slots <= plan->n_slots_max && totals->n_cuts <= plan->n_cuts_max)
        return PT_OK;
    return pt_fail(err, PT_E_INTERNAL,
                   "%s: a sort of an MSM counts %u tasks, %u partial sums, %u cuts: at most %zu, %zu, %zu there are",
                   gpu_device_describe(self->device)->name, totals->n_tasks, totals->n_slots, totals->n_cuts,
                   plan->n_tasks_max, plan->n_slots_max, plan->n_cuts_max);
}
