/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/msm_groups.h - a case with points of both groups, and what sets it up on a device. Per curve. */
#ifndef PT_MSM_GROUPS_H
#define PT_MSM_GROUPS_H

#include "tests/kernel/msm_case.h"

#define GROUP g1
#define GROUP_FIELD fq
#include "tests/kernel/msm_points.inc.h"

#define GROUP g2
#define GROUP_FIELD fq2
#include "tests/kernel/msm_points.inc.h"

static inline msm_case *msm_case_with_points(msm_case *self)
{
    g1_make_points(self);
    g2_make_points(self);
    return self;
}

static inline int msm_set_up(void **state)
{
    *state = msm_case_with_points(msm_case_open());
    return 0;
}

static inline int msm_tear_down(void **state)
{
    msm_case_close(*state);
    return 0;
}

#endif
