/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/bench_device.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/gpu_msm.h"
#include "gpu/pinned.h"
#include "node/bench/bench_curve.h"
#include "node/bench/device_samples.h"
#include "node/bench/device_shape.h"
#include "node/msm/bit_fold.h"
#include "node/pipeline/stage.h"

typedef struct {
    const device_msm_case *of;
    gpu_msm_plan plan;
    gpu_queue *queue, *timed; /* as proofs have it; with the time of each kernel */
    gpu_msm *msm;
    gpu_pinned *pinned; /* points that go in slices; else NULL */
    gpu_msm_points *points;
    gpu_buffer *scalars;
    void *bit_sums; /* as many as the plan has, of either group */
    device_samples samples;
    uint64_t bytes_before; /* of the device's buffers */
} device_msm;

static bool is_g1(const device_msm *self)
{
    return self->of->group == GROUP_G1;
}

static pt_status make_plan(device_msm *self, pt_err *err)
{
    const device_msm_case *of = self->of;
    const gpu_device_info *device = gpu_device_describe(of->job->device);
    const device_limits limits = {device->memory_bytes, device->buffer_max, device->local_bytes};
    const device_msm_asked asked = {.g2 = !is_g1(self),
                                    .tables = of->tables,
                                    .n = of->n,
                                    .c = of->c,
                                    .n_batches = of->n_batches,
                                    .accumulator = of->accumulator,
                                    .memory_bytes = of->job->device_bytes};
    const gpu_msm_shape shape = device_shape_of(of->job->curve, &limits, &asked);
    return gpu_msm_plan_make(&shape, &self->plan, err);
}

static size_t n_bit_sums(const device_msm *self)
{
    const gpu_msm_results results = gpu_msm_results_of(&self->plan);
    return results.n_repeats * results.n_sets * self->plan.c;
}

/* Points that go to the device each time lie where it reads them itself. */
static pt_status place_points(device_msm *self, const uint8_t **out, pt_err *err)
{
    const device_msm_case *of = self->of;
    const size_t bytes = of->n * (is_g1(self) ? sizeof(g1_affine) : sizeof(g2_affine));
    *out = of->points;
    if (self->plan.resident)
        return PT_OK;
    if (gpu_pinned_create(of->job->device, bytes, &self->pinned, err) == PT_OK)
        *out = memcpy(gpu_pinned_view(self->pinned), of->points, bytes);
    return err->code;
}

/* Everything that stays: points or their tables, scalars, buffers and kernels. */
static pt_status make_resident(device_msm *self, pt_err *err)
{
    const device_msm_case *of = self->of;
    gpu_device *device = of->job->device;
    const gpu_msm_group group = is_g1(self) ? GPU_MSM_G1 : GPU_MSM_G2;
    self->bit_sums = malloc(n_bit_sums(self) * (is_g1(self) ? sizeof(g1_xyzz) : sizeof(g2_xyzz)));
    if (self->bit_sums == NULL)
        return pt_fail(err, PT_E_NOMEM, "benchmark: no memory for %zu bit sums", n_bit_sums(self));
    const uint8_t *points;
    if (place_points(self, &points, err) != PT_OK)
        return err->code;
    if (gpu_queue_create_untimed(device, &self->queue, err) == PT_OK &&
        gpu_queue_create(device, &self->timed, err) == PT_OK &&
        gpu_buffer_create(device, "scalars", of->n * sizeof(fr), &self->scalars, err) == PT_OK &&
        gpu_queue_write(self->queue, self->scalars, 0, of->scalars, of->n * sizeof(fr), err) == PT_OK &&
        gpu_msm_create(device, &self->plan, CURVE_KERNELS, &self->msm, err) == PT_OK) {
        gpu_msm_lock_tables(self->msm, of->job->lock);
        gpu_msm_points_create(self->msm, self->queue, group, points, 0, of->n, &self->points, err);
    }
    return err->code == PT_OK ? gpu_queue_wait(self->queue, err) : err->code; /* the other queue does not wait for it */
}

