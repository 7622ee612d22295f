/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_runs.h - where the runs of a bucket reduction lie. */
#ifndef PT_MSM_RUNS_H
#define PT_MSM_RUNS_H

#include "kernels/group.h"
#include "kernels/shared/msm_sum_args.h"

/* Runs of a set now. */
PT_FN uint msm_n_runs(const msm_runs *r)
{
    return r->n_given + r->level + 1;
}

/* The first sum of a run: those that were given lie side by side, later ones in what the first of them leaves. */
PT_FN uint msm_run_place(const msm_runs *r, uint set, uint run)
{
    const uint place = run <= r->n_given ? run * r->n : r->n >> (run - r->n_given);
    return r->first + set * (r->n_given + 1) * r->n + place;
}

#endif
