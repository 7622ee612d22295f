/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/ntt_check.h"

#include "node/setup/lagrange.h"
#include "node/setup/splitmix.h"

enum { N_CHECKS = 3 };

/* sum of v[i] x^i by Horner. */
static fr value_at(const fr *v, size_t n, const fr *x)
{
    fr sum = fr_zero;
    for (size_t i = n; i-- > 0;) {
        fr_mul(&sum, &sum, x);
        fr_add(&sum, &sum, &v[i]);
    }
    return sum;
}

/* x = root^i, root of order 2^log_n. */
static fr root_power(unsigned log_n, uint64_t i)
{
    fr x = FR_ROOT;
    for (unsigned k = log_n; k < FR_TWO_ADICITY; k++)
        fr_sqr(&x, &x);
    fr_pow(&x, &x, &i, 1);
    return x;
}

pt_status ntt_check_forward(unsigned log_n, const fr *input, const fr *output, bool bit_reversed, uint64_t *state,
                            pt_err *err)
{
    const size_t n = (size_t)1 << log_n;
    for (int check = 0; check < N_CHECKS; check++) {
        const uint64_t i = check == 0 ? 0 : splitmix_next(state) % n;
        const fr x = root_power(log_n, i), expected = value_at(input, n, &x);
        if (!fr_eq(&expected, &output[bit_reversed ? ntt_bits_reversed(i, log_n) : i]))
            return pt_fail(err, PT_E_INTERNAL, "benchmark: ntt_forward of 2^%u: value %llu differs from the definition",
                           log_n, (unsigned long long)i);
    }
    return PT_OK;
}

static fr dot(const fr *a, const fr *b, size_t n)
{
    fr sum = fr_zero, term;
    for (size_t i = 0; i < n; i++) {
        fr_mul(&term, &a[i], &b[i]);
        fr_add(&sum, &sum, &term);
    }
    return sum;
}

/* h(x) = a(x) b(x) - c(x) at a few points of the odd coset. */
pt_status ntt_check_quotient(unsigned log_n, crew *threads, fr *const input[3], const fr *output, fr *basis,
                             uint64_t *state, pt_err *err)
{
    const size_t n = (size_t)1 << log_n;
    for (int check = 0; check < N_CHECKS; check++) {
        const uint64_t i = check == 0 ? 0 : splitmix_next(state) % n;
        const fr x = root_power(log_n + 1, 2 * i + 1);
        lagrange_line line;
        lagrange_of_domain(log_n, &x, &line);
        lagrange_values(&line, threads, 0, n, basis);
        const fr a = dot(input[0], basis, n), b = dot(input[1], basis, n), c = dot(input[2], basis, n);
        fr expected;
        fr_mul(&expected, &a, &b);
        fr_sub(&expected, &expected, &c);
        fr_to_canon(&expected, &expected);
        if (!fr_eq(&expected, &output[i]))
            return pt_fail(err, PT_E_INTERNAL, "benchmark: quotient of 2^%u: value %llu differs from a b - c", log_n,
                           (unsigned long long)i);
    }
    return PT_OK;
}
