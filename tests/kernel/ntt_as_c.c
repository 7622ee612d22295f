/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/kernel/cl_words.h"
#include "tests/kernel/cl_group.h"
#include "tests/kernel/ntt_as_c.h"

#define NTT_LOG_TILE NTT_AS_C_LOG_TILE
#define NTT_LOG_EACH NTT_AS_C_LOG_EACH
#include "kernels/ntt_pass.cl"
#include "kernels/ntt_quotient.cl"
#include "kernels/ntt_roots.cl"
#include "kernels/ntt_twiddles.cl"

enum { GROUP_WITHOUT_TILES = 4 };

typedef struct {
    void *v[3];
    const void *block, *joined, *roots;
    void *out;
    ntt_pass_args pass;
    ntt_twiddles_args twiddles;
    uint n;
} launch_args;

static uint4 local_tile[2 * TILE];

static void run_roots(const void *ctx)
{
    const launch_args *a = ctx;
    ntt_roots(a->out, a->n);
}

static void run_twiddles(const void *ctx)
{
    const launch_args *a = ctx;
    ntt_twiddles(a->roots, a->out, a->twiddles);
}

static void run_pass(const void *ctx)
{
    const launch_args *a = ctx;
    ntt_pass(a->v[0], a->v[1], a->v[2], a->block, a->joined, a->roots, a->pass, local_tile);
}

static void run_quotient(const void *ctx)
{
    const launch_args *a = ctx;
    ntt_quotient(a->v[0], a->v[1], a->v[2], a->roots, a->n);
}

void ntt_as_c_roots(void *roots, uint32_t log_n)
{
    const launch_args a = {.out = roots, .n = log_n};
    cl_run(run_roots, &a, 1, 1);
}

void ntt_as_c_twiddles(const void *roots, void *table, ntt_twiddles_args args)
{
    const launch_args a = {.roots = roots, .out = table, .twiddles = args};
    cl_run(run_twiddles, &a, args.n / GROUP_WITHOUT_TILES + 1, GROUP_WITHOUT_TILES);
}

void ntt_as_c_pass(void *const vectors[3], const void *block, const void *joined, const void *roots, ntt_pass_args args,
                   size_t n_groups)
{
    const launch_args a = {
        .v = {vectors[0], vectors[1], vectors[2]}, .block = block, .joined = joined, .roots = roots, .pass = args};
    cl_run(run_pass, &a, (uint)n_groups, GROUP);
}

void ntt_as_c_quotient(void *a, const void *b, const void *c, const void *roots, uint32_t n)
{
    const launch_args args = {.v = {a, (void *)(uintptr_t)b, (void *)(uintptr_t)c}, .roots = roots, .n = n};
    cl_run(run_quotient, &args, n / GROUP_WITHOUT_TILES + 1, GROUP_WITHOUT_TILES);
}
