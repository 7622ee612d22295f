/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/quantile.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

void quantile_sort(double *samples, size_t n)
{
    if (n > 0)
        qsort(samples, n, sizeof *samples, compare);
}

double quantile_of(const double *sorted, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t below = (size_t)at;
    if (below + 1 >= n)
        return sorted[n - 1];
    return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}
