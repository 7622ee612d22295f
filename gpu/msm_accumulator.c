/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/msm_accumulator.h"

#include <stdio.h>

enum {
    WALKERS_MAX = 1 << 16, /* about as many work-items as an H200 holds, of 120 registers */
    STRAND_LEN = 32        /* entries at least, where there are few: a strand's end costs an addition in XYZZ */
};

static bool is_power_of_2(unsigned n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

pt_status msm_accumulator_complete(const msm_accumulator *of, msm_accumulator *out, pt_err *err)
{
    msm_accumulator made = {.kind = of->kind, .group = of->group != 0 ? of->group : MSM_ACCUMULATOR_GROUP};
    if (of->kind == MSM_BY_WALK) {
        made.strands = of->strands != 0 ? of->strands : MSM_ACCUMULATOR_STRANDS;
        made.scratch = of->scratch;
        made.shared = of->shared;
    }
    if (!is_power_of_2(made.group) || made.group > MSM_ACCUMULATOR_GROUP_MAX || made.strands > MSM_WALK_STRANDS_MAX)
        return pt_fail(err, PT_E_ARG, "groups of %u with %u strands each: a power of 2 to %d, and to %d strands",
                       made.group, made.strands, MSM_ACCUMULATOR_GROUP_MAX, MSM_WALK_STRANDS_MAX);
    *out = made;
    return PT_OK;
}

void msm_accumulator_name(const msm_accumulator *self, char out[MSM_ACCUMULATOR_NAME])
{
    static const char *const places[] = {
        [MSM_SCRATCH_PRIVATE] = "private", [MSM_SCRATCH_LOCAL] = "local", [MSM_SCRATCH_GLOBAL] = "global"};
    if (self->kind == MSM_BY_TASKS)
        snprintf(out, MSM_ACCUMULATOR_NAME, "tasks_g%u", self->group);
    else
        snprintf(out, MSM_ACCUMULATOR_NAME, "walk_g%u_s%u_%s_%s", self->group, self->strands, places[self->scratch],
                 self->shared ? "shared" : "alone");
}

size_t msm_walkers(const msm_accumulator *self, size_t n_entries, int n_halvings)
{
    const size_t each = (size_t)self->strands * STRAND_LEN;
    const size_t wanted = (n_entries + each - 1) / each, n = (wanted < WALKERS_MAX ? wanted : WALKERS_MAX) >> n_halvings;
    return n == 0 ? self->group : (n + self->group - 1) / self->group * self->group;
}

uint64_t msm_walk_local_bytes(const msm_accumulator *self, size_t coord_bytes)
{
    const uint64_t products = self->scratch == MSM_SCRATCH_LOCAL ? (uint64_t)self->group * self->strands : 0;
    return coord_bytes * (products + (self->shared ? 2 * (uint64_t)self->group : 0));
}

uint64_t msm_walk_global_bytes(const msm_accumulator *self, size_t n_walkers, size_t coord_bytes)
{
    return self->scratch == MSM_SCRATCH_GLOBAL ? (uint64_t)coord_bytes * n_walkers * self->strands : 0;
}

void msm_walk_options(const msm_accumulator *self, char out[MSM_ACCUMULATOR_OPTIONS])
{
    snprintf(out, MSM_ACCUMULATOR_OPTIONS,
             "-DPT_WALK_STRANDS=%u -DPT_WALK_GROUP=%u -DPT_WALK_SCRATCH=%d -DPT_WALK_SHARED=%d", self->strands, self->group,
             (int)self->scratch, (int)self->shared);
}
