/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/quantile.h - what many measured figures say together. */
#ifndef PT_QUANTILE_H
#define PT_QUANTILE_H

#include <stddef.h>

/** Sort in place. shape: samples[n], none of them a NaN */
void quantile_sort(double *samples, size_t n);

/** The value below which a fraction q of the samples lies, interpolated between neighbours. shape: sorted[n], n >= 1, 0 <= q <= 1 */
double quantile_of(const double *sorted, size_t n, double q);

#endif
