/* SPDX-License-Identifier: Apache-2.0 */
/* node/bench/device_shape.h - what a benchmark's MSM asks of a device's planner. Pure. */
#ifndef PT_DEVICE_SHAPE_H
#define PT_DEVICE_SHAPE_H

#include "gpu/gpu_msm_plan.h"
#include "node/curve.h"

/** What a device has, or is said to have. units: bytes */
typedef struct {
    uint64_t memory_bytes; /* 0: no bound */
    uint64_t buffer_max;
    uint64_t local_bytes; /* of a work-group */
} device_limits;

/** One MSM over n points. */
typedef struct {
    bool g2;
    bool tables; /* may tables of multiples stand in for the points? */
    size_t n;
    msm_accumulator accumulator;
    unsigned c;         /* bits of a window; 0: what is fastest */
    unsigned n_batches; /* of windows; 0: what is fastest */
    uint64_t
        memory_bytes; /* that it may take, of those that there are; 0: nine tenths of the device's, for the driver takes some */
} device_msm_asked;

gpu_msm_shape device_shape_of(const pt_curve *curve, const device_limits *limits, const device_msm_asked *asked);

#endif
