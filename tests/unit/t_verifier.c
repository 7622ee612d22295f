/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and proofs are made from their trapdoor: C = (a b - alpha beta - ic gamma) / delta, so no prover is needed. */
#include "node/arith/pairing.h"
#include "node/curve_entries.h"
#include "node/groth16/groth16.h"
#include "node/pipeline/crew.h"
#include "tests/unit/arith_tests.inc.h"

enum { N_PUBLIC = 3, N_PROOFS = 4 };

typedef struct {
    fr alpha, beta, gamma, delta, ic[N_PUBLIC + 1]; /* Montgomery form */
    groth16_vkey vkey;
    fr inputs[N_PROOFS][N_PUBLIC]; /* canonical */
    groth16_proof proofs[N_PROOFS];
    const uint8_t *input_bytes[N_PROOFS];
} fixture;

/* A full chunk of pairs and one that is not, for one thread; copies of the fixture's proofs in turn. */
enum { N_MANY = PAIRS_A_LOOP + 5 };

typedef struct {
    groth16_proof proofs[N_MANY];
    const uint8_t *inputs[N_MANY];
    pt_err verdicts[N_MANY];
} many;

static void draw(fr *out)
{
    do
        randombytes_buf(out, sizeof *out);
    while (!fr_is_reduced(out));
}

static void make_key(fixture *f)
{
    draw(&f->alpha);
    draw(&f->beta);
    draw(&f->gamma);
    draw(&f->delta);
    f->vkey = (groth16_vkey){.curve = &curve_table, .n_public = N_PUBLIC};
    f->vkey.ic = malloc((N_PUBLIC + 1) * sizeof(g1_affine));
    g1_put(f->vkey.alpha1, &f->alpha);
    g2_put(f->vkey.beta2, &f->beta);
    g2_put(f->vkey.gamma2, &f->gamma);
    g2_put(f->vkey.delta2, &f->delta);
    for (size_t j = 0; j <= N_PUBLIC; j++) {
        draw(&f->ic[j]);
        g1_put(f->vkey.ic + j * sizeof(g1_affine), &f->ic[j]);
    }
}

static void make_proof(fixture *f, size_t i)
{
    fr a, b, c, ic = f->ic[0], t;
    draw(&a);
    draw(&b);
    for (size_t j = 0; j < N_PUBLIC; j++) {
        draw(&f->inputs[i][j]);
        fr_to_mont(&t, &f->inputs[i][j]);
        fr_mul(&t, &t, &f->ic[j + 1]);
        fr_add(&ic, &ic, &t);
    }
    fr_mul(&c, &a, &b);
    fr_mul(&t, &f->alpha, &f->beta);
    fr_sub(&c, &c, &t);
    fr_mul(&t, &ic, &f->gamma);
    fr_sub(&c, &c, &t);
    fr_inv(&t, &f->delta);
    fr_mul(&c, &c, &t);
    f->proofs[i] = (groth16_proof){.curve = &curve_table};
    g1_put(f->proofs[i].a, &a);
    g2_put(f->proofs[i].b, &b);
    g1_put(f->proofs[i].c, &c);
    f->input_bytes[i] = (const uint8_t *)f->inputs[i];
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (f == NULL || sodium_init() < 0)
        return -1;
    make_key(f);
    for (size_t i = 0; i < N_PROOFS; i++)
        make_proof(f, i);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    groth16_vkey_clear(&f->vkey);
    free(f);
    return 0;
}

static pt_status verify_first(const fixture *f, pt_err *err)
{
    *err = (pt_err){0};
    return groth16_verify(&f->vkey, f->input_bytes[0], N_PUBLIC, &f->proofs[0], err);
}

static pt_status verify_all(const fixture *f, size_t n, pt_err *err)
{
    const groth16_batch batch = {.vkey = &f->vkey, .public_inputs = f->input_bytes, .proofs = f->proofs, .n = n};
    *err = (pt_err){0};
    return groth16_verify_batch(&batch, NULL, err);
}

static void make_many(const fixture *f, many *m)
{
    memset(m, 0, sizeof *m);
    for (size_t i = 0; i < N_MANY; i++) {
        m->proofs[i] = f->proofs[i % N_PROOFS];
        m->inputs[i] = f->input_bytes[i % N_PROOFS];
    }
}

/* The points are of the right form and the equation is false. */
static void spoil(many *m, size_t i)
{
    memcpy(m->proofs[i].c, m->proofs[i].a, sizeof m->proofs[i].c);
}

static pt_status verify_many(const fixture *f, many *m, size_t n_threads, pt_err *err)
{
    crew *threads;
    *err = (pt_err){0};
    memset(m->verdicts, 0, sizeof m->verdicts);
    assert_int_equal(crew_create(n_threads, &threads, err), PT_OK);
    atomic_size_t steps = 0;
    const groth16_batch batch = {.vkey = &f->vkey,
                                 .public_inputs = m->inputs,
                                 .proofs = m->proofs,
                                 .n = N_MANY,
                                 .threads = threads,
                                 .steps = &steps};
    pt_status status = groth16_verify_batch(&batch, m->verdicts, err);
    assert_int_equal(atomic_load(&steps), GROTH16_BATCH_STEPS * N_MANY);
    crew_destroy(threads);
    return status;
}

