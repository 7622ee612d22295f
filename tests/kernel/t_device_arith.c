/* SPDX-License-Identifier: Apache-2.0 */
/* Device arithmetic compiled as C: each operation against node/arith, at edges and anywhere, each value lazy in each way. */
#include "tests/unit/arith_tests.inc.h"

#include "gpu/selftest.h"
#include "tests/kernel/device_arith.h"

#define T_FIELD fr
#define T_CONST(x) FR_##x
#include "tests/kernel/field_agrees.inc.h"

#define T_FIELD fq
#define T_CONST(x) FQ_##x
#include "tests/kernel/field_agrees.inc.h"

#define T_GROUP g1
#define T_PARTS 1
#include "tests/kernel/group_agrees.inc.h"

#define T_GROUP g2
#define T_PARTS 2
#include "tests/kernel/group_agrees.inc.h"

#include "tests/kernel/arith_chains.inc.h"

/* By every factor, of values as lazy as they are between a transform's levels: below twice the limit. */
static void products_by_factors_agree(void **state)
{
    for (int round = 0; round < 20000; round++) {
        fr x = fr_pick(*state), by = fr_pick(*state), r, expected;
        fr_mul(&expected, &x, &by);
        for (uint64_t times = rng_next(*state) % (FR_LIMIT_IS_2P ? 4 : 2); times > 0; times--)
            x = fr_plus_modulus(x);
        device_fr_mul_factor(&r, &x, &by);
        fr_check(&r, &expected);
    }
}

/* Both sums of two products, c = 0 included: then mul_sub_mul hands 2p on. */
static void sums_of_products_agree(void **state)
{
    for (int round = 0; round < 4000; round++) {
        fq v[4], lazy[4], r, expected, product;
        const void *a[4];
        fq_fill(*state, 4, v, lazy, a);
        fq_mul(&expected, &v[0], &v[1]), fq_mul(&product, &v[2], &v[3]);
        device_fq_mul_sub_mul(&r, a), fq_sub(&v[0], &expected, &product);
        fq_check(&r, &v[0]);
        device_fq_mul_add_mul(&r, a), fq_add(&v[0], &expected, &product);
        fq_check(&r, &v[0]);
    }
}

static void fq2_fill(test_rng *rng, size_t n, fq2 *values, fq2 *lazy, const void **pointers)
{
    const void *unused[2];
    for (size_t i = 0; i < n; i++) {
        fq_fill(rng, 2, &values[i].c0, &lazy[i].c0, unused);
        pointers[i] = &lazy[i];
    }
}

static void fq2_check(const fq2 *answer, const fq2 *expected)
{
    fq_check(&answer->c0, &expected->c0);
    fq_check(&answer->c1, &expected->c1);
}

static void fq2_agrees(void **state)
{
    for (int round = 0; round < 2000; round++) {
        fq2 v[4], lazy[4], r, expected, product;
        const void *a[4];
        fq2_fill(*state, 4, v, lazy, a);
        device_fq2_mul(&r, a), fq2_mul(&expected, &v[0], &v[1]);
        fq2_check(&r, &expected);
        fq2_mul(&product, &v[2], &v[3]), fq2_sub(&expected, &expected, &product);
        device_fq2_mul_sub_mul(&r, a);
        fq2_check(&r, &expected);
        device_fq2_sqr(&r, a), fq2_sqr(&expected, &v[0]);
        fq2_check(&r, &expected);
        device_fq2_add(&r, a), fq2_add(&expected, &v[0], &v[1]);
        fq2_check(&r, &expected);
        device_fq2_sub(&r, a), fq2_sub(&expected, &v[0], &v[1]);
        fq2_check(&r, &expected);
        device_fq2_neg(&r, a), fq2_neg(&expected, &v[0]);
        fq2_check(&r, &expected);
        device_fq2_dbl(&r, a), fq2_dbl(&expected, &v[0]);
        fq2_check(&r, &expected);
    }
}

/* Every choice of 0 and 2p - 1 for the eight parts: where sums and differences of wide products are largest. */
static void fq2_extremes_agree(void **state)
{
    fq below_p = fq_modulus;
    below_p.limb[0]--;
    const fq below_2p = fq_plus_modulus(below_p);
    for (unsigned choice = 0; choice < 256; choice++) {
        fq2 v[4], lazy[4], r, expected, product;
        const void *a[4] = {&lazy[0], &lazy[1], &lazy[2], &lazy[3]};
        for (int i = 0; i < 8; i++) {
            (&v[0].c0)[i] = choice >> i & 1 ? below_p : fq_zero;
            (&lazy[0].c0)[i] = choice >> i & 1 ? below_2p : fq_zero;
        }
        device_fq2_mul(&r, a), fq2_mul(&expected, &v[0], &v[1]);
        fq2_check(&r, &expected);
        fq2_mul(&product, &v[2], &v[3]), fq2_sub(&expected, &expected, &product);
        device_fq2_mul_sub_mul(&r, a);
        fq2_check(&r, &expected);
    }
    (void)state;
}

