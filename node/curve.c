/* SPDX-License-Identifier: Apache-2.0 */
#include "node/curve.h"

#include <string.h>

#if defined(__x86_64__) && !defined(PT_PORTABLE_ALONE)
#define HAS_X86_BUILDS
#endif

extern const pt_curve bn254_portable_curve_table, bls12_381_portable_curve_table;
#ifdef HAS_X86_BUILDS
extern const pt_curve bn254_adx_curve_table, bls12_381_adx_curve_table;
extern const pt_curve bn254_ifma_curve_table, bls12_381_ifma_curve_table;
#endif

/* In step: isas[i] is what tables[i] was compiled for. */
static const pt_isa isas[] = {
    {"portable", {0}},
#ifdef HAS_X86_BUILDS
    {"adx", {.bmi2 = true, .adx = true}},
    {"ifma", {.bmi2 = true, .adx = true, .avx512_ifma = true}},
#endif
};

enum { N_CURVES = 2, N_ISAS = sizeof isas / sizeof *isas };

static const pt_curve *const tables[N_ISAS][N_CURVES] = {
    {&bn254_portable_curve_table, &bls12_381_portable_curve_table},
#ifdef HAS_X86_BUILDS
    {&bn254_adx_curve_table, &bls12_381_adx_curve_table},
    {&bn254_ifma_curve_table, &bls12_381_ifma_curve_table},
#endif
};

const pt_isa *pt_isa_list(size_t *n)
{
    *n = N_ISAS;
    return isas;
}

/* The tables of the last, so fastest, instruction set that the features allow; "portable" needs nothing. */
static const pt_curve *const *tables_for(cpu_features features)
{
    size_t i = N_ISAS - 1;
    while (!cpu_features_cover(features, isas[i].needs))
        i--;
    return tables[i];
}

const pt_curve *pt_curve_by_r(const uint8_t *r, size_t n_bytes, cpu_features features)
{
    const pt_curve *const *of_isa = tables_for(features);
    for (size_t i = 0; i < N_CURVES; i++)
        if (of_isa[i]->fr_bytes == n_bytes && memcmp(of_isa[i]->r, r, n_bytes) == 0)
            return of_isa[i];
    return NULL;
}

const pt_curve *pt_curve_by_name(const char *name, cpu_features features)
{
    const pt_curve *const *of_isa = tables_for(features);
    for (size_t i = 0; i < N_CURVES; i++)
        if (strcmp(of_isa[i]->name, name) == 0 || strcmp(of_isa[i]->json_name, name) == 0)
            return of_isa[i];
    return NULL;
}
