/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/field_laws.inc.h - template of a prime field's test program; t_fr.c and t_fq.c are its instances.
 *
 * needs   T_FIELD: fr or fq; T_CONST(x): FR_##x or FQ_##x; T_NAME: the field's name in the known answers */

#include "tests/unit/arith_tests.inc.h"

#define F(verb) PT_JOIN(T_FIELD, PT_JOIN(_, verb))
#define RANDOM PT_JOIN(rng_, T_FIELD)
#define GOLDEN PT_JOIN(golden_, T_FIELD)

enum { N_LIMBS = T_CONST(LIMBS), N_EDGES = 12, N_VALUES = 40 };

/* Limbs at the edges of every carry: as Montgomery forms they are some value each, reduced. The rest is random. */
static void fill_values(test_rng *rng, T_FIELD values[N_VALUES])
{
    T_FIELD *v = values;
    memset(values, 0, N_EDGES * sizeof *values);
    (++v)->limb[0] = 1;
    *++v = F(one);
    for (uint64_t less = 1; less <= 2; less++) {
        *++v = F(modulus);
        v->limb[0] -= less;
    }
    (++v)->limb[0] = UINT64_MAX;
    (++v)->limb[1] = 1;
    memset((++v)->limb, 0xff, 8 * (N_LIMBS - 1));
    (++v)->limb[N_LIMBS - 1] = F(modulus).limb[N_LIMBS - 1];
    *++v = F(modulus); /* all ones below the top limb, which is one less than p's */
    memset(v->limb, 0xff, 8 * (N_LIMBS - 1));
    v->limb[N_LIMBS - 1]--;
    *++v = (T_FIELD)T_CONST(HALF);
    F(neg)(++v, &values[10]);
    assert_int_equal(v - values, N_EDGES - 1);
    for (size_t i = N_EDGES; i < N_VALUES; i++)
        values[i] = RANDOM(rng);
    for (size_t i = 0; i < N_VALUES; i++)
        assert_true(F(is_reduced)(&values[i]));
}

static void known_answers_of_one_argument(void **state)
{
    json_t *root = golden_open();
    const json_t *entry;
    size_t i;
    json_array_foreach(golden_get(golden_get(root, T_NAME), "unary"), i, entry)
    {
        T_FIELD a = GOLDEN(golden_get(entry, "a")), r, expected;
        F(neg)(&r, &a);
        expected = GOLDEN(golden_get(entry, "neg"));
        assert_true(F(eq)(&r, &expected));
        F(sqr)(&r, &a);
        expected = GOLDEN(golden_get(entry, "sqr"));
        assert_true(F(eq)(&r, &expected));
        const json_t *inverse = golden_get(entry, "inv");
        expected = json_is_null(inverse) ? F(zero) : GOLDEN(inverse);
        F(inv)(&r, &a);
        assert_true(F(eq)(&r, &expected));
        F(inv_var)(&r, &a);
        assert_true(F(eq)(&r, &expected));
    }
    assert_true(i > 10);
    json_decref(root);
    (void)state;
}

static void known_answers_of_two_arguments(void **state)
{
    json_t *root = golden_open();
    const json_t *entry;
    size_t i;
    json_array_foreach(golden_get(golden_get(root, T_NAME), "binary"), i, entry)
    {
        T_FIELD a = GOLDEN(golden_get(entry, "a")), b = GOLDEN(golden_get(entry, "b")), r, expected;
        F(add)(&r, &a, &b);
        expected = GOLDEN(golden_get(entry, "add"));
        assert_true(F(eq)(&r, &expected));
        F(sub)(&r, &a, &b);
        expected = GOLDEN(golden_get(entry, "sub"));
        assert_true(F(eq)(&r, &expected));
        F(mul)(&r, &a, &b);
        expected = GOLDEN(golden_get(entry, "mul"));
        assert_true(F(eq)(&r, &expected));
    }
    assert_true(i > 10);
    json_decref(root);
    (void)state;
}

