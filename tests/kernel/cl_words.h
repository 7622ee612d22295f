/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/cl_words.h - what OpenCL C has and C lacks, so that a host's compiler reads a device's code. Included before it. */
#ifndef PT_CL_WORDS_H
#define PT_CL_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "tests/kernel/ptx_run.h"

#define PT_DEVICE_CODE

typedef uint8_t uchar;
typedef uint16_t ushort;
typedef uint32_t uint;
typedef uint64_t ulong;
typedef struct __attribute__((aligned(16))) {
    uint x, y, z, w;
} uint4;

#define CL_UNUSED __attribute__((unused))

static inline CL_UNUSED uint clz(uint x)
{
    return x == 0 ? 32 : (uint)__builtin_clz(x);
}
static inline CL_UNUSED uint popcount(uint x)
{
    return (uint)__builtin_popcount(x);
}

#define __kernel
#define __global
#define __local
#define __private

#endif
