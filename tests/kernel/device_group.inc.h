/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/device_group.inc.h - kernels/group.h as C: template of device_g1.c and device_g2.c.
 *
 * needs   PT_GROUP: 1 or 2; DEVICE_GROUP: the name of the table that it gives */
#include "tests/kernel/cl_words.h"

#include <string.h>

#include "kernels/group.h"
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

const device_group DEVICE_GROUP = {add_affine,   sub_affine, add,    from_affine, twice,
                                   twice_affine, negate,     reduce, to_affine};
