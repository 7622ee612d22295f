/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/bucket_sum.h"

#include "tests/unit/arith_tests.inc.h"

/* More than a batch of the tree, so that buckets are cut by its end. Weighted sums are t_msm's. */
enum { N_POINTS = 3000 };

/* Point i is i + 1 times the generator. */
typedef struct {
    test_rng rng;
    g1_affine g1[N_POINTS];
    g2_affine g2[N_POINTS];
    uint32_t entries[N_POINTS], starts[(1 << SUBSET_WIDTH_MAX) + 1];
    void *scratch;
} fixture;

static fixture fix, *const f = &fix;

#define DEFINE_COUNT_UP(GROUP, FIELD)                                    \
    static void GROUP##_multiples(void)                                  \
    {                                                                    \
        static GROUP##_xyzz all[N_POINTS];                               \
        static FIELD scratch[N_POINTS];                                  \
        GROUP##_from_affine(&all[0], &GROUP##_generator);                \
        for (size_t i = 1; i < N_POINTS; i++)                            \
            GROUP##_add_mixed(&all[i], &all[i - 1], &GROUP##_generator); \
        GROUP##_batch_to_affine(f->GROUP, all, N_POINTS, scratch);       \
    }
DEFINE_COUNT_UP(g1, fq)
DEFINE_COUNT_UP(g2, fq2)

#define DEFINE_ASSERT_MULTIPLE(GROUP)                                     \
    static void GROUP##_assert_multiple(const GROUP##_xyzz *p, int64_t k) \
    {                                                                     \
        GROUP##_xyzz expected;                                            \
        const uint64_t magnitude = (uint64_t)(k < 0 ? -k : k);            \
        GROUP##_from_affine(&expected, &GROUP##_generator);               \
        GROUP##_mul_var(&expected, &expected, &magnitude, 1);             \
        if (k < 0)                                                        \
            GROUP##_neg(&expected, &expected);                            \
        assert_true(GROUP##_eq(p, &expected));                            \
    }
DEFINE_ASSERT_MULTIPLE(g1)
DEFINE_ASSERT_MULTIPLE(g2)

/* n entries of random points and signs in random buckets of [0, n_filled); multiple[j]: what is expected for bit j. */
static void random_list(size_t n, unsigned width, size_t n_filled, int64_t *multiple)
{
    uint32_t *starts = f->starts;
    memset(starts, 0, sizeof f->starts);
    memset(multiple, 0, width * sizeof *multiple);
    for (size_t i = 0; i < n; i++)
        starts[1 + rng_next(&f->rng) % n_filled]++;
    for (size_t b = 0; b < (size_t)1 << width; b++) {
        starts[b + 1] += starts[b];
        for (size_t e = starts[b]; e < starts[b + 1]; e++) {
            uint32_t index = (uint32_t)(rng_next(&f->rng) % N_POINTS), sign = rng_next(&f->rng) & 1;
            f->entries[e] = index | sign << ENTRY_SIGN;
            for (unsigned j = 0; j < width; j++)
                if (b >> j & 1)
                    multiple[j] += sign ? -(int64_t)(index + 1) : (int64_t)(index + 1);
        }
    }
}

static void check_list(size_t n, unsigned width, size_t n_filled)
{
    int64_t multiple[SUBSET_WIDTH_MAX];
    g1_xyzz sums1[SUBSET_WIDTH_MAX];
    g2_xyzz sums2[SUBSET_WIDTH_MAX];
    random_list(n, width, n_filled, multiple);
    const bucket_list list = {f->entries, f->starts, (size_t)1 << width};
    const msm_query q1 = {(const uint8_t *)f->g1, 0, N_POINTS}, q2 = {(const uint8_t *)f->g2, 0, N_POINTS};
    g1_bucket_subset_sums(&list, width, &q1, f->scratch, sums1);
    g2_bucket_subset_sums(&list, width, &q2, f->scratch, sums2);
    for (unsigned j = 0; j < width; j++) {
        g1_assert_multiple(&sums1[j], multiple[j]);
        g2_assert_multiple(&sums2[j], multiple[j]);
    }
}

static void subset_sums_are_those_of_the_buckets_bits(void **state)
{
    (void)state;
    for (unsigned width = 1; width <= SUBSET_WIDTH_MAX; width++) {
        check_list(N_POINTS, width, (size_t)1 << width);
        check_list(100, width, (size_t)1 << width);
    }
}

static void empty_and_single_buckets_are_no_exception(void **state)
{
    (void)state;
    for (unsigned width = 1; width <= SUBSET_WIDTH_MAX; width += 3) {
        check_list(0, width, 1);
        check_list(1, width, (size_t)1 << width);
        check_list(N_POINTS, width, 1); /* all in bucket 0, which is in no sum */
        check_list(N_POINTS, width, 2);
    }
}

int main(void)
{
    skip_unless_supported();
    f->rng = rng_start();
    f->scratch = aligned_alloc(64, bucket_scratch_bytes());
    g1_multiples();
    g2_multiples();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subset_sums_are_those_of_the_buckets_bits),
        cmocka_unit_test(empty_and_single_buckets_are_no_exception),
    };
    int failed = cmocka_run_group_tests_name("bucket_sum", tests, NULL, NULL);
    free(f->scratch);
    return failed;
}
