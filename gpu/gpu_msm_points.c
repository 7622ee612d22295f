/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "gpu/gpu_msm_state.h"
#include "kernels/shared/msm_sum_args.h"

enum {
    GROUP = 64,
    POINTS_A_LAUNCH = 1 << 18 /* of multiples: some 10 ms, so that others get their turns */
};

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* n points to the indices from at on; from NULL: infinities. */
static pt_status put_points(gpu_msm_points *self, gpu_queue *queue, size_t at, size_t n, const uint8_t *from, pt_err *err)
{
    const size_t each = (size_t)gpu_msm_point_bytes(&self->msm->plan, self->group);
    pt_status status = PT_OK;
    for (size_t n_here; n > 0 && status == PT_OK; at += n_here, n -= n_here) {
        gpu_buffer *part = self->parts[at / self->part_len];
        const size_t within = at % self->part_len;
        n_here = min_size(n, self->part_len - within);
        if (from == NULL) {
            status = gpu_queue_fill(queue, part, within * each, 0, n_here * each, err);
        } else {
            status = gpu_queue_write(queue, part, within * each, from, n_here * each, err);
            from += n_here * each;
        }
    }
    return status;
}

pt_status gpu_msm_points_load(gpu_msm_points *self, gpu_queue *queue, const uint8_t *points, size_t begin, size_t end,
                              pt_err *err)
{
    const size_t each = (size_t)gpu_msm_point_bytes(&self->msm->plan, self->group);
    const size_t first = min_size(self->first > begin ? self->first : begin, end);
    const size_t past = min_size(self->first + self->n > first ? self->first + self->n : first, end);
    if (put_points(self, queue, 0, first - begin, NULL, err) != PT_OK)
        return err->code;
    if (past > first &&
        put_points(self, queue, first - begin, past - first, points + (first - self->first) * each, err) != PT_OK)
        return err->code;
    return put_points(self, queue, past - begin, end - past, NULL, err);
}

static pt_status make_multiples(gpu_msm_points *self, gpu_queue *queue, pt_err *err)
{
    const gpu_msm_plan *plan = &self->msm->plan;
    for (size_t first = 0; first < plan->of.n; first += POINTS_A_LAUNCH) {
        const size_t n_here = min_size(POINTS_A_LAUNCH, plan->of.n - first);
        const msm_multiples_args args = {.n = (msm_word)plan->of.n,
                                         .first = (msm_word)first,
                                         .n_here = (msm_word)n_here,
                                         .n_windows = plan->n_windows,
                                         .c = plan->c,
                                         .part_len = (msm_word)self->part_len};
        if (gpu_queue_launch(queue, self->msm->kernels[self->group].multiples, n_here, GROUP,
                             GPU_ARGS(GPU_MSM_POINTS_ARGS(self), GPU_ARG_VALUE(args)), err) != PT_OK)
            return err->code;
    }
    return PT_OK;
}

/* The lock is for kernels alone: the points are there by now. */
static pt_status make_multiples_locked(gpu_msm_points *self, gpu_queue *queue, pt_err *err)
{
    if (gpu_lock_take(self->msm->lock, err) != PT_OK)
        return err->code;
    make_multiples(self, queue, err);
    gpu_queue_wait(queue, err); /* after a fault too: what is queued uses the buffers */
    gpu_lock_give(self->msm->lock);
    return err->code;
}

static pt_status take_parts(gpu_msm_points *self, pt_err *err)
{
    const gpu_msm_plan *plan = &self->msm->plan;
    const size_t each = (size_t)gpu_msm_point_bytes(plan, self->group), n = gpu_msm_indices(plan);
    self->part_len = gpu_msm_part_len(plan, self->group);
    for (size_t first = 0; first < n; first += self->part_len) {
        const size_t n_here = min_size(self->part_len, n - first);
        if (gpu_buffer_create(self->msm->device, "points", n_here * each, &self->parts[self->n_parts], err) != PT_OK)
            return err->code;
        self->n_parts++;
    }
    for (size_t i = self->n_parts; i < GPU_MSM_PARTS_MAX; i++)
        self->parts[i] = self->parts[0];
    return PT_OK;
}

static pt_status fill_parts(gpu_msm_points *self, gpu_queue *queue, const uint8_t *points, pt_err *err)
{
    const gpu_msm_plan *plan = &self->msm->plan;
    if (take_parts(self, err) != PT_OK)
        return err->code;
    if (!plan->resident) {
        self->points = points;
        return PT_OK;
    }
    gpu_msm_points_load(self, queue, points, 0, plan->of.n, err);
    gpu_queue_wait(queue, err); /* after a fault too: what is queued uses the buffers */
    return err->code == PT_OK && plan->tables ? make_multiples_locked(self, queue, err) : err->code;
}

pt_status gpu_msm_points_create(gpu_msm *self, gpu_queue *queue, gpu_msm_group group, const uint8_t *points, size_t first,
                                size_t n, gpu_msm_points **out, pt_err *err)
{
    if (first > self->plan.of.n || n > self->plan.of.n - first || self->plan.of.n_queries[group] == 0)
        return pt_fail(err, PT_E_ARG, "points for scalars %zu to %zu of %zu, or of a group that was not planned", first,
                       first + n, self->plan.of.n);
    gpu_msm_points *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a query's points");
    made->msm = self;
    made->group = group;
    made->first = first;
    made->n = n;
    if (fill_parts(made, queue, points, err) != PT_OK) {
        gpu_msm_points_destroy(made);
        return err->code;
    }
    *out = made;
    return PT_OK;
}

void gpu_msm_points_destroy(gpu_msm_points *points)
{
    if (points == NULL)
        return;
    for (size_t i = 0; i < points->n_parts; i++)
        gpu_buffer_destroy(points->parts[i]);
    free(points);
}
