/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/gpu_msm_map.h - every buffer that MSMs of a plan take on a device, by name. Pure. */
#ifndef PT_GPU_MSM_MAP_H
#define PT_GPU_MSM_MAP_H

#include "gpu/gpu_msm_plan.h"

/** Buffers of one name. */
typedef struct {
    const char *name; /* as gpu/buffer.h has it */
    const char *holds;
    uint64_t bytes; /* of each */
    size_t n;
} gpu_msm_buffers;

enum { GPU_MSM_MAP_MAX = MSM_SORT_N_BUFFERS + 11 };

typedef struct {
    gpu_msm_buffers rows[GPU_MSM_MAP_MAX];
    size_t n;
} gpu_msm_map;

/** All of them: bytes times n add up to plan->bytes.total. The scalars' is the caller's. */
gpu_msm_map gpu_msm_map_of(const gpu_msm_plan *plan);

#endif