static void fq2_inverse_agrees(void **state)
{
    for (int round = 0; round < 40; round++) {
        fq2 v, lazy, r, expected;
        const void *a[1];
        fq2_fill(*state, 1, &v, &lazy, a);
        device_fq2_inv(&r, a), fq2_inv(&expected, &v);
        fq2_check(&r, &expected);
    }
}

static void run_as_c(void *ctx, const char *of, const void *in, size_t in_bytes, void *out, size_t out_bytes)
{
    (void)ctx, (void)in_bytes, (void)out_bytes;
    if (of[0] == 'g')
        (of[1] == '1' ? device_g1 : device_g2).additions(in, out, &chain_args);
    else
        (of[1] == 'r' ? device_fr_products : device_fq_products)(in, out, &chain_args);
}

static void chains_end_as_the_host_s(void **state)
{
    chains_end_right(*state, run_as_c, NULL);
}

static void the_probe_multiplies_to_upper_halves(void **state)
{
    enum { N = 40 };
    uint32_t in[N], out[N + 1];
    for (size_t i = 0; i < N; i++)
        in[i] = (uint32_t)rng_next(*state);
    const uint32_t factor = (uint32_t)rng_next(*state);
    out[N] = 12345;
    device_probe(in, out, N, factor);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(out[i], (uint32_t)((uint64_t)in[i] * factor >> 32) + i);
    assert_int_equal(out[N], 12345);
}

/* And any wrong bit is seen. */
static void the_selftest_has_its_known_answer(void **state)
{
    static const device_group *const groups[] = {&device_g1, &device_g2};
    uint32_t *words = test_malloc(sizeof(uint32_t[SELFTEST_WORDS_MAX]));
    for (int group = 1; group <= 2; group++) {
        pt_err err = {0};
        size_t n = groups[group - 1]->selftest(words);
        assert_true(n <= SELFTEST_WORDS_MAX);
        if (gpu_selftest_judge("compiled as C", PT_TEXT(PT_CURVE), group, words, n, &err) != PT_OK)
            fail_msg("%s", err.msg);
        uint64_t bit = rng_next(*state) % (32 * n);
        words[bit / 32] ^= (uint32_t)1 << bit % 32;
        assert_int_equal(gpu_selftest_judge("a flipped bit", PT_TEXT(PT_CURVE), group, words, n, &err), PT_E_INTERNAL);
        assert_non_null(strstr(err.msg, "a flipped bit: self-test: it computes wrongly in G"));
    }
    test_free(words);
}

static void a_selftest_of_no_such_group_is_refused(void **state)
{
    pt_err err = {0};
    const uint32_t word = 0;
    assert_int_equal(gpu_selftest_judge("device", PT_TEXT(PT_CURVE), 3, &word, 1, &err), PT_E_ARG);
    err = (pt_err){0};
    assert_int_equal(gpu_selftest_judge("device", "bw6_761", 1, &word, 1, &err), PT_E_ARG);
    err = (pt_err){0};
    assert_int_equal(gpu_selftest_judge("device", PT_TEXT(PT_CURVE), 1, &word, 1, &err), PT_E_ARG);
    (void)state;
}

int main(void)
{
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(fr_agrees, &rng),
        cmocka_unit_test_prestate(fr_any_words_become_an_element, &rng),
        cmocka_unit_test_prestate(fr_inverse_agrees, &rng),
        cmocka_unit_test_prestate(products_by_factors_agree, &rng),
        cmocka_unit_test_prestate(fq_agrees, &rng),
        cmocka_unit_test_prestate(fq_any_words_become_an_element, &rng),
        cmocka_unit_test_prestate(fq_inverse_agrees, &rng),
        cmocka_unit_test_prestate(sums_of_products_agree, &rng),
        cmocka_unit_test_prestate(fq2_agrees, &rng),
        cmocka_unit_test(fq2_extremes_agree),
        cmocka_unit_test_prestate(fq2_inverse_agrees, &rng),
        cmocka_unit_test_prestate(g1_agrees, &rng),
        cmocka_unit_test_prestate(g1_long_sums_agree, &rng),
        cmocka_unit_test_prestate(g2_agrees, &rng),
        cmocka_unit_test_prestate(g2_long_sums_agree, &rng),
        cmocka_unit_test_prestate(chains_end_as_the_host_s, &rng),
        cmocka_unit_test_prestate(the_probe_multiplies_to_upper_halves, &rng),
        cmocka_unit_test_prestate(the_selftest_has_its_known_answer, &rng),
        cmocka_unit_test(a_selftest_of_no_such_group_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
