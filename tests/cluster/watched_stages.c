/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cluster/watched_stages.h"

#include <string.h>

enum { N_TABLES = 8 };

static struct {
    const pt_curve *real[N_TABLES];
    pt_curve curves[N_TABLES];
    stage_executors executors[N_TABLES];
    size_t n;
    stage_watcher watcher;
    void *ctx;
} watch;

static pt_status run_watched(groth16_partition *p, stage s, crew *threads, pt_err *err)
{
    const pt_curve *real = watch.real[p->key->curve - watch.curves];
    if (s == STAGE_SYNTHESIS && watch.watcher(watch.ctx, p, STAGE_WITNESS, err) != PT_OK)
        return err->code;
    const pt_status status = real->cpu->run[s](p, threads, err);
    return status == PT_OK && s <= STAGE_ASSEMBLE ? watch.watcher(watch.ctx, p, s, err) : status;
}

#define WATCHED(name, s)                                                            \
    static pt_status name(groth16_partition *partition, crew *threads, pt_err *err) \
    {                                                                               \
        return run_watched(partition, s, threads, err);                             \
    }

WATCHED(watched_synthesis, STAGE_SYNTHESIS)
WATCHED(watched_quotient, STAGE_QUOTIENT)
WATCHED(watched_msm_h, STAGE_MSM_H)
WATCHED(watched_msm_g1, STAGE_MSM_G1)
WATCHED(watched_msm_g2, STAGE_MSM_G2)
WATCHED(watched_assemble, STAGE_ASSEMBLE)
WATCHED(watched_verify, STAGE_VERIFY)

static void add_table(const pt_curve *real)
{
    const size_t i = watch.n++;
    watch.real[i] = real;
    watch.curves[i] = *real;
    watch.executors[i] = (stage_executors){.name = real->cpu->name,
                                           .run = {[STAGE_SYNTHESIS] = watched_synthesis,
                                                   [STAGE_QUOTIENT] = watched_quotient,
                                                   [STAGE_MSM_H] = watched_msm_h,
                                                   [STAGE_MSM_G1] = watched_msm_g1,
                                                   [STAGE_MSM_G2] = watched_msm_g2,
                                                   [STAGE_ASSEMBLE] = watched_assemble,
                                                   [STAGE_VERIFY] = watched_verify},
                                           .partition_bytes = real->cpu->partition_bytes};
    watch.curves[i].cpu = &watch.executors[i];
}

void watch_stages(stage_watcher watcher, void *ctx)
{
    size_t n_isas = 0;
    const pt_isa *isas = pt_isa_list(&n_isas);
    for (size_t i = 0; i < n_isas && watch.watcher == NULL; i++) {
        add_table(pt_curve_by_name("bn254", isas[i].needs));
        add_table(pt_curve_by_name("bls12_381", isas[i].needs));
    }
    watch.watcher = watcher;
    watch.ctx = ctx;
}

const pt_curve *__real_pt_curve_by_r(const uint8_t *r, size_t n_bytes, cpu_features features);
const pt_curve *__wrap_pt_curve_by_r(const uint8_t *r, size_t n_bytes, cpu_features features);

const pt_curve *__wrap_pt_curve_by_r(const uint8_t *r, size_t n_bytes, cpu_features features)
{
    const pt_curve *real = __real_pt_curve_by_r(r, n_bytes, features);
    for (size_t i = 0; i < watch.n; i++)
        if (watch.real[i] == real)
            return &watch.curves[i];
    return real;
}

partition_layout watched_layout(const proving_key *key)
{
    const size_t fq = key->curve->fq_bytes, g1 = 4 * fq, g2 = 8 * fq, state = 4 * g1 + g2 + sizeof(void *);
    return (partition_layout){.g1_sums = {0, g1, 2 * g1, 3 * g1},
                              .g1_bytes = g1,
                              .g2_sum = 4 * g1,
                              .g2_bytes = g2,
                              .vectors = (state + 63) / 64 * 64,
                              .vector_bytes = ((size_t)key->domain_size * PT_FR_BYTES + 63) / 64 * 64};
}
