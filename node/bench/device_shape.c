/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/device_shape.h"

#include "gpu/device.h"

gpu_msm_shape device_shape_of(const pt_curve *curve, const device_limits *limits, const device_msm_asked *asked)
{
    const uint64_t has = limits->memory_bytes, bound = asked->memory_bytes;
    const uint64_t may = bound == 0 ? gpu_device_memory_share(has) : has == 0 || bound < has ? bound : has;
    return (gpu_msm_shape){.scalar_bits = curve->fr_bits,
                           .fq_bytes = curve->fq_bytes,
                           .n = asked->n,
                           .n_queries = {!asked->g2, asked->g2},
                           .accumulators = {asked->accumulator, asked->accumulator},
                           .tables = asked->tables,
                           .c = asked->c,
                           .n_batches = asked->n_batches,
                           .bytes_max = may,
                           .buffer_max = limits->buffer_max,
                           .local_max = limits->local_bytes};
}
