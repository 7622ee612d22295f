/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/group_agrees.inc.h - template: a group of a device against node/arith's.
 *
 * needs   T_GROUP: g1 or g2; T_PARTS: fq a coordinate */

#define G(verb) PT_JOIN(T_GROUP, PT_JOIN(_, verb))
#define DEVICE PT_JOIN(device_, T_GROUP)

/* Each element of an XYZZ point as a device may hold it; its infinity is all zero. */
static G(xyzz) G(to_device)(test_rng *rng, G(xyzz) p)
{
    fq *part = (fq *)&p;
    if (G(is_infinity)(&p))
        memset(&p, 0, sizeof p);
    else
        for (int i = 0; i < 4 * T_PARTS; i++)
            part[i] = fq_lazy(rng, part[i]);
    return p;
}

/* A device's answer, checked to lie below the limit. */
static G(xyzz) G(from_device)(G(xyzz) p)
{
    fq *part = (fq *)&p;
    for (int i = 0; i < 4 * T_PARTS; i++)
        part[i] = fq_settle(part[i]);
    return p;
}

static void G(check)(const G(xyzz) * answer, const G(xyzz) * expected)
{
    G(xyzz) settled = G(from_device)(*answer), reduced = *answer, zero;
    memset(&zero, 0, sizeof zero);
    assert_true(G(eq)(&settled, expected));
    if (G(is_infinity)(expected))
        assert_memory_equal(answer, &zero, sizeof zero);
    DEVICE.reduce(&reduced);
    assert_memory_equal(&reduced, &settled, sizeof settled);
}

/* p with some Z of its own, infinity included: p + q - q. */
static G(xyzz) G(with_some_z)(test_rng *rng, const G(affine) * p)
{
    G(xyzz) r;
    G(affine) q = PT_JOIN(rng_, T_GROUP)(rng), minus_q;
    G(affine_neg)(&minus_q, &q);
    G(from_affine)(&r, p);
    G(add_mixed)(&r, &r, &q);
    G(add_mixed)(&r, &r, &minus_q);
    return r;
}

/* Infinity, P, -P, 2P and two others: every pair is a case of the formulas. */
static void G(fill)(test_rng *rng, G(affine) points[6])
{
    G(xyzz) twice;
    memset(points, 0, 6 * sizeof *points);
    points[1] = PT_JOIN(rng_, T_GROUP)(rng);
    G(affine_neg)(&points[2], &points[1]);
    G(from_affine)(&twice, &points[1]);
    G(dbl)(&twice, &twice);
    G(to_affine)(&points[3], &twice);
    points[4] = G(generator);
    points[5] = PT_JOIN(rng_, T_GROUP)(rng);
}

static void G(pair_agrees)(test_rng *rng, const G(affine) * p, const G(affine) * q)
{
    G(xyzz) a = G(with_some_z)(rng, p), b = G(with_some_z)(rng, q), r, expected;
    G(affine) minus_q;
    G(affine_neg)(&minus_q, q);
    r = G(to_device)(rng, a), DEVICE.add_affine(&r, q);
    G(add_mixed)(&expected, &a, q);
    G(check)(&r, &expected);
    r = G(to_device)(rng, a), DEVICE.sub_affine(&r, q);
    G(add_mixed)(&expected, &a, &minus_q);
    G(check)(&r, &expected);
    const G(xyzz) other = G(to_device)(rng, b);
    r = G(to_device)(rng, a), DEVICE.add(&r, &other);
    G(add)(&expected, &a, &b);
    G(check)(&r, &expected);
}

static void G(point_agrees)(test_rng *rng, const G(affine) * p)
{
    G(xyzz) a = G(with_some_z)(rng, p), r, expected;
    r = G(to_device)(rng, a), DEVICE.twice(&r);
    G(dbl)(&expected, &a);
    G(check)(&r, &expected);
    r = G(to_device)(rng, a), DEVICE.negate(&r);
    G(neg)(&expected, &a);
    G(check)(&r, &expected);
    DEVICE.from_affine(&r, p), G(from_affine)(&expected, p);
    G(check)(&r, &expected);
    if (!G(affine_is_infinity)(p)) {
        DEVICE.twice_affine(&r, p), G(dbl)(&expected, &expected);
        G(check)(&r, &expected);
    }
    G(affine) affine;
    r = G(to_device)(rng, a), DEVICE.to_affine(&affine, &r);
    assert_memory_equal(&affine, p, sizeof affine);
}

static void G(agrees)(void **state)
{
    G(affine) points[6];
    for (int round = 0; round < 5; round++) {
        G(fill)(*state, points);
        for (int i = 0; i < 6; i++) {
            G(point_agrees)(*state, &points[i]);
            for (int j = 0; j < 6; j++)
                G(pair_agrees)(*state, &points[i], &points[j]);
        }
    }
}

/* What a bucket does: a long sum, the answer of one addition the next one's argument. */
static void G(long_sums_agree)(void **state)
{
    G(xyzz) expected, r;
    G(affine) points[6];
    G(fill)(*state, points);
    G(set_infinity)(&expected);
    memset(&r, 0, sizeof r);
    for (int i = 0; i < 2000; i++) {
        const G(affine) *q = &points[rng_next(*state) % 6];
        DEVICE.add_affine(&r, q);
        G(add_mixed)(&expected, &expected, q);
        if (i % 50 == 0)
            DEVICE.twice(&r), G(dbl)(&expected, &expected);
    }
    G(check)(&r, &expected);
}

#undef DEVICE
#undef G
#undef T_PARTS
#undef T_GROUP
