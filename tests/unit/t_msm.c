/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/msm.h"

#include "node/msm/window.h"
#include "tests/unit/arith_tests.inc.h"

/* Enough for full batches of the tree, blocks of buckets and slices of both groups, and several parts of scalars. */
enum { N_POINTS = 9000, N_CREWS = 3 };

/* Point i is exponent[i] times the generator, so that a sum of any length has one scalar to be compared with. */
typedef struct {
    test_rng rng;
    fr exponent[N_POINTS]; /* Montgomery form */
    g1_affine g1[N_POINTS];
    g2_affine g2[N_POINTS];
    fr scalars[N_POINTS];
    crew *threads[N_CREWS]; /* 1, 2, 3 threads */
} fixture;

static fixture fix, *const f = &fix;

/* ---- two oracles ---- */

/* sum scalars[i] points[i] by double-and-add. */
#define DEFINE_PLAIN_SUM(GROUP)                                                                      \
    static GROUP##_xyzz GROUP##_plain_sum(const fr *scalars, const GROUP##_affine *points, size_t n) \
    {                                                                                                \
        GROUP##_xyzz sum, term;                                                                      \
        GROUP##_set_infinity(&sum);                                                                  \
        for (size_t i = 0; i < n; i++) {                                                             \
            GROUP##_from_affine(&term, &points[i]);                                                  \
            GROUP##_mul_var(&term, &term, scalars[i].limb, FR_LIMBS);                                \
            GROUP##_add(&sum, &sum, &term);                                                          \
        }                                                                                            \
        return sum;                                                                                  \
    }
DEFINE_PLAIN_SUM(g1)
DEFINE_PLAIN_SUM(g2)

/* The same by sum scalars[first + i] exponent[i]. */
static fr exponent_sum(size_t first, size_t n)
{
    fr sum = fr_zero, term;
    for (size_t i = 0; i < n; i++) {
        fr_to_mont(&term, &f->scalars[first + i]);
        fr_mul(&term, &term, &f->exponent[i]);
        fr_add(&sum, &sum, &term);
    }
    fr_to_canon(&sum, &sum);
    return sum;
}

static void assert_sums(const fr *exponent, const g1_xyzz *sum1, const g2_xyzz *sum2)
{
    g1_xyzz expected1 = g1_plain_sum(exponent, &g1_generator, 1);
    g2_xyzz expected2 = g2_plain_sum(exponent, &g2_generator, 1);
    assert_true(g1_eq(sum1, &expected1));
    assert_true(g2_eq(sum2, &expected2));
}

/* Queries of the first n points in both groups, on one crew. */
static void run_both(size_t t, unsigned width, size_t first, size_t n, g1_xyzz *sum1, g2_xyzz *sum2)
{
    const msm_query q1 = {(const uint8_t *)f->g1, first, n}, q2 = {(const uint8_t *)f->g2, first, n};
    pt_err err = {0};
    assert_int_equal(msm_run_width(f->threads[t], width, f->scalars, first + n, &q1, 1, sum1, &q2, 1, sum2, &err), PT_OK);
}

static void check_on_every_crew(size_t n)
{
    g1_xyzz sum1;
    g2_xyzz sum2;
    fr exponent = exponent_sum(0, n);
    for (size_t t = 0; t < N_CREWS; t++) {
        run_both(t, 0, 0, n, &sum1, &sum2);
        assert_sums(&exponent, &sum1, &sum2);
    }
}

/* ---- what the scalars and points are ---- */

