/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/domain_tests.inc.h - what the tests of node/domain and of synthesis share; include arith_tests.inc.h first. */
#ifndef PT_DOMAIN_TESTS_H
#define PT_DOMAIN_TESTS_H

#include "node/domain/ntt.h"

/* Run a statement that uses `threads`, a crew of n. */
#define ON_CREW(n, statement)                                    \
    do {                                                         \
        crew *threads;                                           \
        assert_int_equal(crew_create(n, &threads, NULL), PT_OK); \
        statement;                                               \
        crew_destroy(threads);                                   \
    } while (0)

static inline fr *test_alloc(size_t n)
{
    fr *v = malloc(n * sizeof *v);
    assert_non_null(v);
    return v;
}

static inline fr *rng_vector(test_rng *rng, size_t n)
{
    fr *v = test_alloc(n);
    for (size_t i = 0; i < n; i++)
        v[i] = rng_fr(rng);
    return v;
}

static inline ntt_domain *domain_of(unsigned log_n, size_t n_threads)
{
    ntt_domain *d;
    ON_CREW(n_threads, assert_int_equal(ntt_domain_create(log_n, threads, &d, NULL), PT_OK));
    return d;
}

static inline fr root_of_order(unsigned log_order)
{
    fr root = FR_ROOT;
    for (unsigned k = FR_TWO_ADICITY; k > log_order; k--)
        fr_sqr(&root, &root);
    return root;
}

/* The polynomial of these coefficients at x, by Horner's rule. */
static inline fr evaluate(const fr *coefficients, size_t n, const fr *x)
{
    fr value = fr_zero;
    for (size_t j = n; j-- > 0;) {
        fr_mul(&value, &value, x);
        fr_add(&value, &value, &coefficients[j]);
    }
    return value;
}

static inline size_t bits_reversed(size_t x, unsigned n_bits)
{
    size_t r = 0;
    for (unsigned i = 0; i < n_bits; i++, x >>= 1)
        r = r << 1 | (x & 1);
    return r;
}

#endif
