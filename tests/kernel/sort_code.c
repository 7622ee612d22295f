/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/kernel/cl_words.h"
#include "tests/kernel/cl_fibers.h"

#include "kernels/msm_digits.cl"
#include "kernels/msm_columns.cl"
#include "kernels/msm_bins.cl"
#include "kernels/msm_partition.cl"
#include "kernels/msm_tile_sort.cl"
#include "kernels/msm_tile_scatter.cl"
#include "kernels/msm_task_count.cl"
#include "kernels/msm_task_write.cl"
#include "kernels/msm_task_cut.cl"

#include "tests/kernel/sort_code.h"

typedef struct {
    const msm_sort_step *step;
    void *buffer[MSM_SORT_STEP_BUFFERS_MAX];
} step_call;

static void run_step(const void *ctx)
{
    const step_call *call = ctx;
    const msm_sort_args args = call->step->args;
    void *const *b = call->buffer;
    switch (call->step->kernel) {
    case MSM_SORT_DIGITS:
        msm_digits(b[0], b[1], b[2], args);
        break;
    case MSM_SORT_COLUMNS:
        msm_columns(b[0], b[1], b[2], args);
        break;
    case MSM_SORT_LIST_BINS:
        msm_bins(b[0], b[1], b[2], b[3], args);
        break;
    case MSM_SORT_PARTITION:
        msm_partition(b[0], b[1], b[2], b[3], b[4], args);
        break;
    case MSM_SORT_TILE_SORT:
        msm_tile_sort(b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], args);
        break;
    case MSM_SORT_TILE_SCATTER:
        msm_tile_scatter(b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], args);
        break;
    case MSM_SORT_TASK_COUNT:
        msm_task_count(b[0], b[1], args);
        break;
    case MSM_SORT_TASK_WRITE:
        msm_task_write(b[0], b[1], b[2], b[3], b[4], b[5], args);
        break;
    case MSM_SORT_TASK_CUT:
        msm_task_cut(b[0], b[1], b[2], b[3], args);
        break;
    case MSM_SORT_N_KERNELS:
        abort();
    }
}

void sort_code_run(const msm_sort_step *step, void *const *buffers)
{
    step_call call = {.step = step};
    for (size_t i = 0; i < step->n_buffers; i++)
        call.buffer[i] = buffers[step->buffers[i]];
    cl_run(run_step, &call, (uint)step->n_groups, PT_SORT_THREADS);
}

uint64_t sort_code_local_bytes(void)
{
    const uint64_t tile = sizeof(sort_local) + SORT_RADIX_MAX * sizeof(uint), digits = MSM_SORT_COUNTERS * sizeof(uint);
    return tile > digits ? tile : digits;
}