/* Exactly these are named. */
static void expect_bad(const fixture *f, many *m, size_t n_threads, const size_t *bad, size_t n_bad)
{
    pt_err err;
    assert_int_equal(verify_many(f, m, n_threads, &err), n_bad == 0 ? PT_OK : PT_E_VERIFY);
    for (size_t i = 0, at = 0; i < N_MANY; i++) {
        bool expected = at < n_bad && bad[at] == i;
        assert_int_equal(m->verdicts[i].code, expected ? PT_E_VERIFY : PT_OK);
        at += expected;
    }
}

static void a_right_proof_is_accepted(void **state)
{
    pt_err err;
    assert_int_equal(verify_first(*state, &err), PT_OK);
}

static void each_part_of_a_proof_counts(void **state)
{
    fixture *f = *state;
    pt_err err;
    const groth16_proof good = f->proofs[0];
    memcpy(f->proofs[0].a, f->proofs[1].a, sizeof good.a);
    assert_int_equal(verify_first(f, &err), PT_E_VERIFY);
    f->proofs[0] = good;
    memcpy(f->proofs[0].b, f->proofs[1].b, sizeof good.b);
    assert_int_equal(verify_first(f, &err), PT_E_VERIFY);
    f->proofs[0] = good;
    memcpy(f->proofs[0].c, f->proofs[1].c, sizeof good.c);
    assert_int_equal(verify_first(f, &err), PT_E_VERIFY);
    f->proofs[0] = good;
    for (size_t j = 0; j < N_PUBLIC; j++) {
        f->inputs[0][j].limb[0] ^= 1;
        assert_int_equal(verify_first(f, &err), PT_E_VERIFY);
        f->inputs[0][j].limb[0] ^= 1;
    }
    assert_int_equal(verify_first(f, &err), PT_OK);
}

static void an_input_that_is_not_reduced_is_refused(void **state)
{
    fixture *f = *state;
    pt_err err;
    uint64_t carry = 0; /* the same residue, r higher: accepted by verifiers with CVE-2023-33252 */
    f->inputs[0][1] = (fr){{5}};
    for (int i = 0; i < FR_LIMBS; i++) {
        pt_u128 sum = (pt_u128)f->inputs[0][1].limb[i] + fr_modulus.limb[i] + carry;
        f->inputs[0][1].limb[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    assert_int_equal(verify_first(f, &err), PT_E_VERIFY);
    assert_non_null(strstr(err.msg, "public input 1 is not below r"));
}

static void a_point_off_the_curve_is_refused(void **state)
{
    fixture *f = *state;
    pt_err err;
    f->proofs[0].c[0] ^= 1;
    assert_int_equal(verify_first(f, &err), PT_E_VERIFY);
    assert_non_null(strstr(err.msg, "not on the curve"));
}

/* Points of the whole curve that are not of order r: pairings with them prove nothing. BN254's G1 has none. */
static void a_point_outside_the_subgroup_is_refused(void **state)
{
    fixture *f = *state;
    const groth16_proof good = f->proofs[0];
    json_t *root = golden_open();
    const json_t *entry;
    size_t i, n_refused = 0;
    pt_err err;
    for (int place = 0; place < 3; place++) {
        json_array_foreach(golden_get(golden_get(root, place == 1 ? "g2" : "g1"), "subgroup"), i, entry)
        {
            g1_affine p;
            g2_affine q;
            if (json_is_true(golden_get(entry, "member")))
                continue;
            if (place == 1)
                q = golden_g2(golden_get(entry, "p")), memcpy(f->proofs[0].b, &q, sizeof q);
            else
                p = golden_g1(golden_get(entry, "p")), memcpy(place == 0 ? f->proofs[0].a : f->proofs[0].c, &p, sizeof p);
            assert_int_equal(verify_first(f, &err), PT_E_VERIFY);
            assert_non_null(strstr(err.msg, "not in the subgroup"));
            f->proofs[0] = good;
            n_refused++;
        }
    }
    assert_true(n_refused > 0);
    json_decref(root);
}

static void points_at_infinity_are_no_proof(void **state)
{
    fixture *f = *state;
    pt_err err = {0};
    const groth16_proof good = f->proofs[0];
    memset(f->proofs[0].a, 0, sizeof good.a);
    assert_int_equal(verify_first(f, &err), PT_E_VERIFY);
    f->proofs[0] = good;
    memset(f->proofs[0].b, 0, sizeof good.b);
    assert_int_equal(verify_first(f, &err), PT_E_VERIFY);
    f->proofs[0] = good;
    memset(f->proofs[0].c, 0, sizeof good.c);
    assert_int_equal(verify_first(f, &err), PT_E_VERIFY);
    memset(&f->proofs[0].a, 0, sizeof good.a);
    memset(&f->proofs[0].b, 0, sizeof good.b);
    assert_int_equal(verify_all(f, N_PROOFS, &err), PT_E_VERIFY);
}

static void a_wrong_number_of_inputs_is_a_format_error(void **state)
{
    fixture *f = *state;
    pt_err err = {0};
    assert_int_equal(groth16_verify(&f->vkey, f->input_bytes[0], N_PUBLIC - 1, &f->proofs[0], &err), PT_E_FORMAT);
}

static void a_batch_of_right_proofs_is_accepted(void **state)
{
    fixture *f = *state;
    pt_err err;
    for (size_t n = 0; n <= N_PROOFS; n++)
        assert_int_equal(verify_all(f, n, &err), PT_OK);
}

static void a_batch_names_its_first_bad_proof(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < N_PROOFS; i++) {
        pt_err err;
        const groth16_proof good = f->proofs[i];
        memcpy(f->proofs[i].c, f->proofs[i].a, sizeof good.c);
        assert_int_equal(verify_all(f, N_PROOFS, &err), PT_E_VERIFY);
        char name[32];
        snprintf(name, sizeof name, "proof %zu of %d", i, N_PROOFS);
        assert_non_null(strstr(err.msg, name));
        f->proofs[i] = good;
    }
}

static void a_bad_point_in_a_batch_is_named_once(void **state)
{
    fixture *f = *state;
    pt_err err;
    f->proofs[2].c[0] ^= 1;
    assert_int_equal(verify_all(f, N_PROOFS, &err), PT_E_VERIFY);
    assert_string_equal(err.msg, "proof 2 of 4: a point is not on the curve");
}

/* Two errors that cancel in a plain product: C_0 + T and C_1 - T. Equal weights would accept them. */
static void errors_that_cancel_are_found_in_a_batch(void **state)
{
    fixture *f = *state;
    pt_err err;
    for (size_t i = 0; i < 2; i++) {
        g1_affine c, t = g1_generator;
        g1_xyzz sum;
        memcpy(&c, f->proofs[i].c, sizeof c);
        if (i == 1)
            g1_affine_neg(&t, &t);
        g1_from_affine(&sum, &c);
        g1_add_mixed(&sum, &sum, &t);
        g1_to_affine(&c, &sum);
        memcpy(f->proofs[i].c, &c, sizeof c);
    }
    assert_int_equal(verify_all(f, 2, &err), PT_E_VERIFY);
}

static void bad_proofs_are_named_wherever_they_stand(void **state)
{
    static const size_t first[] = {0}, last[] = {N_MANY - 1}, across[] = {PAIRS_A_LOOP - 1, PAIRS_A_LOOP},
                        apart[] = {3, 4, 11, N_MANY - 2};
    static const struct {
        const size_t *bad;
        size_t n;
    } cases[] = {{NULL, 0}, {first, 1}, {last, 1}, {across, 2}, {apart, 4}};
    many *m = malloc(sizeof *m);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        make_many(*state, m);
        for (size_t i = 0; i < cases[k].n; i++)
            spoil(m, cases[k].bad[i]);
        expect_bad(*state, m, 1 + k % 3, cases[k].bad, cases[k].n);
    }
    free(m);
}

