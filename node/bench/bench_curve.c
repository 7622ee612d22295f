/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/bench_curve.h"

#include "node/bench/bench_device.h"
#include "node/setup/splitmix.h"

fr bench_draw_fr(uint64_t *state)
{
    fr a;
    do {
        for (int i = 0; i < FR_LIMBS; i++)
            a.limb[i] = splitmix_next(state);
        a.limb[FR_LIMBS - 1] &= UINT64_MAX >> (64 * FR_LIMBS - FR_BITS);
    } while (!fr_is_reduced(&a));
    return a;
}

pt_status bench_curve(const bench_job *job, pt_err *err)
{
    switch (job->kind) {
    case BENCH_ARITH:
        return job->device != NULL ? bench_device_arith(job, err) : bench_arith(job, err);
    case BENCH_NTT:
        return job->device != NULL ? bench_device_ntt(job, err) : bench_ntt(job, err);
    case BENCH_MSM:
        return bench_msm(job, err);
    case BENCH_SYNTH:
        return bench_synth(job, err);
    case BENCH_VERIFY:
        return bench_verify(job, err);
    case BENCH_PROVE:
        break;
    }
    return pt_fail(err, PT_E_ARG, "benchmark %d is not one of a curve's own", (int)job->kind);
}