static void clear(device_msm *self)
{
    device_samples_clear(&self->samples);
    gpu_queue_destroy(self->queue); /* first: after a fault what was queued may still use the rest */
    gpu_queue_destroy(self->timed);
    gpu_msm_points_destroy(self->points);
    gpu_pinned_destroy(self->pinned);
    gpu_msm_destroy(self->msm);
    gpu_buffer_destroy(self->scalars);
    free(self->bit_sums);
}

/* From scalars on the device to the sum here, which is looked at. */
static pt_status run_once(device_msm *self, gpu_queue *queue, double *ms, pt_err *err)
{
    const gpu_msm_results results = gpu_msm_results_of(&self->plan);
    const bit_fold_shape fold = {.n_repeats = results.n_repeats, .n_sets = results.n_sets, .width = self->plan.c};
    const gpu_msm_query query = {self->points, self->bit_sums};
    g1_xyzz sum1;
    g2_xyzz sum2;
    gpu_queue_forget_times(queue);
    if (gpu_lock_take(self->of->job->lock, err) != PT_OK)
        return err->code;
    const double begin = clock_seconds();
    if (gpu_msm_run(self->msm, queue, self->scalars, &query, 1, err) != PT_OK)
        gpu_queue_wait(queue, err); /* what is queued uses the device */
    gpu_lock_give(self->of->job->lock);
    if (err->code != PT_OK)
        return err->code;
    if (is_g1(self))
        bit_fold_g1(&fold, self->bit_sums, &sum1);
    else
        bit_fold_g2(&fold, self->bit_sums, &sum2);
    *ms = 1e3 * (clock_seconds() - begin);
    if (is_g1(self) ? !g1_eq(&sum1, &self->of->sum1) : !g2_eq(&sum2, &self->of->sum2))
        return pt_fail(err, PT_E_INTERNAL, "benchmark: %s of %zu points on %s: wrong sum", self->of->name, self->of->n,
                       gpu_device_describe(self->of->job->device)->name);
    return PT_OK;
}

/* The device's peak since it was forgotten, less what there was before, is what the plan said: to the byte. */
static pt_status check_bytes(const device_msm *self, bench_msm_room *out, pt_err *err)
{
    const gpu_msm_plan *plan = &self->plan;
    gpu_device *device = self->of->job->device;
    *out = (bench_msm_room){.c = plan->c,
                            .tables = plan->tables,
                            .n_windows = plan->n_windows,
                            .n_batches = plan->n_batches,
                            .n_slices = plan->n_slices,
                            .planned_bytes = plan->bytes.total,
                            .taken_bytes = gpu_device_peak_bytes(device) - self->bytes_before};
    if (out->taken_bytes != out->planned_bytes)
        return pt_fail(
            err, PT_E_INTERNAL, "benchmark: %s of %zu points on %s: %" PRIu64 " bytes were taken, and %" PRIu64 " planned",
            self->of->name, self->of->n, gpu_device_describe(device)->name, out->taken_bytes, out->planned_bytes);
    return PT_OK;
}

static pt_status report(device_msm *self, pt_err *err)
{
    const device_msm_case *of = self->of;
    bench_report *rows = of->job->report;
    const size_t first = rows->n;
    bench_msm_room room;
    if (check_bytes(self, &room, err) != PT_OK ||
        device_samples_report(&self->samples, of->name, of->n, of->checked, rows, err) != PT_OK)
        return err->code;
    for (size_t i = first; i < rows->n; i++)
        rows->rows[i].room = room;
    return PT_OK;
}

static pt_status measure(device_msm *self, pt_err *err)
{
    const bench_job *job = self->of->job;
    double ms, timed_ms;
    if (device_samples_init(job->n_repeats, &self->samples, err) != PT_OK ||
        run_once(self, self->timed, &timed_ms, err) != PT_OK)
        return err->code; /* not a sample: the device may have rested */
    for (size_t i = 0; i < job->n_repeats; i++) {
        if (run_once(self, self->queue, &ms, err) != PT_OK || run_once(self, self->timed, &timed_ms, err) != PT_OK)
            return err->code;
        device_samples_take(&self->samples, i, ms, self->timed);
    }
    return report(self, err);
}

