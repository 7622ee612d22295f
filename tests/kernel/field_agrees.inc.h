/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/field_agrees.inc.h - template: a prime field of a device against node/arith's.
 *
 * needs   T_FIELD: fr or fq; T_CONST(x): FR_##x or FQ_##x
 * gives   F(pick): a value at the edges or anywhere; F(lazy): the same as a device may hold it; F(settle): a device's answer reduced */

#define F(verb) PT_JOIN(T_FIELD, PT_JOIN(_, verb))
#define D(verb) PT_JOIN(device_, F(verb))

/* At the edges of carries and of the modulus half the time. */
static T_FIELD F(pick)(test_rng *rng)
{
    T_FIELD a = F(zero);
    switch (rng_next(rng) % 12) {
    case 0:
        return a;
    case 1:
        return F(one);
    case 2:
        a.limb[0] = 1;
        return a;
    case 3: /* p - 1, or 2p - 1 once lazy */
        a = F(modulus);
        a.limb[0]--;
        return a;
    case 4: /* all ones but for the top limb */
        a = F(modulus);
        memset(a.limb, 0xff, sizeof a - sizeof a.limb[0]);
        a.limb[T_CONST(LIMBS) - 1]--;
        return a;
    case 5: /* one word of ones */
        a.limb[rng_next(rng) % (T_CONST(LIMBS) - 1)] = 0xffffffffULL << (rng_next(rng) & 32);
        return a;
    default:
        return PT_JOIN(rng_, T_FIELD)(rng);
    }
}

static T_FIELD F(plus_modulus)(T_FIELD a)
{
    uint64_t carry = 0;
    for (int i = 0; i < T_CONST(LIMBS); i++) {
        pt_u128 sum = (pt_u128)a.limb[i] + F(modulus).limb[i] + carry;
        a.limb[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    return a;
}

/* a, or a + p where the limit is 2p. */
static T_FIELD F(lazy)(test_rng *rng, T_FIELD a)
{
    return T_CONST(LIMIT_IS_2P) && rng_next(rng) % 2 ? F(plus_modulus)(a) : a;
}

/* What a device may answer: below 2p where that is the limit, else below p. */
static T_FIELD F(settle)(T_FIELD a)
{
    if (T_CONST(LIMIT_IS_2P))
        mont_reduce_once(T_CONST(LIMBS), a.limb, a.limb, F(modulus).limb);
    assert_true(F(is_reduced)(&a));
    return a;
}

static void F(fill)(test_rng *rng, size_t n, T_FIELD *values, T_FIELD *lazy, const void **pointers)
{
    for (size_t i = 0; i < n; i++) {
        values[i] = F(pick)(rng);
        lazy[i] = F(lazy)(rng, values[i]);
        pointers[i] = &lazy[i];
    }
}

static void F(check)(const T_FIELD *answer, const T_FIELD *expected)
{
    T_FIELD settled = F(settle)(*answer);
    assert_memory_equal(&settled, expected, sizeof settled);
}

static void F(agrees)(void **state)
{
    for (int round = 0; round < 4000; round++) {
        T_FIELD v[2], lazy[2], r, expected;
        const void *a[2];
        F(fill)(*state, 2, v, lazy, a);
        D(mul)(&r, a), F(mul)(&expected, &v[0], &v[1]);
        F(check)(&r, &expected);
        D(sqr)(&r, a), F(sqr)(&expected, &v[0]);
        F(check)(&r, &expected);
        D(add)(&r, a), F(add)(&expected, &v[0], &v[1]);
        F(check)(&r, &expected);
        D(sub)(&r, a), F(sub)(&expected, &v[0], &v[1]);
        F(check)(&r, &expected);
        D(neg)(&r, a), F(neg)(&expected, &v[0]);
        F(check)(&r, &expected);
        D(dbl)(&r, a), F(dbl)(&expected, &v[0]);
        F(check)(&r, &expected);
        D(reduce)(&r, a);
        assert_memory_equal(&r, &v[0], sizeof r);
        D(to_canon)(&r, a), F(to_canon)(&expected, &v[0]);
        assert_memory_equal(&r, &expected, sizeof r);
        D(from_canon)(&r, a), F(to_mont)(&expected, &v[0]);
        assert_memory_equal(&r, &expected, sizeof r);
        assert_int_equal(D(is_zero)(a[0]), F(is_zero)(&v[0]));
        assert_int_equal(D(eq)(a[0], a[1]), F(eq)(&v[0], &v[1]));
        lazy[1] = F(lazy)(*state, v[0]);
        assert_true(D(eq)(a[0], a[1]));
    }
}

/* Any words below R, the largest first. */
static void F(any_words_become_an_element)(void **state)
{
    T_FIELD wide, r, expected;
    static const T_FIELD r2 = T_CONST(R2);
    memset(&wide, 0xff, sizeof wide);
    for (int round = 0; round < 200; round++) {
        D(from_canon)(&r, (const void *[]){&wide});
        F(mul_wide)(&expected, &r2, &wide);
        assert_memory_equal(&r, &expected, sizeof r);
        for (int i = 0; i < T_CONST(LIMBS); i++)
            wide.limb[i] = rng_next(*state);
    }
}

static void F(inverse_agrees)(void **state)
{
    for (int round = 0; round < 400; round++) {
        T_FIELD v, lazy, r, expected;
        const void *a[1];
        F(fill)(*state, 1, &v, &lazy, a);
        D(inv)(&r, a), F(inv)(&expected, &v);
        F(check)(&r, &expected);
    }
}

#undef D
#undef F
#undef T_CONST
#undef T_FIELD
