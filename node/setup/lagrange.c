/* SPDX-License-Identifier: Apache-2.0 */
#include "node/setup/lagrange.h"

#include <sodium.h>

enum { VALUES_A_TASK = 4096 }; /* one inversion (about 380 products) for so many values */

/* A root of unity of order 2^log_n, and its inverse. */
static void root_of_order(unsigned log_n, fr *root, fr *inverse)
{
    static const fr generator = FR_ROOT, generator_inv = FR_ROOT_INV;
    *root = generator;
    *inverse = generator_inv;
    for (unsigned i = log_n; i < FR_TWO_ADICITY; i++) {
        fr_sqr(root, root);
        fr_sqr(inverse, inverse);
    }
}

/* (tau^n - 1) / n */
static void vanishing_over_n(unsigned log_n, const fr *tau, fr *out)
{
    static const fr half = FR_HALF;
    fr power = *tau, n_inv = fr_one;
    for (unsigned i = 0; i < log_n; i++) {
        fr_sqr(&power, &power);
        fr_mul(&n_inv, &n_inv, &half);
    }
    fr_sub(&power, &power, &fr_one);
    fr_mul(out, &power, &n_inv);
    sodium_memzero(&power, sizeof power);
}

void lagrange_of_domain(unsigned log_n, const fr *tau, lagrange_line *out)
{
    out->tau = *tau;
    out->shift = fr_one;
    root_of_order(log_n, &out->root, &out->root_inv);
    vanishing_over_n(log_n, tau, &out->scale);
}

void lagrange_of_odd_coset(unsigned log_n, const fr *tau, const fr *factor, lagrange_line *out)
{
    fr shift_inv;
    out->tau = *tau;
    root_of_order(log_n + 1, &out->shift, &shift_inv);
    root_of_order(log_n, &out->root, &out->root_inv);
    vanishing_over_n(log_n + 1, tau, &out->scale);
    fr_mul(&out->scale, &out->scale, factor);
}

typedef struct {
    const lagrange_line *line;
    size_t first, n;
    fr *out;
} lagrange_run;

/* One task's values by a shared inversion; out[i] holds the product of the denominators before i in between. */
static void task_values(void *ctx, size_t item, size_t thread)
{
    const lagrange_run *run = ctx;
    const lagrange_line *line = run->line;
    size_t begin = item * VALUES_A_TASK;
    size_t end = run->n - begin < VALUES_A_TASK ? run->n : begin + VALUES_A_TASK;
    const uint64_t exponent = run->first + begin;
    fr x, acc = fr_one, denominator, numerator;
    (void)thread;
    fr_pow(&x, &line->root, &exponent, 1);
    fr_mul(&x, &x, &line->shift);
    for (size_t i = begin; i < end; i++) {
        run->out[i] = acc;
        fr_sub(&denominator, &line->tau, &x);
        fr_mul(&acc, &acc, &denominator);
        fr_mul(&x, &x, &line->root);
    }
    fr_inv(&acc, &acc);
    fr_mul(&acc, &acc, &line->scale);
    for (size_t i = end; i-- > begin;) {
        fr_mul(&x, &x, &line->root_inv);
        fr_sub(&denominator, &line->tau, &x);
        fr_mul(&numerator, &x, &acc);
        fr_mul(&run->out[i], &run->out[i], &numerator);
        fr_mul(&acc, &acc, &denominator);
    }
    sodium_memzero(&denominator, sizeof denominator); /* it and x give tau */
}

void lagrange_values(const lagrange_line *line, crew *threads, size_t first, size_t n, fr *out)
{
    lagrange_run run = {line, first, n, out};
    crew_run(threads, (n + VALUES_A_TASK - 1) / VALUES_A_TASK, task_values, &run);
}
