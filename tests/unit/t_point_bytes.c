/* SPDX-License-Identifier: Apache-2.0 */
#include "node/arith/point_bytes.h"

#include "tests/unit/arith_tests.inc.h"

#include <sodium.h>

#if defined(PT_CURVE_BN254)
enum { FLAGS = 0xc0, INFINITY_FLAGS = 0x40, N_LEGAL_FLAGS = 3 };
#else
enum { FLAGS = 0xe0, INFINITY_FLAGS = 0xc0, N_LEGAL_FLAGS = 3 };
#endif
enum { G1_SIZE = FQ_BYTES, G2_SIZE = 2 * FQ_BYTES };

static void golden_bytes(const json_t *entry, uint8_t *out, size_t n_bytes)
{
    const char *text = json_string_value(golden_get(entry, "bytes"));
    size_t n;
    assert_int_equal(sodium_hex2bin(out, n_bytes, text, strlen(text), NULL, &n, NULL), 0);
    assert_int_equal(n, n_bytes);
}

/* Bytes that are wrong, and why; nothing is written then. */
static void expect_bad(const char *(*decompress)(const uint8_t *, uint8_t *), const uint8_t *bytes, const char *reason)
{
    uint8_t point[sizeof(g2_affine)], before[sizeof point];
    memset(point, 0x5a, sizeof point);
    memcpy(before, point, sizeof point);
    const char *fault = decompress(bytes, point);
    assert_non_null(fault);
    assert_string_equal(fault, reason);
    assert_memory_equal(point, before, sizeof point);
}

