/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/stage.h"

#include <stddef.h>
#include <time.h>

const char *stage_name(stage s)
{
    static const char *const names[STAGE_COUNT] = {
        [STAGE_KEY] = "key",           [STAGE_WITNESS] = "witness",   [STAGE_SYNTHESIS] = "synthesis",
        [STAGE_QUOTIENT] = "quotient", [STAGE_MSM_H] = "msm h",       [STAGE_MSM_G1] = "msm g1",
        [STAGE_MSM_G2] = "msm g2",     [STAGE_ASSEMBLE] = "assemble", [STAGE_VERIFY] = "verify",
        [STAGE_WRITE] = "write",
    };
    return names[s];
}

double clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double stage_begin(const job_watch *watch, stage s)
{
    if (watch != NULL && watch->report != NULL)
        watch->report(watch->ctx, s);
    return clock_seconds();
}

void stage_end(const job_watch *watch, stage s, double start)
{
    if (watch != NULL && watch->times != NULL)
        watch->times->seconds[s] += clock_seconds() - start;
}