static void points_restore(void)
{
    fr step = rng_fr(&f->rng), canon;
    f->exponent[0] = rng_fr(&f->rng);
    fr_to_canon(&canon, &f->exponent[0]);
    g1_xyzz p = g1_plain_sum(&canon, &g1_generator, 1);
    g2_xyzz q = g2_plain_sum(&canon, &g2_generator, 1);
    fr_to_canon(&canon, &step);
    g1_xyzz p_step = g1_plain_sum(&canon, &g1_generator, 1);
    g2_xyzz q_step = g2_plain_sum(&canon, &g2_generator, 1);
    static g1_xyzz all1[N_POINTS];
    static g2_xyzz all2[N_POINTS];
    static fq2 scratch[N_POINTS];
    for (size_t i = 0; i < N_POINTS; i++) {
        if (i > 0)
            fr_add(&f->exponent[i], &f->exponent[i - 1], &step);
        all1[i] = p;
        all2[i] = q;
        g1_add(&p, &p, &p_step);
        g2_add(&q, &q, &q_step);
    }
    g1_batch_to_affine(f->g1, all1, N_POINTS, &scratch[0].c0);
    g2_batch_to_affine(f->g2, all2, N_POINTS, scratch);
}

static void point_copy(size_t to, size_t from)
{
    f->exponent[to] = f->exponent[from];
    f->g1[to] = f->g1[from];
    f->g2[to] = f->g2[from];
}

static void point_negate(size_t i)
{
    fr_neg(&f->exponent[i], &f->exponent[i]);
    g1_affine_neg(&f->g1[i], &f->g1[i]);
    g2_affine_neg(&f->g2[i], &f->g2[i]);
}

static void point_clear(size_t i)
{
    f->exponent[i] = fr_zero;
    f->g1[i] = (g1_affine){fq_zero, fq_zero};
    f->g2[i] = (g2_affine){fq2_zero, fq2_zero};
}

static fr r_minus(uint64_t small)
{
    fr a = {{small}}, minus;
    fr_neg(&minus, &a);
    return minus;
}

/* A scalar as witnesses have them: 0, 1, -1, small of either sign, of any length, full. */
static fr mixed_scalar(void)
{
    fr full = rng_fr(&f->rng), small = {{full.limb[1] % 1000}};
    unsigned bits = (unsigned)(full.limb[2] % FR_BITS);
    switch (full.limb[0] % 8) {
    case 0:
        return fr_zero;
    case 1:
        return (fr){{1}};
    case 2:
        return r_minus(1);
    case 3:
        return small;
    case 4:
        return r_minus(small.limb[0] + 1);
    case 5:
    case 6:
        for (unsigned i = bits; i < 64 * FR_LIMBS; i++)
            full.limb[i / 64] &= ~(UINT64_C(1) << (i % 64));
        return full;
    default:
        return full;
    }
}

static void scalars_mix(void)
{
    for (size_t i = 0; i < N_POINTS; i++)
        f->scalars[i] = mixed_scalar();
}

static void scalars_set(fr value)
{
    for (size_t i = 0; i < N_POINTS; i++)
        f->scalars[i] = value;
}

/* ---- what is true ---- */

static void every_small_count_is_the_plain_sum(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_POINTS; i++)
        f->scalars[i] = rng_fr(&f->rng);
    for (size_t n = 0; n <= 40; n++) {
        g1_xyzz expected1 = g1_plain_sum(f->scalars, f->g1, n), sum1;
        g2_xyzz expected2 = g2_plain_sum(f->scalars, f->g2, n), sum2;
        for (size_t t = 0; t < N_CREWS; t++) {
            run_both(t, 0, 0, n, &sum1, &sum2);
            assert_true(g1_eq(&sum1, &expected1));
            assert_true(g2_eq(&sum2, &expected2));
        }
    }
}

static void counts_around_powers_of_two_are_summed(void **state)
{
    (void)state;
    scalars_mix();
    for (size_t power = 64; power <= 2048; power *= 2)
        for (size_t n = power - 1; n <= power + 1; n++)
            check_on_every_crew(n);
    check_on_every_crew(N_POINTS);
}

static void equal_scalars_are_summed(void **state)
{
    (void)state;
    const fr values[] = {fr_zero, {{1}}, {{2}}, {{12345}}, r_minus(1), r_minus(2), r_minus(40000), rng_fr(&f->rng)};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        scalars_set(values[i]);
        check_on_every_crew(5000);
    }
}

