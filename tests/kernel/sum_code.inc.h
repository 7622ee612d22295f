/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/sum_code.inc.h - the kernels as C: template of sum_code_g1.c and sum_code_g2.c.
 *
 * needs   PT_GROUP: 1 or 2; SUM_CODE: the name of the function that it gives
 * takes   SUM_WALK_SCRATCH, SUM_WALK_SHARED: PT_WALK_... of kernels/msm_walk.cl, for both groups; without them each group has its own */
#include "tests/kernel/cl_words.h"
#include "tests/kernel/cl_fibers.h"

#undef __kernel
#define __kernel static /* both groups' are in one program */

#include "kernels/msm_accumulate.cl"
#include "kernels/msm_bits.cl"
#include "kernels/msm_combine.cl"
#include "kernels/msm_halve.cl"
#include "kernels/msm_multiples.cl"

#include "tests/kernel/sum_code.h"

#define PT_WALK_STRANDS SUM_WALK_STRANDS
#define PT_WALK_GROUP SUM_WALK_GROUP
#ifdef SUM_WALK_SCRATCH
#define PT_WALK_SCRATCH SUM_WALK_SCRATCH
#define PT_WALK_SHARED SUM_WALK_SHARED
#else
#define PT_WALK_SCRATCH (PT_GROUP == 1 ? MSM_WALK_LOCAL : MSM_WALK_GLOBAL)
#define PT_WALK_SHARED (PT_GROUP == 1)
#endif
#include "kernels/msm_walk.cl"

typedef struct {
    sum_kernel kernel;
    const sum_memory *memory;
    const void *args;
} sum_call;

static void run_one(const void *ctx)
{
    const sum_call *call = ctx;
    const sum_memory *m = call->memory;
    void *const *p = m->points;
    switch (call->kernel) {
    case SUM_ACCUMULATE:
        msm_accumulate(p[0], p[1], p[2], p[3], m->entries, m->tasks, m->totals, m->sums,
                       *(const msm_accumulate_args *)call->args);
        break;
    case SUM_WALK:
        msm_walk(p[0], p[1], p[2], p[3], m->entries, m->ranges, m->cuts, m->totals, m->sums, m->products, m->local,
                 *(const msm_walk_args *)call->args);
        break;
    case SUM_COMBINE:
        msm_combine(m->cuts, m->totals, m->sums, *(const msm_combine_args *)call->args);
        break;
    case SUM_HALVE:
        msm_halve(m->sums, m->kept, *(const msm_halve_args *)call->args);
        break;
    case SUM_BITS:
        msm_bits(m->sums, *(const msm_bits_args *)call->args);
        break;
    case SUM_MULTIPLES:
        msm_multiples(p[0], p[1], p[2], p[3], *(const msm_multiples_args *)call->args);
        break;
    }
}

void SUM_CODE(sum_kernel kernel, const sum_memory *memory, const void *args, uint32_t n_groups, uint32_t group)
{
    const sum_call call = {kernel, memory, args};
    cl_run(run_one, &call, n_groups, group);
}
