/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/msm_accumulator.h"

#include <stdio.h>
#include <string.h>

enum {
    WALKERS_MAX = 1 << 16, /* about as many work-items as an H200 holds, of 120 registers */
    STRAND_LEN = 32        /* entries at least, where there are few: a strand's end costs an addition in XYZZ */
};

static const char *const places[] = {
    [MSM_SCRATCH_PRIVATE] = "private", [MSM_SCRATCH_LOCAL] = "local", [MSM_SCRATCH_GLOBAL] = "global"};

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
    if (self->kind == MSM_BY_TASKS)
        snprintf(out, MSM_ACCUMULATOR_NAME, "tasks_g%u", self->group);
    else
        snprintf(out, MSM_ACCUMULATOR_NAME, "walk_g%u_s%u_%s_%s", self->group, self->strands, places[self->scratch],
                 self->shared ? "shared" : "alone");
}

/* What the name says; whether it is one is for the caller to ask. */
static msm_accumulator guess(const char *name)
{
    msm_accumulator made = {.kind = MSM_BY_TASKS};
    char place[8] = "", inversion[8] = "";
    if (sscanf(name, "walk_g%4u_s%4u_%7[a-z]_%7[a-z]", &made.group, &made.strands, place, inversion) == 4) {
        made.kind = MSM_BY_WALK;
        made.shared = strcmp(inversion, "shared") == 0;
        for (int i = MSM_SCRATCH_PRIVATE; i <= MSM_SCRATCH_GLOBAL; i++)
            if (strcmp(place, places[i]) == 0)
                made.scratch = (msm_scratch)i;
    } else if (sscanf(name, "tasks_g%4u", &made.group) != 1)
        made.group = 0;
    return made;
}

pt_status msm_accumulator_read(const char *name, msm_accumulator *out, pt_err *err)
{
    const msm_accumulator made = guess(name);
    msm_accumulator complete;
    char right[MSM_ACCUMULATOR_NAME] = "";
    if (msm_accumulator_complete(&made, &complete, &(pt_err){0}) == PT_OK)
        msm_accumulator_name(&complete, right);
    if (strcmp(name, right) != 0)
        return pt_fail(err, PT_E_ARG,
                       "no accumulator %.60s: there are tasks_gN and walk_gN_sN_private|local|global_alone|shared, as "
                       "walk_g64_s8_local_shared",
                       name);
    *out = complete;
    return PT_OK;
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