/* Whatever this build uses, against the C that every build has, on every pair. */
static void fast_paths_equal_the_portable_ones(void **state)
{
    T_FIELD v[N_VALUES], r, expected;
    fill_values(*state, v);
    for (size_t i = 0; i < N_VALUES; i++)
        for (size_t j = 0; j < N_VALUES; j++) {
            F(mul)(&r, &v[i], &v[j]);
            mont_mul(N_LIMBS, expected.limb, v[i].limb, v[j].limb, F(modulus).limb, T_CONST(N0));
            assert_memory_equal(&r, &expected, sizeof r);
            F(add)(&r, &v[i], &v[j]);
            mont_add(N_LIMBS, expected.limb, v[i].limb, v[j].limb, F(modulus).limb);
            assert_memory_equal(&r, &expected, sizeof r);
            F(sub)(&r, &v[i], &v[j]);
            mont_sub(N_LIMBS, expected.limb, v[i].limb, v[j].limb, F(modulus).limb);
            assert_memory_equal(&r, &expected, sizeof r);
            assert_true(F(is_reduced)(&r));
        }
}

/* b of any words at all, the largest first; the same as b mod p. */
static void a_wide_factor_need_not_be_reduced(void **state)
{
    T_FIELD v[N_VALUES], wide, r, expected;
    fill_values(*state, v);
    memset(&wide, 0xff, sizeof wide);
    for (size_t i = 0; i < N_VALUES; i++) {
        T_FIELD reduced = {{0}}, word = F(one), radix, term;
        F(from_u64)(&radix, UINT64_MAX), F(add)(&radix, &radix, &F(one)); /* 2^64 */
        for (int j = 0; j < N_LIMBS; j++) {
            F(from_u64)(&term, wide.limb[j]), F(mul)(&term, &term, &word), F(add)(&reduced, &reduced, &term);
            F(mul)(&word, &word, &radix);
        }
        F(to_canon)(&reduced, &reduced); /* wide mod p */
        F(mul)(&expected, &v[i], &reduced);
        F(mul_wide)(&r, &v[i], &wide);
        assert_true(F(eq)(&r, &expected));
        F(mul_lazy)(&r, &v[i], &wide);
        mont_reduce_once(N_LIMBS, r.limb, r.limb, F(modulus).limb);
        assert_true(F(eq)(&r, &expected));
        for (int j = 0; j < N_LIMBS; j++)
            wide.limb[j] = rng_next(*state);
    }
}

static void it_is_a_field(void **state)
{
    T_FIELD v[N_VALUES], left, right, t;
    fill_values(*state, v);
    for (size_t i = 0; i < N_VALUES; i++) {
        const T_FIELD *a = &v[i], *b = &v[(i + 7) % N_VALUES], *c = &v[(i + 19) % N_VALUES];
        F(mul)(&left, a, b), F(mul)(&right, b, a);
        assert_true(F(eq)(&left, &right));
        F(mul)(&left, &left, c), F(mul)(&right, b, c), F(mul)(&right, a, &right);
        assert_true(F(eq)(&left, &right));
        F(add)(&left, a, b), F(add)(&left, &left, c), F(add)(&right, b, c), F(add)(&right, a, &right);
        assert_true(F(eq)(&left, &right));
        F(add)(&left, b, c), F(mul)(&left, a, &left);
        F(mul)(&right, a, b), F(mul)(&t, a, c), F(add)(&right, &right, &t);
        assert_true(F(eq)(&left, &right));
        F(sub)(&left, a, b), F(neg)(&right, b), F(add)(&right, a, &right);
        assert_true(F(eq)(&left, &right));
        F(add)(&left, &left, b);
        assert_true(F(eq)(&left, a));
        F(mul)(&left, a, &F(one));
        assert_true(F(eq)(&left, a));
        F(dbl)(&left, a), F(add)(&right, a, a);
        assert_true(F(eq)(&left, &right));
    }
}

static void an_inverse_times_its_value_is_one(void **state)
{
    T_FIELD v[N_VALUES], inverse, fermat;
    fill_values(*state, v);
    for (size_t i = 0; i < N_VALUES; i++) {
        F(inv_var)(&inverse, &v[i]);
        F(inv)(&fermat, &v[i]);
        assert_true(F(eq)(&inverse, &fermat));
        F(mul)(&inverse, &inverse, &v[i]);
        assert_int_equal(F(is_one)(&inverse), !F(is_zero)(&v[i]));
    }
}

