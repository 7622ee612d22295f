/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/subgroup_batch.h"

#include "node/arith/subgroup.h"
#include "node/curve_entries.h"
#include "node/format/point_check.h"
#include "tests/unit/arith_tests.inc.h"

/* Trials: TRIALS, or what the command line asks for. A key's sections are cut so that each has a batch. */
enum { N_MEMBERS = SUBGROUP_BATCH_MAX, N_STRANGERS_MAX = 32, N_SMALL = 200, SECTION = 300, TRIALS = 20 };

/* Members of the subgroup, and strangers: points of the curve of every small order of the cofactor, of large order, and
 * sums of these with members. BN254's G1 has no strangers. */
#define DEFINE_POINTS(GROUP, FIELD)                                                                \
    static GROUP##_affine GROUP##_members[N_MEMBERS], GROUP##_strangers[N_STRANGERS_MAX];          \
    static size_t GROUP##_n_strangers;                                                             \
    static void GROUP##_points(const json_t *root)                                                 \
    {                                                                                              \
        static GROUP##_xyzz all[N_MEMBERS];                                                        \
        static FIELD scratch[N_MEMBERS];                                                           \
        const json_t *entry;                                                                       \
        size_t i;                                                                                  \
        GROUP##_from_affine(&all[0], &GROUP##_generator);                                          \
        for (i = 1; i < N_MEMBERS; i++)                                                            \
            GROUP##_add_mixed(&all[i], &all[i - 1], &GROUP##_generator);                           \
        GROUP##_batch_to_affine(GROUP##_members, all, N_MEMBERS, scratch);                         \
        json_array_foreach(golden_get(golden_get(root, #GROUP), "subgroup"), i, entry)             \
        {                                                                                          \
            assert_true(GROUP##_n_strangers < N_STRANGERS_MAX);                                    \
            if (!json_is_true(golden_get(entry, "member")))                                        \
                GROUP##_strangers[GROUP##_n_strangers++] = golden_##GROUP(golden_get(entry, "p")); \
        }                                                                                          \
    }
DEFINE_POINTS(g1, fq)
DEFINE_POINTS(g2, fq2)

typedef struct {
    test_rng rng;
    void *scratch;
    size_t n_trials;
} fixture;

static fixture fix, *const f = &fix;

static subset_seed fresh_seed(void)
{
    subset_seed seed = {.batch = rng_next(&f->rng)};
    for (size_t i = 0; i < sizeof seed.key; i++)
        seed.key[i] = (uint8_t)rng_next(&f->rng);
    return seed;
}

/* The first stranger of n points; whoever it is, it is put back. */
#define DEFINE_GROUP_TESTS(GROUP)                                                                         \
    static size_t GROUP##_find(size_t n)                                                                  \
    {                                                                                                     \
        const subset_seed seed = fresh_seed();                                                            \
        return GROUP##_batch_outside((const uint8_t *)GROUP##_members, n, &seed, f->scratch);             \
    }                                                                                                     \
                                                                                                          \
    static void GROUP##_expect(size_t place, const GROUP##_affine *stranger, size_t n)                    \
    {                                                                                                     \
        GROUP##_affine member = GROUP##_members[place];                                                   \
        GROUP##_members[place] = *stranger;                                                               \
        assert_int_equal(GROUP##_find(n), place);                                                         \
        GROUP##_members[place] = member;                                                                  \
    }                                                                                                     \
                                                                                                          \
    static void GROUP##_members_pass(void **state)                                                        \
    {                                                                                                     \
        static const size_t sizes[] = {0, 1, 160, 161, 1000};                                             \
        (void)state;                                                                                      \
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)                                         \
            assert_int_equal(GROUP##_find(sizes[i]), sizes[i]);                                           \
    }                                                                                                     \
                                                                                                          \
    static void GROUP##_infinite_equal_and_opposite_members_pass(void **state)                            \
    {                                                                                                     \
        static GROUP##_affine kept[N_SMALL];                                                              \
        (void)state;                                                                                      \
        memcpy(kept, GROUP##_members, sizeof kept);                                                       \
        memset(GROUP##_members, 0, 40 * sizeof kept[0]);                                                  \
        for (size_t i = 40; i < N_SMALL; i++)                                                             \
            GROUP##_members[i] = kept[i % 2];                                                             \
        for (size_t i = 40; i < N_SMALL; i += 3)                                                          \
            GROUP##_affine_neg(&GROUP##_members[i], &GROUP##_members[i]);                                 \
        assert_int_equal(GROUP##_find(N_SMALL), N_SMALL);                                                 \
        memset(GROUP##_members, 0, sizeof kept);                                                          \
        assert_int_equal(GROUP##_find(N_SMALL), N_SMALL);                                                 \
        memcpy(GROUP##_members, kept, sizeof kept);                                                       \
    }                                                                                                     \
                                                                                                          \
    static void GROUP##_every_stranger_is_named_at_every_kind_of_place(void **state)                      \
    {                                                                                                     \
        static const size_t places[] = {0, N_SMALL / 2 - 1, N_SMALL / 2, N_SMALL - 1};                    \
        (void)state;                                                                                      \
        for (size_t s = 0; s < GROUP##_n_strangers; s++)                                                  \
            for (size_t i = 0; i < sizeof places / sizeof *places; i++)                                   \
                GROUP##_expect(places[i], &GROUP##_strangers[s], N_SMALL);                                \
    }                                                                                                     \
                                                                                                          \
    static void GROUP##_a_full_batch_finds_its_last_point(void **state)                                   \
    {                                                                                                     \
        (void)state;                                                                                      \
        if (GROUP##_n_strangers == 0)                                                                     \
            assert_int_equal(GROUP##_find(N_MEMBERS), N_MEMBERS);                                         \
        else                                                                                              \
            GROUP##_expect(N_MEMBERS - 1, &GROUP##_strangers[0], N_MEMBERS);                              \
    }                                                                                                     \
                                                                                                          \
    /* Three equal ones besides: a stranger of order 3 is invisible in their sum. */                      \
    static void GROUP##_strangers_that_cancel_are_found(void **state)                                     \
    {                                                                                                     \
        static GROUP##_affine kept[N_SMALL];                                                              \
        (void)state;                                                                                      \
        memcpy(kept, GROUP##_members, sizeof kept);                                                       \
        for (size_t s = 0; s < GROUP##_n_strangers; s++) {                                                \
            GROUP##_members[17] = GROUP##_strangers[s];                                                   \
            GROUP##_affine_neg(&GROUP##_members[N_SMALL - 1], &GROUP##_strangers[s]);                     \
            assert_int_equal(GROUP##_find(N_SMALL), 17);                                                  \
            GROUP##_members[16] = GROUP##_members[N_SMALL - 1] = GROUP##_strangers[s];                    \
            assert_int_equal(GROUP##_find(N_SMALL), 16);                                                  \
            memcpy(GROUP##_members, kept, sizeof kept);                                                   \
        }                                                                                                 \
    }                                                                                                     \
                                                                                                          \
    static void GROUP##_points_that_are_all_strangers_are_found(void **state)                             \
    {                                                                                                     \
        static GROUP##_affine kept[N_SMALL];                                                              \
        (void)state;                                                                                      \
        memcpy(kept, GROUP##_members, sizeof kept);                                                       \
        for (size_t i = 0; i < N_SMALL && GROUP##_n_strangers > 0; i++)                                   \
            GROUP##_members[i] = GROUP##_strangers[i % GROUP##_n_strangers];                              \
        assert_int_equal(GROUP##_find(N_SMALL), GROUP##_n_strangers > 0 ? 0 : N_SMALL);                   \
        memcpy(GROUP##_members, kept, sizeof kept);                                                       \
    }                                                                                                     \
                                                                                                          \
    static void GROUP##_a_random_stranger_is_named_with_every_seed(void **state)                          \
    {                                                                                                     \
        (void)state;                                                                                      \
        for (size_t i = 0; i < 3 * f->n_trials && GROUP##_n_strangers > 0; i++) {                         \
            size_t n = 161 + rng_next(&f->rng) % 200;                                                     \
            const GROUP##_affine *stranger = &GROUP##_strangers[rng_next(&f->rng) % GROUP##_n_strangers]; \
            GROUP##_expect(rng_next(&f->rng) % n, stranger, n);                                           \
        }                                                                                                 \
    }
DEFINE_GROUP_TESTS(g1)
DEFINE_GROUP_TESTS(g2)

/* ---- a whole key ---- */

enum { N_SECTIONS = 5, B2 = 2 };

static const point_span SPANS[N_SECTIONS] = {
    {"A", 1, POINTS_IN_SUBGROUP, (const uint8_t *)g1_members, SECTION},
    {"B1", 1, POINTS_IN_SUBGROUP, (const uint8_t *)(g1_members + SECTION), SECTION},
    {"B2", 2, POINTS_IN_SUBGROUP, (const uint8_t *)g2_members, SECTION},
    {"C", 1, POINTS_IN_SUBGROUP, (const uint8_t *)(g1_members + 2 * SECTION), SECTION},
    {"H", 1, POINTS_IN_SUBGROUP, (const uint8_t *)(g1_members + 3 * SECTION), SECTION},
};

/* First, last, in the middle, or anywhere. */
static size_t random_place(void)
{
    size_t anywhere = rng_next(&f->rng) % SECTION;
    const size_t kinds[] = {0, SECTION - 1, SECTION / 2, anywhere};
    return kinds[rng_next(&f->rng) % 4];
}

static void expect_named(crew *threads, size_t section, size_t place)
{
    char expected[80];
    pt_err err = {0};
    snprintf(expected, sizeof expected, "key: %s: point %zu of %d is not in the subgroup of order r", SPANS[section].where,
             place, SECTION);
    assert_int_equal(points_check(threads, &curve_table, "key", SPANS, N_SECTIONS, &err), PT_E_FORMAT);
    assert_string_equal(err.msg, expected);
}

static void one_stranger_in_a_key_is_always_named(void **state)
{
    (void)state;
    crew *threads;
    pt_err err = {0};
    assert_int_equal(crew_create(2, &threads, &err), PT_OK);
    assert_int_equal(points_check(threads, &curve_table, "key", SPANS, N_SECTIONS, &err), PT_OK);
    for (size_t i = 0; i < f->n_trials; i++) {
        size_t section = g1_n_strangers == 0 ? B2 : rng_next(&f->rng) % N_SECTIONS, place = random_place();
        if (section == B2) {
            g2_affine member = g2_members[place];
            g2_members[place] = g2_strangers[rng_next(&f->rng) % g2_n_strangers];
            expect_named(threads, section, place);
            g2_members[place] = member;
            continue;
        }
        g1_affine *at = &g1_members[(section - (section > B2)) * SECTION + place], member = *at;
        *at = g1_strangers[rng_next(&f->rng) % g1_n_strangers];
        expect_named(threads, section, place);
        *at = member;
    }
    crew_destroy(threads);
}

int main(int argc, char **argv)
{
    skip_unless_supported();
    f->rng = rng_start();
    f->n_trials = argc > 1 ? strtoul(argv[1], NULL, 10) : TRIALS;
    f->scratch = aligned_alloc(64, (subgroup_batch_scratch_bytes() + 63) / 64 * 64);
    json_t *root = golden_open();
    g1_points(root);
    g2_points(root);
    json_decref(root);
    if (g2_n_strangers == 0 || (g1_n_strangers == 0) != (strcmp(curve_table.name, "bn254") == 0))
        fail_msg("the golden vectors have no strangers of %s", curve_table.name);
    const struct CMUnitTest tests[] = {
#define GROUP_TESTS(GROUP)                                                                                      \
    cmocka_unit_test(GROUP##_members_pass), cmocka_unit_test(GROUP##_infinite_equal_and_opposite_members_pass), \
        cmocka_unit_test(GROUP##_every_stranger_is_named_at_every_kind_of_place),                               \
        cmocka_unit_test(GROUP##_a_full_batch_finds_its_last_point),                                            \
        cmocka_unit_test(GROUP##_strangers_that_cancel_are_found),                                              \
        cmocka_unit_test(GROUP##_points_that_are_all_strangers_are_found),                                      \
        cmocka_unit_test(GROUP##_a_random_stranger_is_named_with_every_seed)
        GROUP_TESTS(g1),
        GROUP_TESTS(g2),
        cmocka_unit_test(one_stranger_in_a_key_is_always_named),
    };
    int failed = cmocka_run_group_tests_name("subgroup_batch", tests, NULL, NULL);
    free(f->scratch);
    return failed;
}
