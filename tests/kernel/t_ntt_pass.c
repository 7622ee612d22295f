/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of a transform, compiled as C, against the host's transforms: no device is needed, and a sanitizer sees them. */
#include "gpu/gpu_ntt_plan.h"
#include "node/domain/quotient.h"

#include "tests/unit/arith_tests.inc.h"
#include "tests/unit/domain_tests.inc.h"
#include "tests/kernel/ntt_as_c.h"

typedef struct {
    gpu_ntt_plan plan;
    fr *roots, *block, *forward, *odd, *plain; /* tables of factors: two values each */
} as_c;

static fr *aligned(size_t n)
{
    fr *v = aligned_alloc(64, (n * sizeof *v + 63) / 64 * 64);
    assert_non_null(v);
    return v;
}

static as_c as_c_make(unsigned log_n)
{
    as_c self;
    pt_err err = {0};
    const uint32_t n = (uint32_t)1 << log_n;
    const gpu_ntt_shape shape = {NTT_AS_C_LOG_TILE, NTT_AS_C_LOG_EACH};
    assert_int_equal(gpu_ntt_plan_init(log_n, shape, UINT64_MAX, SIZE_MAX, &self.plan, &err), PT_OK);
    self.roots = aligned(NTT_N_ROOTS);
    self.block = aligned(n);
    self.forward = aligned(n);
    self.odd = aligned(2 * (size_t)n);
    self.plain = aligned(2 * (size_t)n);
    ntt_as_c_roots(self.roots, log_n);
    ntt_as_c_twiddles(self.roots, self.block, (ntt_twiddles_args){n / 2, NTT_TABLE_BLOCK});
    ntt_as_c_twiddles(self.roots, self.forward, (ntt_twiddles_args){n / 2, NTT_TABLE_FORWARD});
    ntt_as_c_twiddles(self.roots, self.odd, (ntt_twiddles_args){n, NTT_TABLE_ODD});
    ntt_as_c_twiddles(self.roots, self.plain, (ntt_twiddles_args){n, NTT_TABLE_PLAIN});
    return self;
}

static void as_c_clear(as_c *self)
{
    free(self->roots);
    free(self->block);
    free(self->forward);
    free(self->odd);
    free(self->plain);
}

static void pass(const as_c *self, const fr *block, unsigned i, uint32_t steps, fr *const *v, size_t n_vectors)
{
    const gpu_ntt_pass *p = &self->plan.pass[i];
    const ntt_pass_args args = {p->log_stride, p->log_columns, p->log_rows, steps, (uint32_t)n_vectors};
    void *const vectors[3] = {v[0], v[n_vectors > 1 ? 1 : 0], v[n_vectors - 1]};
    ntt_as_c_pass(vectors, block, steps & NTT_PLAIN ? self->plain : self->odd, self->roots, args,
                  self->plan.n_groups * n_vectors);
}

static void split(const as_c *self, const fr *block, uint32_t last, fr *const *v, size_t n_vectors)
{
    for (unsigned i = self->plan.n_passes; i-- > 0;)
        pass(self, block, i, NTT_SPLIT | (i == 0 ? last : 0), v, n_vectors);
}

static void join(const as_c *self, unsigned first, uint32_t steps, uint32_t last, fr *const *v, size_t n_vectors)
{
    for (unsigned i = first; i < self->plan.n_passes; i++)
        pass(self, self->block, i, NTT_JOIN | steps | (i + 1 == self->plan.n_passes ? last : 0), v, n_vectors);
}

static fr *rng_aligned(test_rng *rng, size_t n)
{
    fr *v = aligned(n);
    for (size_t i = 0; i < n; i++)
        v[i] = rng_fr(rng);
    return v;
}

static fr *copy_of(const fr *v, size_t n)
{
    fr *copy = aligned(n);
    memcpy(copy, v, n * sizeof *v);
    return copy;
}

/* 2^5: one pass; 2^6: the fewest levels of two; 2^10: two full ones; 2^11: three. */
static const unsigned sizes[] = {5, 6, 7, 8, 10, 11};

static void each_size(test_rng *rng, void (*check)(test_rng *, const as_c *, const ntt_domain *, size_t n))
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        as_c self = as_c_make(sizes[i]);
        ntt_domain *domain = domain_of(sizes[i], 1);
        check(rng, &self, domain, (size_t)1 << sizes[i]);
        ntt_domain_destroy(domain);
        as_c_clear(&self);
    }
}

static void check_scrambled(test_rng *rng, const as_c *self, const ntt_domain *domain, size_t n)
{
    fr *v = rng_aligned(rng, n), *expected = copy_of(v, n);
    split(self, self->block, NTT_REDUCE, &v, 1);
    ON_CREW(1, ntt_inverse_scrambled(domain, threads, expected));
    assert_memory_equal(v, expected, n * sizeof *v);
    free(v);
    free(expected);
}

static void splitting_is_the_hosts_inverse(void **state)
{
    each_size(*state, check_scrambled);
}

static void check_odd_coset(test_rng *rng, const as_c *self, const ntt_domain *domain, size_t n)
{
    fr *v = rng_aligned(rng, n), *expected = copy_of(v, n);
    join(self, 0, 0, NTT_REDUCE, &v, 1);
    ON_CREW(1, ntt_forward_odd_coset(domain, threads, expected));
    assert_memory_equal(v, expected, n * sizeof *v);
    free(v);
    free(expected);
}