static void arguments_may_be_the_result(void **state)
{
    const T_FIELD a = RANDOM(*state), b = RANDOM(*state);
    T_FIELD r, expected;
    void (*const operations[])(T_FIELD *, const T_FIELD *, const T_FIELD *) = {F(add), F(sub), F(mul)};
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        operations[i](&expected, &a, &b);
        r = a;
        operations[i](&r, &r, &b);
        assert_true(F(eq)(&r, &expected));
        r = b;
        operations[i](&r, &a, &r);
        assert_true(F(eq)(&r, &expected));
        operations[i](&expected, &a, &a);
        r = a;
        operations[i](&r, &r, &r);
        assert_true(F(eq)(&r, &expected));
    }
}

static void a_to_the_p_minus_1_is_one(void **state)
{
    T_FIELD a = RANDOM(*state), e = F(modulus), r;
    e.limb[0]--;
    F(pow)(&r, &a, e.limb, N_LIMBS);
    assert_true(F(is_one)(&r));
    F(pow)(&r, &a, F(zero).limb, N_LIMBS);
    assert_true(F(is_one)(&r));
    const uint64_t two = 2;
    F(pow)(&r, &a, &two, 1);
    F(sqr)(&e, &a);
    assert_true(F(eq)(&r, &e));
}

static void montgomery_and_canonical_forms_are_inverse(void **state)
{
    T_FIELD a = RANDOM(*state), r, two;
    F(to_mont)(&r, &a);
    F(to_canon)(&r, &r);
    assert_true(F(eq)(&r, &a));
    F(from_u64)(&two, 2);
    F(add)(&r, &F(one), &F(one));
    assert_true(F(eq)(&r, &two));
}

static void the_modulus_and_above_are_not_reduced(void **state)
{
    T_FIELD a = F(modulus);
    assert_false(F(is_reduced)(&a));
    a.limb[0]--;
    assert_true(F(is_reduced)(&a));
    memset(&a, 0xff, sizeof a);
    assert_false(F(is_reduced)(&a));
    a = F(modulus);
    a.limb[N_LIMBS - 1]++;
    a.limb[0] = 0;
    assert_false(F(is_reduced)(&a));
    (void)state;
}

static void moves_choose_and_files_need_no_alignment(void **state)
{
    uint8_t bytes[sizeof(T_FIELD) + 1];
    const T_FIELD a = RANDOM(*state), b = RANDOM(*state);
    T_FIELD r = a;
    F(cmov)(&r, &b, false);
    assert_true(F(eq)(&r, &a));
    F(cmov)(&r, &b, true);
    assert_true(F(eq)(&r, &b));
    F(store)(bytes + 1, &a);
    F(load)(&r, bytes + 1);
    assert_true(F(eq)(&r, &a));
}

int main(void)
{
    skip_unless_supported();
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_answers_of_one_argument),
                                       cmocka_unit_test(known_answers_of_two_arguments),
                                       cmocka_unit_test_prestate(fast_paths_equal_the_portable_ones, &rng),
                                       cmocka_unit_test_prestate(a_wide_factor_need_not_be_reduced, &rng),
                                       cmocka_unit_test_prestate(it_is_a_field, &rng),
                                       cmocka_unit_test_prestate(an_inverse_times_its_value_is_one, &rng),
                                       cmocka_unit_test_prestate(arguments_may_be_the_result, &rng),
                                       cmocka_unit_test_prestate(a_to_the_p_minus_1_is_one, &rng),
                                       cmocka_unit_test_prestate(montgomery_and_canonical_forms_are_inverse, &rng),
                                       cmocka_unit_test(the_modulus_and_above_are_not_reduced),
                                       cmocka_unit_test_prestate(moves_choose_and_files_need_no_alignment, &rng),
#ifdef T_MORE_TESTS
                                       T_MORE_TESTS
#endif
    };
    return cmocka_run_group_tests_name(T_NAME, tests, NULL, NULL);
}
