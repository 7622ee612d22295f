/* SPDX-License-Identifier: Apache-2.0 */
/* node/bench/ntt_check.h - transforms and quotients of benchmarks beside their definitions, at a few points. Per curve. */
#ifndef PT_NTT_CHECK_H
#define PT_NTT_CHECK_H

#include "node/arith/fr.h"
#include "node/curve.h"
#include "node/pipeline/crew.h"

#define ntt_check_forward PT_NAME(ntt_check_forward)
#define ntt_check_quotient PT_NAME(ntt_check_quotient)

/** The index of n_bits bits that stands at place i of a bit-reversed vector. */
static inline uint64_t ntt_bits_reversed(uint64_t i, unsigned n_bits)
{
    uint64_t reversed = 0;
    for (unsigned k = 0; k < n_bits; k++)
        reversed |= (i >> k & 1) << (n_bits - 1 - k);
    return reversed;
}

/** Is output the transform of input? By Horner's rule.
 *  shape   input[2^log_n]: coefficients; output: values in natural order, or bit-reversed; *state: where points are drawn from
 *  errors  PT_E_INTERNAL it is not: the first value that differs */
pt_status ntt_check_forward(unsigned log_n, const fr *input, const fr *output, bool bit_reversed, uint64_t *state,
                            pt_err *err);

/** Is output a b - c on the odd coset, canonical? By their Lagrange form.
 *  shape   input: a, b, c, 2^log_n values on the domain each; basis[2^log_n]: scratch
 *  errors  as ntt_check_forward */
pt_status ntt_check_quotient(unsigned log_n, crew *threads, fr *const input[3], const fr *output, fr *basis,
                             uint64_t *state, pt_err *err);

#endif
