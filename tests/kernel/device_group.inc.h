/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/device_group.inc.h - kernels/group.h as C: template of device_g1.c and device_g2.c.
 *
 * needs   PT_GROUP: 1 or 2; DEVICE_GROUP: the name of the table that it gives; DEVICE_SELFTEST, DEVICE_ADDITIONS: what
 *         the kernels are called here */
#include "tests/kernel/cl_words.h"

#include <string.h>

#include "kernels/group.h"

static uint work_item; /* one at a time */

static size_t get_global_id(uint dimension)
{
    return dimension == 0 ? work_item : 0;
}

#define selftest DEVICE_SELFTEST
#include "kernels/selftest.cl"
#define arith_additions DEVICE_ADDITIONS
#include "kernels/arith_additions.cl"
#include "tests/kernel/device_arith.h"

/* Each function gets an aligned copy, as from a device's buffer. */
#define WITH_COPIES(type, statement) \
    point_xyzz p;                    \
    type point;                      \
    memcpy(&p, acc, sizeof p);       \
    memcpy(&point, q, sizeof point); \
    statement;                       \
    memcpy(acc, &p, sizeof p);

static void add_affine(void *acc, const void *q)
{
    WITH_COPIES(point_affine, xyzz_add_affine(&p, &point))
}

static void sub_affine(void *acc, const void *q)
{
    WITH_COPIES(point_affine, affine_neg_if(&point, 0); affine_neg_if(&point, 1); xyzz_add_affine(&p, &point))
}

static void add(void *acc, const void *q)
{
    WITH_COPIES(point_xyzz, xyzz_add(&p, &point))
}

static void from_affine(void *acc, const void *q)
{
    WITH_COPIES(point_affine, xyzz_from_affine(&p, &point))
}

static void twice_affine(void *acc, const void *q)
{
    WITH_COPIES(point_affine, xyzz_double_affine(&p, &point))
}

static void twice(void *acc)
{
    const void *q = acc;
    WITH_COPIES(point_xyzz, xyzz_double(&p))
}

static void negate(void *acc)
{
    const void *q = acc;
    WITH_COPIES(point_xyzz, xyzz_neg(&p))
}

static void reduce(void *acc)
{
    const void *q = acc;
    WITH_COPIES(point_xyzz, xyzz_reduce(&p))
}

static void to_affine(void *affine, const void *q)
{
    point_xyzz p;
    point_affine r;
    memcpy(&p, q, sizeof p);
    xyzz_to_affine(&r, &p);
    memcpy(affine, &r, sizeof r);
}

static void run_additions(const void *in, void *out, const void *args)
{
    const arith_args a = *(const arith_args *)args;
    for (work_item = 0; work_item <= a.n; work_item++) /* one beyond the end */
        DEVICE_ADDITIONS(in, out, a);
}

static size_t run_selftest(uint32_t *out)
{
#ifdef PT_CURVE_BN254
    static const uint generators[][32] = {SELFTEST_BN254_G1_GENERATOR, SELFTEST_BN254_G2_GENERATOR};
#else
    static const uint generators[][48] = {SELFTEST_BLS12_381_G1_GENERATOR, SELFTEST_BLS12_381_G2_GENERATOR};
#endif
    for (work_item = 0; work_item < SELFTEST_N + 1; work_item++) /* one beyond the end */
        DEVICE_SELFTEST(generators[PT_GROUP - 1], out);
    return SELFTEST_N * (FR_WORDS + FQ_WORDS * (1 + 4 * PT_GROUP));
}

const device_group DEVICE_GROUP = {add_affine, sub_affine, add,       from_affine,   twice,       twice_affine,
                                   negate,     reduce,     to_affine, run_additions, run_selftest};