static void bits_are_summed(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_POINTS; i++)
        f->scalars[i] = (fr){{rng_next(&f->rng) & 1}};
    check_on_every_crew(N_POINTS);
}

/* The digits at which carries, signs and the last window's room decide: 2^k - 1, 2^k, 2^k + 1 and their negatives. */
static void scalars_at_the_edges_of_digits_are_summed(void **state)
{
    (void)state;
    size_t n = 0;
    for (unsigned k = 0; k < FR_BITS - 1; k++)
        for (uint64_t plus = 0; plus < 3; plus++) {
            fr a = {{0}}, minus_one = r_minus(1), small = {{plus}};
            a.limb[k / 64] = UINT64_C(1) << (k % 64);
            fr_add(&a, &a, &minus_one);
            fr_add(&f->scalars[n++], &a, &small);
            fr_neg(&f->scalars[n], &f->scalars[n - 1]);
            n++;
        }
    fr half = fr_modulus; /* (r - 1) / 2 and its successor, which is its negative */
    for (int i = 0; i < FR_LIMBS; i++)
        half.limb[i] = half.limb[i] >> 1 | (i + 1 < FR_LIMBS ? half.limb[i + 1] << 63 : 0);
    f->scalars[n++] = half;
    fr_neg(&f->scalars[n++], &half);
    fr exponent = exponent_sum(0, n);
    for (unsigned width = WINDOW_WIDTH_MIN; width <= WINDOW_WIDTH_MAX; width++) {
        g1_xyzz sum1;
        g2_xyzz sum2;
        run_both(0, width, 0, n, &sum1, &sum2);
        assert_sums(&exponent, &sum1, &sum2);
    }
}

static void every_width_gives_the_same_sum(void **state)
{
    (void)state;
    scalars_mix();
    fr exponent = exponent_sum(0, 700);
    for (unsigned width = WINDOW_WIDTH_MIN; width <= WINDOW_WIDTH_MAX; width++) {
        g1_xyzz sum1;
        g2_xyzz sum2;
        run_both(width % N_CREWS, width, 0, 700, &sum1, &sum2);
        assert_sums(&exponent, &sum1, &sum2);
    }
}

static void repeated_points_are_summed(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_POINTS; i++)
        point_copy(i, i % 3);
    for (size_t i = 0; i < N_POINTS; i++)
        f->scalars[i] = (fr){{1 + rng_next(&f->rng) % 4}};
    check_on_every_crew(4100);
    scalars_mix();
    check_on_every_crew(700);
    for (size_t i = 0; i < N_POINTS; i++)
        point_copy(i, 0);
    check_on_every_crew(1500);
    scalars_set((fr){{1}});
    check_on_every_crew(4096);
    points_restore();
}

/* With equal scalars every bucket's sum is infinity on the way, and in the end. */
static void negated_pairs_cancel(void **state)
{
    (void)state;
    const fr values[] = {{{1}}, {{7}}, rng_fr(&f->rng)};
    for (size_t i = 0; i + 1 < N_POINTS; i += 2) {
        point_copy(i + 1, i);
        point_negate(i + 1);
    }
    for (size_t v = 0; v < 3; v++) {
        scalars_set(values[v]);
        check_on_every_crew(4096);
        check_on_every_crew(33);
    }
    scalars_mix();
    check_on_every_crew(1000);
    points_restore();
}

static void infinities_contribute_nothing(void **state)
{
    (void)state;
    scalars_mix();
    for (size_t i = 0; i < N_POINTS; i++)
        if (rng_next(&f->rng) % 3 != 0)
            point_clear(i);
    check_on_every_crew(1200);
    scalars_set((fr){{1}});
    check_on_every_crew(N_POINTS);
    for (size_t i = 0; i < N_POINTS; i++)
        point_clear(i);
    check_on_every_crew(100);
    points_restore();
}