static void joining_is_the_hosts_odd_coset(void **state)
{
    each_size(*state, check_odd_coset);
}

static void check_forward(test_rng *rng, const as_c *self, const ntt_domain *domain, size_t n)
{
    fr *v = rng_aligned(rng, n), *before = copy_of(v, n), *expected = copy_of(v, n);
    split(self, self->forward, NTT_REDUCE, &v, 1);
    ON_CREW(1, ntt_forward(domain, threads, expected));
    for (size_t i = 0; i < n; i++)
        assert_memory_equal(&v[bits_reversed(i, self->plan.log_n)], &expected[i], sizeof *v);
    join(self, 0, NTT_PLAIN, NTT_SCALE | NTT_REDUCE, &v, 1);
    assert_memory_equal(v, before, n * sizeof *v);
    free(v);
    free(before);
    free(expected);
}

static void forward_is_the_hosts_and_back_is_its_inverse(void **state)
{
    each_size(*state, check_forward);
}

static void check_quotient(test_rng *rng, const as_c *self, const ntt_domain *domain, size_t n)
{
    fr *v[3], *expected[3];
    for (int i = 0; i < 3; i++) {
        v[i] = rng_aligned(rng, n);
        expected[i] = copy_of(v[i], n);
    }
    split(self, self->block, NTT_JOIN, v, 3);
    join(self, 1, 0, 0, v, 3);
    ntt_as_c_quotient(v[0], v[1], v[2], self->roots, (uint32_t)n);
    ON_CREW(1, quotient_run(domain, threads, expected[0], expected[1], expected[2]));
    assert_memory_equal(v[0], expected[0], n * sizeof *v[0]);
    for (int i = 0; i < 3; i++) {
        free(v[i]);
        free(expected[i]);
    }
}

static void the_quotient_is_the_hosts(void **state)
{
    each_size(*state, check_quotient);
}

static fr plus_modulus(fr a)
{
    fr sum;
    uint64_t carry = 0;
    for (int i = 0; i < FR_LIMBS; i++) {
        const pt_u128 limb = (pt_u128)a.limb[i] + fr_modulus.limb[i] + carry;
        sum.limb[i] = (uint64_t)limb;
        carry = (uint64_t)(limb >> 64);
    }
    return sum;
}

/* a, b and c each below r or, where that is below 2^256, below 4r; c largest beside the smallest a b. */
static void check_lazy_quotient(test_rng *rng, const fr *roots, unsigned which)
{
    enum { N = 32 };
    fr *v[3], *lazy[3];
    for (int k = 0; k < 3; k++) {
        v[k] = rng_aligned(rng, N);
        v[k][0] = fr_modulus, v[k][0].limb[0]--;
        v[k][1] = k == 2 ? v[k][0] : fr_zero;
        lazy[k] = copy_of(v[k], N);
        for (size_t i = 0; i < N; i++)
            for (int times = FR_LIMIT_IS_2P && which >> k & 1 ? 3 : 0; times > 0; times--)
                lazy[k][i] = plus_modulus(lazy[k][i]);
    }
    ntt_as_c_quotient(v[0], v[1], v[2], roots, N);
    ntt_as_c_quotient(lazy[0], lazy[1], lazy[2], roots, N);
    assert_memory_equal(v[0], lazy[0], N * sizeof(fr));
    for (int k = 0; k < 3; k++) {
        free(v[k]);
        free(lazy[k]);
    }
}

/* By every number n that a domain may have. */
static void the_quotient_takes_values_as_transforms_leave_them(void **state)
{
    fr *roots = aligned(NTT_N_ROOTS);
    for (unsigned log_n = 1; log_n < NTT_ROOTS; log_n++) {
        ntt_as_c_roots(roots, log_n);
        for (unsigned which = 0; which < 8; which++)
            check_lazy_quotient(*state, roots, which);
    }
    free(roots);
}

/* r - 1 everywhere: sums are largest. */
static void the_largest_values_transform_right(void **state)
{
    const unsigned log_n = 8;
    const size_t n = (size_t)1 << log_n;
    as_c self = as_c_make(log_n);
    ntt_domain *domain = domain_of(log_n, 1);
    fr *v = aligned(n), *expected;
    for (size_t i = 0; i < n; i++)
        v[i] = fr_modulus, v[i].limb[0]--;
    expected = copy_of(v, n);
    split(&self, self.block, NTT_JOIN, &v, 1);
    join(&self, 1, 0, NTT_REDUCE, &v, 1);
    ON_CREW(1, ntt_inverse_scrambled(domain, threads, expected); ntt_forward_odd_coset(domain, threads, expected));
    assert_memory_equal(v, expected, n * sizeof *v);
    free(v);
    free(expected);
    ntt_domain_destroy(domain);
    as_c_clear(&self);
    (void)state;
}

int main(void)
{
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(splitting_is_the_hosts_inverse, &rng),
        cmocka_unit_test_prestate(joining_is_the_hosts_odd_coset, &rng),
        cmocka_unit_test_prestate(forward_is_the_hosts_and_back_is_its_inverse, &rng),
        cmocka_unit_test_prestate(the_quotient_is_the_hosts, &rng),
        cmocka_unit_test_prestate(the_quotient_takes_values_as_transforms_leave_them, &rng),
        cmocka_unit_test_prestate(the_largest_values_transform_right, &rng),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
