/* SPDX-License-Identifier: Apache-2.0 */
#include "node/arith/cpu_features.h"

#ifdef __x86_64__
#include <cpuid.h>

cpu_features cpu_features_read(void)
{
    unsigned eax, ebx, ecx, edx;
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
        return (cpu_features){0};
    return (cpu_features){.bmi2 = ebx >> 8 & 1,
                          .adx = ebx >> 19 & 1,
                          .avx512_ifma = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                                         __builtin_cpu_supports("avx512ifma")};
}
#else
cpu_features cpu_features_read(void)
{
    return (cpu_features){0};
}
#endif