/* Queries of different ranges share one run; points may lie at any address. */
static void queries_of_any_range_share_a_run(void **state)
{
    (void)state;
    enum { N_SCALARS = 500, N_QUERIES = 5 };
    static const size_t first[N_QUERIES] = {0, 3, 499, 500, 120}, n[N_QUERIES] = {500, 497, 1, 0, 7};
    static uint8_t odd1[1 + N_SCALARS * sizeof(g1_affine)], odd2[1 + N_SCALARS * sizeof(g2_affine)];
    scalars_mix();
    memcpy(odd1 + 1, f->g1, sizeof odd1 - 1);
    memcpy(odd2 + 1, f->g2, sizeof odd2 - 1);
    msm_query q1[N_QUERIES], q2[N_QUERIES];
    g1_xyzz sum1[N_QUERIES];
    g2_xyzz sum2[N_QUERIES];
    for (size_t i = 0; i < N_QUERIES; i++) {
        q1[i] = (msm_query){odd1 + 1, first[i], n[i]};
        q2[i] = (msm_query){odd2 + 1, first[i], n[i]};
    }
    for (size_t t = 0; t < N_CREWS; t++) {
        pt_err err = {0};
        assert_int_equal(msm_run(f->threads[t], f->scalars, N_SCALARS, q1, N_QUERIES, sum1, q2, N_QUERIES, sum2, &err),
                         PT_OK);
        for (size_t i = 0; i < N_QUERIES; i++) {
            fr exponent = exponent_sum(first[i], n[i]);
            assert_sums(&exponent, &sum1[i], &sum2[i]);
        }
    }
}

static void a_query_beyond_the_scalars_is_an_argument_error(void **state)
{
    (void)state;
    const msm_query beyond[] = {
        {(const uint8_t *)f->g1, 0, 11}, {(const uint8_t *)f->g1, 11, 0}, {(const uint8_t *)f->g1, 5, SIZE_MAX - 2}};
    for (size_t i = 0; i < 3; i++) {
        pt_err err = {0};
        g1_xyzz sum = {fq_zero, fq_zero, fq_zero, fq_one}, before = sum;
        assert_int_equal(msm_run(f->threads[0], f->scalars, 10, &beyond[i], 1, &sum, NULL, 0, NULL, &err), PT_E_ARG);
        assert_int_equal(err.code, PT_E_ARG);
        assert_memory_equal(&sum, &before, sizeof sum);
    }
}

static void no_query_is_no_work(void **state)
{
    (void)state;
    pt_err err = {0};
    assert_int_equal(msm_run(f->threads[1], f->scalars, 10, NULL, 0, NULL, NULL, 0, NULL, &err), PT_OK);
    assert_int_equal(msm_run(f->threads[1], NULL, 0, NULL, 0, NULL, NULL, 0, NULL, &err), PT_OK);
}

static int open_fixture(void **state)
{
    *state = f;
    f->rng = rng_start();
    points_restore();
    for (size_t t = 0; t < N_CREWS; t++)
        if (crew_create(t + 1, &f->threads[t], NULL) != PT_OK)
            return -1;
    return 0;
}

static int close_fixture(void **state)
{
    (void)state;
    for (size_t t = 0; t < N_CREWS; t++)
        crew_destroy(f->threads[t]);
    return 0;
}

int main(void)
{
    skip_unless_supported();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_small_count_is_the_plain_sum),
        cmocka_unit_test(counts_around_powers_of_two_are_summed),
        cmocka_unit_test(equal_scalars_are_summed),
        cmocka_unit_test(bits_are_summed),
        cmocka_unit_test(scalars_at_the_edges_of_digits_are_summed),
        cmocka_unit_test(every_width_gives_the_same_sum),
        cmocka_unit_test(repeated_points_are_summed),
        cmocka_unit_test(negated_pairs_cancel),
        cmocka_unit_test(infinities_contribute_nothing),
        cmocka_unit_test(queries_of_any_range_share_a_run),
        cmocka_unit_test(a_query_beyond_the_scalars_is_an_argument_error),
        cmocka_unit_test(no_query_is_no_work),
    };
    return cmocka_run_group_tests_name("msm", tests, open_fixture, close_fixture);
}
