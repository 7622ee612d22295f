/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cluster/watched_stages.h"

#include <string.h>

enum { N_TABLES = 8 };

static struct {
    const pt_curve *real[N_TABLES];
    pt_curve curves[N_TABLES];
    stage_executors processors[N_TABLES], devices[N_TABLES];
    size_t n;
    stage_watcher watcher;
    void *ctx;
} watch;

static const pt_curve *real_of(const groth16_partition *p)
{
    return watch.real[p->key->curve - watch.curves];
}

static pt_status run_watched(const stage_executors *real, groth16_partition *p, stage s, crew *threads, pt_err *err)
{
    if (s == STAGE_SYNTHESIS && watch.watcher(watch.ctx, p, STAGE_WITNESS, err) != PT_OK)
        return err->code;
    const pt_status status = real->run[s](p, threads, err);
    return status == PT_OK && s <= STAGE_ASSEMBLE ? watch.watcher(watch.ctx, p, s, err) : status;
}

#define WATCHED(name, by, s)                                                        \
    static pt_status name(groth16_partition *partition, crew *threads, pt_err *err) \
    {                                                                               \
        return run_watched(real_of(partition)->by, partition, s, threads, err);     \
    }

/* The stages of a row of executors, and the row that watches it. */
#define WATCHED_ROW(by)                                       \
    WATCHED(by##_synthesis, by, STAGE_SYNTHESIS)              \
    WATCHED(by##_quotient, by, STAGE_QUOTIENT)                \
    WATCHED(by##_msm_h, by, STAGE_MSM_H)                      \
    WATCHED(by##_msm_g1, by, STAGE_MSM_G1)                    \
    WATCHED(by##_msm_g2, by, STAGE_MSM_G2)                    \
    WATCHED(by##_assemble, by, STAGE_ASSEMBLE)                \
    WATCHED(by##_verify, by, STAGE_VERIFY)                    \
    static stage_executors watched_##by(const pt_curve *real) \
    {                                                         \
        stage_executors out = *real->by;                      \
        out.run[STAGE_SYNTHESIS] = by##_synthesis;            \
        out.run[STAGE_QUOTIENT] = by##_quotient;              \
        out.run[STAGE_MSM_H] = by##_msm_h;                    \
        out.run[STAGE_MSM_G1] = by##_msm_g1;                  \
        out.run[STAGE_MSM_G2] = by##_msm_g2;                  \
        out.run[STAGE_ASSEMBLE] = by##_assemble;              \
        out.run[STAGE_VERIFY] = by##_verify;                  \
        return out;                                           \
    }

WATCHED_ROW(cpu)
WATCHED_ROW(device)

static void add_table(const pt_curve *real)
{
    const size_t i = watch.n++;
    watch.real[i] = real;
    watch.curves[i] = *real;
    watch.processors[i] = watched_cpu(real);
    watch.devices[i] = watched_device(real);
    watch.curves[i].cpu = &watch.processors[i];
    watch.curves[i].device = &watch.devices[i];
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
