/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/msm_points.inc.h - points of a case, and what a sum should be: template of one group, no include guard.
 *
 * needs   GROUP: g1 or g2; GROUP_FIELD: fq or fq2 */

#define G(verb) PT_JOIN(GROUP, PT_JOIN(_, verb))

static __attribute__((unused)) void G(make_points)(msm_case *self)
{
    static G(xyzz) all[N_POINTS];
    static GROUP_FIELD scratch[N_POINTS];
    G(set_infinity)(&all[0]);
    for (size_t i = 1; i < N_POINTS; i++)
        G(add_mixed)(&all[i], &all[i - 1], &G(generator));
    G(batch_to_affine)(self->GROUP, all, N_POINTS, scratch);
    self->GROUP[2] = self->GROUP[1];
    G(affine_neg)(&self->GROUP[3], &self->GROUP[1]);
}

static __attribute__((unused)) void G(assert_multiple)(const G(xyzz) * p, int64_t k)
{
    G(xyzz) expected;
    const uint64_t magnitude = (uint64_t)(k < 0 ? -k : k);
    G(from_affine)(&expected, &G(generator));
    G(mul_var)(&expected, &expected, &magnitude, 1);
    if (k < 0)
        G(neg)(&expected, &expected);
    assert_true(G(eq)(p, &expected));
}

static __attribute__((unused)) void G(assert_product)(const G(xyzz) * p, const fr *canonical)
{
    G(xyzz) expected;
    G(from_affine)(&expected, &G(generator));
    G(mul_var)(&expected, &expected, canonical->limb, FR_LIMBS);
    assert_true(G(eq)(p, &expected));
}

#undef G
#undef GROUP
#undef GROUP_FIELD
