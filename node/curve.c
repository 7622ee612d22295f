/* SPDX-License-Identifier: Apache-2.0 */
#include "node/curve.h"

#include <string.h>

extern const pt_curve bn254_portable_curve_table, bls12_381_portable_curve_table;
#ifdef __x86_64__
extern const pt_curve bn254_adx_curve_table, bls12_381_adx_curve_table;
#endif

enum { N_CURVES = 2 };

/* The tables of the fastest instruction set that the features allow. */
static const pt_curve *const *tables_for(cpu_features features)
{
    static const pt_curve *const portable[N_CURVES] = {&bn254_portable_curve_table, &bls12_381_portable_curve_table};
#ifdef __x86_64__
    static const pt_curve *const adx[N_CURVES] = {&bn254_adx_curve_table, &bls12_381_adx_curve_table};
    if (features.bmi2 && features.adx)
        return adx;
#else
    (void)features;
#endif
    return portable;
}

const pt_curve *pt_curve_by_r(const uint8_t *r, size_t n_bytes, cpu_features features)
{
    const pt_curve *const *tables = tables_for(features);
    for (size_t i = 0; i < N_CURVES; i++)
        if (tables[i]->fr_bytes == n_bytes && memcmp(tables[i]->r, r, n_bytes) == 0)
            return tables[i];
    return NULL;
}

const pt_curve *pt_curve_by_name(const char *name, cpu_features features)
{
    const pt_curve *const *tables = tables_for(features);
    for (size_t i = 0; i < N_CURVES; i++)
        if (strcmp(tables[i]->name, name) == 0 || strcmp(tables[i]->json_name, name) == 0)
            return tables[i];
    return NULL;
}