/* ---- a pass of a sweep ---- */

static void add_share(sweep_row *row, const gpu_time *time)
{
    size_t i = 0;
    while (i < row->n_shares && strcmp(row->shares[i].name, time->name) != 0)
        i++;
    if (i == SWEEP_KERNELS_MAX)
        i--;
    if (i == row->n_shares) {
        row->shares[i] = (sweep_share){.ms = 0};
        snprintf(row->shares[i].name, sizeof row->shares[i].name, "%s", time->name);
        row->n_shares++;
    }
    row->shares[i].ms += 1e-6 * (double)time->total_ns;
}

/* All commands of the run that has ended, and the share of each kernel. */
static double add_shares(const device_msm *self, sweep_row *row)
{
    size_t n;
    const gpu_time *times = gpu_queue_times(self->timed, &n);
    double ms = 0;
    for (size_t i = 0; i < n; i++) {
        add_share(row, &times[i]);
        ms += 1e-6 * (double)times[i].total_ns;
    }
    return ms;
}

static pt_status sample(device_msm *self, pt_err *err)
{
    const device_sample_room *sampled = self->of->sampled;
    bench_msm_room room;
    double ms;
    if (run_once(self, self->timed, &ms, err) != PT_OK)
        return err->code; /* not a sample */
    for (size_t i = 0; i < self->of->job->n_repeats; i++) {
        if (run_once(self, self->timed, &ms, err) != PT_OK)
            return err->code;
        sampled->ms[i] = add_shares(self, sampled->row);
    }
    sampled->row->c = self->plan.c;
    sampled->row->planned_bytes = self->plan.bytes.total;
    return check_bytes(self, &room, err);
}

/* What is known of the kernel before it runs; false: it can't be in such groups. */
static bool describe_kernel(const device_msm *self, sweep_row *row)
{
    const gpu_msm_group group = is_g1(self) ? GPU_MSM_G1 : GPU_MSM_G2;
    const gpu_kernel_info *info = gpu_msm_accumulator_info(self->msm, group);
    const msm_accumulator *of = &self->plan.accumulators[group];
    row->tells_registers = info->tells_registers;
    row->figures = info->figures;
    row->local_bytes = of->kind == MSM_BY_WALK ? msm_walk_local_bytes(of, gpu_msm_point_bytes(&self->plan, group) / 2) : 0;
    if (of->group > info->group_max)
        snprintf(row->skipped, sizeof row->skipped, "%s has groups of at most %zu work-items on this device", info->name,
                 info->group_max);
    return of->group <= info->group_max;
}

static void skip(sweep_row *row, const char *reason)
{
    snprintf(row->skipped, sizeof row->skipped, "%.159s", reason);
    row->n_shares = 0; /* of what ran before it */
}

/* What the device can't hold, build or launch is the row's reason. */
static pt_status sweep_one(device_msm *self, pt_err *err)
{
    sweep_row *row = self->of->sampled->row;
    pt_err reason = {0};
    if (make_plan(self, &reason) == PT_OK && self->plan.tables != self->of->tables) {
        row->no_tables = true;
        skip(row, "there is no room for tables");
    } else if (reason.code == PT_OK && make_resident(self, &reason) == PT_OK && describe_kernel(self, row)) {
        sample(self, &reason);
    }
    if (reason.code == PT_E_INTERNAL || (reason.code != PT_OK && self->of->sampled->again))
        *err = reason;
    else if (reason.code != PT_OK)
        skip(row, reason.msg);
    return err->code;
}

pt_status bench_device_msm(const device_msm_case *of, pt_err *err)
{
    gpu_device *device = of->job->device;
    device_msm self = {.of = of, .bytes_before = gpu_device_bytes(device)};
    gpu_device_forget_peak(device);
    if (of->sampled != NULL)
        sweep_one(&self, err);
    else if (make_plan(&self, err) == PT_OK && self.plan.tables == of->tables && make_resident(&self, err) == PT_OK)
        measure(&self, err);
    clear(&self);
    return err->code;
}