#define DEFINE_NOBLE(GROUP, SIZE)                                                        \
    static void check_noble_##GROUP(const json_t *root)                                  \
    {                                                                                    \
        const json_t *entry;                                                             \
        size_t i;                                                                        \
        json_array_foreach(golden_get(golden_get(root, #GROUP), "compressed"), i, entry) \
        {                                                                                \
            uint8_t expected[SIZE], bytes[SIZE];                                         \
            GROUP##_affine p = golden_##GROUP(golden_get(entry, "p")), back;             \
            golden_bytes(entry, expected, sizeof expected);                              \
            GROUP##_compress((const uint8_t *)&p, bytes);                                \
            assert_memory_equal(bytes, expected, sizeof bytes);                          \
            assert_null(GROUP##_decompress(expected, (uint8_t *)&back));                 \
            assert_memory_equal(&back, &p, sizeof p);                                    \
        }                                                                                \
        assert_true(i >= 8);                                                             \
    }
DEFINE_NOBLE(g1, G1_SIZE)
DEFINE_NOBLE(g2, G2_SIZE)

static void noble_writes_the_same_bytes(void **state)
{
    json_t *root = golden_open();
    check_noble_g1(root);
    check_noble_g2(root);
    json_decref(root);
    (void)state;
}

/* Of points of any alignment, with a point and its negative, which differ in one flag. */
#define DEFINE_ROUND_TRIP(GROUP, SIZE)                                            \
    static void check_round_trip_##GROUP(test_rng *rng)                           \
    {                                                                             \
        GROUP##_affine p = rng_##GROUP(rng);                                      \
        uint8_t bytes[2][SIZE], point[1 + sizeof p], back[1 + sizeof p];          \
        for (int i = 0; i < 2; i++) {                                             \
            memcpy(point + 1, &p, sizeof p);                                      \
            GROUP##_compress(point + 1, bytes[i]);                                \
            assert_null(GROUP##_decompress(bytes[i], back + 1));                  \
            assert_memory_equal(back + 1, point + 1, sizeof p);                   \
            GROUP##_affine_neg(&p, &p);                                           \
        }                                                                         \
        assert_int_equal(bytes[0][0] ^ bytes[1][0], FLAGS == 0xc0 ? 0x40 : 0x20); \
        assert_memory_equal(bytes[0] + 1, bytes[1] + 1, SIZE - 1);                \
    }
DEFINE_ROUND_TRIP(g1, G1_SIZE)
DEFINE_ROUND_TRIP(g2, G2_SIZE)

static void points_come_back(void **state)
{
    for (int i = 0; i < 20; i++) {
        check_round_trip_g1(*state);
        check_round_trip_g2(*state);
    }
}

static void infinity_has_one_encoding(void **state)
{
    const uint8_t zero[sizeof(g2_affine)] = {0};
    uint8_t bytes[G2_SIZE], point[sizeof(g2_affine)];
    (void)state;
    for (size_t group = 1; group <= 2; group++) {
        const size_t n_bytes = group * FQ_BYTES;
        const char *(*const decompress)(const uint8_t *, uint8_t *) = group == 1 ? g1_decompress : g2_decompress;
        (group == 1 ? g1_compress : g2_compress)(zero, bytes);
        assert_int_equal(bytes[0], INFINITY_FLAGS);
        assert_memory_equal(bytes + 1, zero, n_bytes - 1);
        memset(point, 0x5a, sizeof point);
        assert_null(decompress(bytes, point));
        assert_memory_equal(point, zero, 2 * n_bytes);
        for (size_t bit = 0; bit < 8 * n_bytes; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if ((bytes[0] & FLAGS) == INFINITY_FLAGS)
                expect_bad(decompress, bytes, "infinity with a coordinate");
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

static void other_flags_are_refused(void **state)
{
    g1_affine p = rng_g1(*state);
    g2_affine q = rng_g2(*state);
    uint8_t g1[G1_SIZE], g2[G2_SIZE];
    unsigned n_refused = 0;
    g1_compress((const uint8_t *)&p, g1);
    g2_compress((const uint8_t *)&q, g2);
    for (int flags = 0; flags < 0x100; flags += 0x100 - FLAGS) {
        g1[0] = (uint8_t)((g1[0] & ~FLAGS) | flags);
        g2[0] = (uint8_t)((g2[0] & ~FLAGS) | flags);
        if (flags == 0x80 || flags == (FLAGS == 0xc0 ? 0xc0 : 0xa0) || flags == INFINITY_FLAGS)
            continue;
        expect_bad(g1_decompress, g1, "its flags are those of no compressed point");
        expect_bad(g2_decompress, g2, "its flags are those of no compressed point");
        n_refused++;
    }
    assert_int_equal(n_refused, 0x100 / (0x100 - FLAGS) - N_LEGAL_FLAGS);
}

/* q, and a right x with q added to it. */
static void coordinates_are_below_q(void **state)
{
    uint8_t g1[G1_SIZE], g2[G2_SIZE], q[FQ_BYTES];
    g2_affine p = rng_g2(*state);
    for (size_t i = 0; i < FQ_BYTES; i++)
        q[i] = ((const uint8_t *)&fq_modulus)[FQ_BYTES - 1 - i];
    memcpy(g1, q, sizeof g1);
    g1[0] |= 0x80;
    expect_bad(g1_decompress, g1, "x is not below q");
    memset(g1, 0xff, sizeof g1);
    g1[0] = (uint8_t)(0x80 | (0xff & ~FLAGS));
    expect_bad(g1_decompress, g1, "x is not below q");
    for (size_t half = 0; half < 2; half++) {
        g2_compress((const uint8_t *)&p, g2);
        memcpy(g2 + half * FQ_BYTES, q, sizeof q);
        g2[0] = (uint8_t)((g2[0] & ~FLAGS) | 0x80);
        expect_bad(g2_decompress, g2, "x is not below q");
    }
    memset(g2 + FQ_BYTES, 0xff, FQ_BYTES); /* no flags there */
    expect_bad(g2_decompress, g2, "x is not below q");
}

/* Half of all x have no point. */
static void an_x_of_no_point_is_refused(void **state)
{
    uint8_t g1[G1_SIZE] = {0x80}, g2[G2_SIZE] = {0x80}, point[sizeof(g2_affine)];
    unsigned n_none = 0;
    (void)state;
    for (unsigned x = 0; x < 200; x++) {
        g1[G1_SIZE - 1] = g2[FQ_BYTES - 1] = (uint8_t)x;
        if (g1_decompress(g1, point) != NULL) {
            expect_bad(g1_decompress, g1, "no point of the curve has this x");
            n_none++;
        } else {
            g1_affine p;
            g1_affine_load(&p, point);
            assert_true(g1_is_on_curve(&p));
        }
        if (g2_decompress(g2, point) != NULL) {
            expect_bad(g2_decompress, g2, "no point of the curve has this x");
            n_none++;
        } else {
            g2_affine p;
            g2_affine_load(&p, point);
            assert_true(g2_is_on_curve(&p));
        }
    }
    assert_in_range(n_none, 140, 260);
}

int main(void)
{
    skip_unless_supported();
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noble_writes_the_same_bytes),
        cmocka_unit_test_prestate(points_come_back, &rng),
        cmocka_unit_test(infinity_has_one_encoding),
        cmocka_unit_test_prestate(other_flags_are_refused, &rng),
        cmocka_unit_test_prestate(coordinates_are_below_q, &rng),
        cmocka_unit_test(an_x_of_no_point_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
