/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/key_points.h"

#include "node/format/prepared_key.h"
#include "tests/unit/format_tests.inc.h"

static const char *const KEYS[2] = {GOLDEN("bn254.zkey"), GOLDEN("bls12_381.zkey")};

static proving_key *open_key(const char *path)
{
    crew *threads;
    proving_key *key = NULL;
    pt_err err = {0};
    assert_int_equal(crew_create(1, &threads, &err), PT_OK);
    if (proving_key_open(path, (proving_key_options){.features = cpu_features_read()}, threads, &key, &err) != PT_OK)
        fail_msg("%s", err.msg);
    crew_destroy(threads);
    return key;
}

/* Where a place's first point should stand, by the names alone: section 2 ends with its six points. */
static const uint8_t *expected_at(const image *file, const proving_key *key, const point_span *span)
{
    static const char *const in_header[] = {"alpha1", "beta1", "beta2", "gamma2", "delta1", "delta2"};
    const size_t fq_bytes = key->curve->fq_bytes;
    unsigned section = 0;
    char name[16];
    assert_int_equal(sscanf(span->where, "section %u (%15[a-zA-Z0-9])", &section, name), 2);
    const uint8_t *at = file->bytes + image_section(file, section);
    if (section > 2)
        return at;
    at += 8 + fq_bytes + key->curve->fr_bytes + 12; /* both primes behind their sizes, and three counts */
    for (size_t i = 0; strcmp(name, in_header[i]) != 0; i++)
        at += 2 * fq_bytes * (in_header[i][strlen(in_header[i]) - 1] == '2' ? 2 : 1);
    return at;
}

static void every_place_is_where_its_name_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        image file = image_read(KEYS[i]);
        proving_key *key = open_key(KEYS[i]);
        size_t n_bytes = 0;
        for (unsigned place = 0; place < KEY_PLACES; place++) {
            const point_span span = key_points_at(key, (key_place)place, POINTS_ON_CURVE);
            const size_t span_bytes = 2 * span.group * span.n * key->curve->fq_bytes;
            assert_memory_equal(span.points, expected_at(&file, key, &span), span_bytes);
            n_bytes += span_bytes;
        }
        /* 3 points of G1 and 3 of G2; IC; A, B1 and B2 (twice as large); C; H. */
        assert_int_equal(n_bytes, 2 * key->curve->fq_bytes * (9 + 2 + 4 * 243 + 241 + 256));
        proving_key_close(key);
        free(file.bytes);
    }
}

static void a_prepared_key_has_places_without_sections(void **state)
{
    (void)state;
    prepared_key behind = {.input = {0}};
    const proving_key zkey = {0}, prepared = {.prepared = &behind};
    for (unsigned place = 0; place < KEY_PLACES; place++) {
        char in_section[32];
        snprintf(in_section, sizeof in_section, "(%s)", key_place_name(&prepared, (key_place)place));
        assert_string_equal(strchr(key_place_name(&zkey, (key_place)place), '('), in_section);
    }
}

static void the_verifying_keys_points_are_always_checked_in_full(void **state)
{
    (void)state;
    proving_key *key = open_key(KEYS[0]);
    for (unsigned place = 0; place < KEY_PLACES; place++) {
        const point_rule rule = key_points_at(key, (key_place)place, POINTS_ON_CURVE).rule;
        assert_int_equal(rule, place < KEY_IC    ? POINTS_IN_SUBGROUP_FINITE
                               : place == KEY_IC ? POINTS_IN_SUBGROUP
                                                 : POINTS_ON_CURVE);
    }
    proving_key_close(key);
}

static void only_the_places_that_are_asked_for_are_checked(void **state)
{
    (void)state;
    proving_key *key = open_key(KEYS[0]);
    const size_t n_bytes = 64 * (size_t)key->domain_size;
    uint8_t *h = malloc(n_bytes);
    assert_non_null(h);
    memcpy(h, key->h, n_bytes);
    h[7 * 64] ^= 1;
    proving_key damaged = *key;
    damaged.h = h;
    pt_err err = {0};
    assert_int_equal(key_points_check(&damaged, KEY_ALPHA1, KEY_C, POINTS_ON_CURVE, NULL, &err), PT_OK);
    assert_error(&err, key_points_check(&damaged, KEY_C, KEY_H, POINTS_ON_CURVE, NULL, &err), PT_E_FORMAT,
                 "section 9 (H): point 7 of 256 is not on the curve");
    free(h);
    proving_key_close(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_is_where_its_name_says),
        cmocka_unit_test(a_prepared_key_has_places_without_sections),
        cmocka_unit_test(the_verifying_keys_points_are_always_checked_in_full),
        cmocka_unit_test(only_the_places_that_are_asked_for_are_checked),
    };
    return cmocka_run_group_tests_name("key_points", tests, NULL, NULL);
}
