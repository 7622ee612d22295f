/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/msm_sorted.h - the sorted form of one vector of scalars, or of some windows of it: one serves every query over it. */
#ifndef PT_MSM_SORTED_H
#define PT_MSM_SORTED_H

#include <stddef.h>

#include "kernels/shared/msm_layout.h"

struct gpu_buffer;

/** Buffers on the device, msm_layout.h says what lies in them, and bounds of what only the device has counted.
 *  owns    nothing: a view of gpu/msm_sort's buffers, until the next sort */
typedef struct {
    const struct gpu_buffer *entries; /* uint[] */
    const struct gpu_buffer *buckets; /* msm_range[n_buckets], in order, those of empty ones too: their entries */
    /* What follows a sort without tasks has not. */
    const struct gpu_buffer *tasks;  /* msm_task[n_tasks], of which n_slots have a slot */
    const struct gpu_buffer *cuts;   /* msm_cut[n_cuts]; each partial sum belongs to one */
    const struct gpu_buffer *totals; /* msm_sort_totals */
    size_t n_tasks_max, n_slots_max, n_cuts_max;
} msm_sorted;

#endif
