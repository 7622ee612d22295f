/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/msm.h"

#include <sodium.h>
#include <stdlib.h>

/* A window of the scalars: width bits from `low`, as a signed digit in [-2^(width-1), 2^(width-1)); the last window has at
 * most width - 1 bits and a carry, so it needs no sign. */
typedef struct {
    const fr *biased; /* s + sum of 2^(width-1) 2^(width w) over all windows but the last: one addition does every carry */
    unsigned low, width;
    int32_t bias; /* 2^(width-1), or 0 in the last window */
} window_view;

static int32_t window_digit(const window_view *view, size_t index)
{
    const uint64_t *limb = view->biased[index].limb;
    unsigned word = view->low / 64, shift = view->low % 64;
    uint64_t bits = limb[word] >> shift;
    if (shift + view->width > 64 && word + 1 < FR_LIMBS)
        bits |= limb[word + 1] << (64 - shift);
    return (int32_t)(bits & ((UINT64_C(1) << view->width) - 1)) - view->bias;
}

#define GROUP g1
#include "node/msm/window_sum.inc.h"
#define GROUP g2
#include "node/msm/window_sum.inc.h"

typedef struct {
    fr *biased;
    unsigned width, n_windows;
    const msm_query *g1, *g2;
    size_t n_g2; /* items 0 .. n_g2 n_windows - 1 are of G2: the longest first */
    g1_xyzz *g1_sums; /* [query][window] */
    g2_xyzz *g2_sums;
    g2_xyzz *buckets; /* [thread][2^(width-1)]: large enough for G1's too */
} window_run;

static void window_task(void *ctx, size_t item, size_t thread)
{
    const window_run *run = ctx;
    size_t query = item / run->n_windows, window = item % run->n_windows;
    int32_t bias = window + 1 == run->n_windows ? 0 : 1 << (run->width - 1);
    window_view view = {run->biased, (unsigned)window * run->width, run->width, bias};
    g2_xyzz *buckets = run->buckets + (thread << (run->width - 1));
    if (query < run->n_g2)
        g2_window_sum(&view, &run->g2[query], buckets, &run->g2_sums[item]);
    else
        g1_window_sum(&view, &run->g1[query - run->n_g2], (g1_xyzz *)(void *)buckets,
                      &run->g1_sums[item - run->n_g2 * run->n_windows]);
}

static void scalars_bias(const fr *scalars, size_t n, unsigned width, unsigned n_windows, fr *biased)
{
    fr bias = {{0}};
    for (unsigned w = 0; w + 1 < n_windows; w++) {
        unsigned bit = w * width + width - 1;
        bias.limb[bit / 64] |= UINT64_C(1) << (bit % 64);
    }
    for (size_t i = 0; i < n; i++) {
        pt_u128 sum = 0;
        for (int j = 0; j < FR_LIMBS; j++) {
            sum += (pt_u128)scalars[i].limb[j] + bias.limb[j];
            biased[i].limb[j] = (uint64_t)sum;
            sum >>= 64;
        }
    }
}

static unsigned window_width(size_t n)
{
    unsigned width = 3;
    while (width < 14 && n >> (width + 2) != 0)
        width++;
    return width;
}

static pt_status check_queries(const msm_query *queries, size_t n_queries, size_t n_scalars, pt_err *err)
{
    for (size_t i = 0; i < n_queries; i++)
        if (queries[i].first > n_scalars || queries[i].n > n_scalars - queries[i].first)
            return pt_fail(err, PT_E_ARG, "MSM query %zu: points for scalars %zu to %zu, but there are %zu", i,
                           queries[i].first, queries[i].first + queries[i].n, n_scalars);
    return PT_OK;
}

pt_status msm_run(crew *threads, const fr *scalars, size_t n_scalars, const msm_query *g1, size_t n_g1, g1_xyzz *out_g1,
                  const msm_query *g2, size_t n_g2, g2_xyzz *out_g2, pt_err *err)
{
    if (check_queries(g1, n_g1, n_scalars, err) != PT_OK || check_queries(g2, n_g2, n_scalars, err) != PT_OK)
        return PT_E_ARG;
    unsigned width = window_width(n_scalars), n_windows = FR_BITS / width + 1;
    size_t n_buckets = crew_size(threads) << (width - 1);
    window_run run = {.biased = malloc((n_scalars + 1) * sizeof *run.biased),
                      .width = width,
                      .n_windows = n_windows,
                      .g1 = g1,
                      .g2 = g2,
                      .n_g2 = n_g2,
                      .g1_sums = malloc((n_g1 * n_windows + 1) * sizeof *run.g1_sums),
                      .g2_sums = malloc((n_g2 * n_windows + 1) * sizeof *run.g2_sums),
                      .buckets = malloc(n_buckets * sizeof *run.buckets)};
    pt_status status = PT_OK;
    if (run.biased == NULL || run.g1_sums == NULL || run.g2_sums == NULL || run.buckets == NULL) {
        status = pt_fail(err, PT_E_NOMEM, "no memory for an MSM of %zu scalars", n_scalars);
        goto err_free;
    }
    scalars_bias(scalars, n_scalars, width, n_windows, run.biased);
    crew_run(threads, (n_g1 + n_g2) * n_windows, window_task, &run);
    for (size_t i = 0; i < n_g1; i++)
        g1_windows_join(run.g1_sums + i * n_windows, n_windows, width, &out_g1[i]);
    for (size_t i = 0; i < n_g2; i++)
        g2_windows_join(run.g2_sums + i * n_windows, n_windows, width, &out_g2[i]);
    sodium_memzero(run.biased, n_scalars * sizeof *run.biased);
    sodium_memzero(run.buckets, n_buckets * sizeof *run.buckets);
err_free:
    free(run.biased);
    free(run.g1_sums);
    free(run.g2_sums);
    free(run.buckets);
    return status;
}
