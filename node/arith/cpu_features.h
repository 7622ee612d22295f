/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/cpu_features.h - which instruction sets this processor and its operating system offer. */
#ifndef PT_CPU_FEATURES_H
#define PT_CPU_FEATURES_H

#include <stdbool.h>

typedef struct {
    bool bmi2;        /* MULX */
    bool adx;         /* ADCX, ADOX */
    bool avx512_ifma; /* with AVX512F and AVX512DQ, and an operating system that saves their registers */
} cpu_features;

/** Ask the processor. Cheap; all false where it is not x86-64. */
cpu_features cpu_features_read(void);

/** Does `features` have all that `needs` names? */
static inline bool cpu_features_cover(cpu_features features, cpu_features needs)
{
    return (features.bmi2 || !needs.bmi2) && (features.adx || !needs.adx) && (features.avx512_ifma || !needs.avx512_ifma);
}

#endif
