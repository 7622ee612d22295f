/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/device_shape.h"

#include "gpu/device.h"

gpu_msm_shape device_shape_of(const pt_curve *curve, const device_limits *limits, const device_msm_asked *asked)
{
    const uint64_t share = gpu_device_memory_share(limits->memory_bytes);
    return (gpu_msm_shape){.scalar_bits = curve->fr_bits,
                           .fq_bytes = curve->fq_bytes,
                           .n = asked->n,
                           .n_queries = {!asked->g2, asked->g2},
                           .accumulators = {asked->accumulator, asked->accumulator},
                           .tables = asked->tables,
                           .c = asked->c,
                           .n_batches = asked->n_batches,
                           .bytes_max = asked->memory_bytes != 0 ? asked->memory_bytes : share,
                           .buffer_max = limits->buffer_max,
                           .local_max = limits->local_bytes};
}
