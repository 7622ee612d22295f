/* SPDX-License-Identifier: Apache-2.0 */
/* node/setup/lagrange.h - Lagrange polynomials of a domain of roots of unity, at one point. Per curve. */
#ifndef PT_LAGRANGE_H
#define PT_LAGRANGE_H

#include "node/arith/fr.h"
#include "node/pipeline/crew.h"

#define lagrange_of_domain PT_NAME(lagrange_of_domain)
#define lagrange_of_odd_coset PT_NAME(lagrange_of_odd_coset)
#define lagrange_values PT_NAME(lagrange_values)

/** The values scale x_i / (tau - x_i) at x_i = shift root^i. */
typedef struct {
    fr tau, shift, root, root_inv, scale;
} lagrange_line;

/** L_i(tau), i < n = 2^log_n, of the polynomials of degree < n with L_i(w^j) = [i = j], w of order n:
 *  L_i(tau) = (tau^n - 1) / n * w^i / (tau - w^i) (eq. 32).
 *  shape   tau: tau^n != 1; root of order 2^log_n: squares of snarkjs's generator */
void lagrange_of_domain(unsigned log_n, const fr *tau, lagrange_line *out);

/** factor * L_(2i+1)(tau), i < n, of the domain of size 2n: what a snarkjs key's H points hold, factor being 1 / delta.
 *  shape   tau^(2n) != 1; log_n + 1 <= FR_TWO_ADICITY */
void lagrange_of_odd_coset(unsigned log_n, const fr *tau, const fr *factor, lagrange_line *out);

/** out[i] = value first + i, for i < n. */
void lagrange_values(const lagrange_line *line, crew *threads, size_t first, size_t n, fr *out);

#endif