static void a_batch_may_be_all_bad(void **state)
{
    size_t all[N_MANY];
    many *m = malloc(sizeof *m);
    make_many(*state, m);
    for (size_t i = 0; i < N_MANY; i++)
        spoil(m, all[i] = i);
    expect_bad(*state, m, 2, all, N_MANY);
    free(m);
}

/* What is wrong in itself never comes into the equation, and the reasons stay apart. */
static void each_bad_proof_has_its_own_reason(void **state)
{
    static const size_t bad[] = {1, 2, 18, 20};
    many *m = malloc(sizeof *m);
    fr too_large[N_PUBLIC];
    make_many(*state, m);
    m->proofs[1].c[0] ^= 1;
    spoil(m, 2);
    memcpy(too_large, m->inputs[18], sizeof too_large);
    too_large[2] = fr_modulus;
    m->inputs[18] = (const uint8_t *)too_large;
    m->inputs[20] = m->inputs[19];
    for (size_t n_threads = 1; n_threads <= 3; n_threads++)
        expect_bad(*state, m, n_threads, bad, 4);
    assert_non_null(strstr(m->verdicts[1].msg, "not on the curve"));
    assert_non_null(strstr(m->verdicts[2].msg, "equation does not hold"));
    assert_non_null(strstr(m->verdicts[18].msg, "public input 2 is not below r"));
    assert_non_null(strstr(m->verdicts[20].msg, "equation does not hold"));
    free(m);
}

int main(void)
{
    skip_unless_supported();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_right_proof_is_accepted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_part_of_a_proof_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_input_that_is_not_reduced_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_point_off_the_curve_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_point_outside_the_subgroup_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(points_at_infinity_are_no_proof, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_number_of_inputs_is_a_format_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_of_right_proofs_is_accepted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_names_its_first_bad_proof, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bad_point_in_a_batch_is_named_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors_that_cancel_are_found_in_a_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_proofs_are_named_wherever_they_stand, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_may_be_all_bad, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_bad_proof_has_its_own_reason, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
