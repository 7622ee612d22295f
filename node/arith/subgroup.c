/* SPDX-License-Identifier: Apache-2.0 */
#include "node/arith/subgroup.h"

static const uint64_t x_abs = CURVE_X_ABS;

/* psi on XYZZ: the denominators are conjugated with the coordinates. */
static void psi(g2_xyzz *r, const g2_xyzz *p)
{
    static const fq2 scale_x = PSI_X, scale_y = PSI_Y;
    fq2_conj(&r->x, &p->x);
    fq2_conj(&r->y, &p->y);
    fq2_conj(&r->zz, &p->zz);
    fq2_conj(&r->zzz, &p->zzz);
    fq2_mul(&r->x, &r->x, &scale_x);
    fq2_mul(&r->y, &r->y, &scale_y);
}

bool g1_in_subgroup(const g1_affine *p)
{
    PT_VERIFY(g1_is_on_curve(p));
    g1_xyzz sum;
    g1_from_affine(&sum, p);
    return g1_xyzz_in_subgroup(&sum);
}

bool g2_in_subgroup(const g2_affine *q)
{
    PT_VERIFY(g2_is_on_curve(q));
    g2_xyzz sum;
    g2_from_affine(&sum, q);
    return g2_xyzz_in_subgroup(&sum);
}

#if CURVE_FAMILY_BN

bool g1_xyzz_in_subgroup(const g1_xyzz *p)
{
    (void)p; /* the curve's order is r itself */
    return true;
}

bool g2_xyzz_in_subgroup(const g2_xyzz *q)
{
    g2_xyzz xq, left, image;
    g2_mul_var(&xq, q, &x_abs, 1);
    g2_add(&left, &xq, q);
    psi(&image, &xq);
    g2_add(&left, &left, &image);
    psi(&image, &image);
    g2_add(&left, &left, &image);
    psi(&image, &image);
    g2_dbl(&image, &image);
    return g2_eq(&left, &image);
}

#else

bool g1_xyzz_in_subgroup(const g1_xyzz *p)
{
    static const fq beta = G1_BETA;
    g1_xyzz image = *p, multiple;
    g1_mul_var(&multiple, p, &x_abs, 1);
    g1_mul_var(&multiple, &multiple, &x_abs, 1);
    g1_neg(&multiple, &multiple);
    fq_mul(&image.x, &image.x, &beta);
    return g1_eq(&image, &multiple);
}

bool g2_xyzz_in_subgroup(const g2_xyzz *q)
{
    g2_xyzz image, multiple;
    g2_mul_var(&multiple, q, &x_abs, 1);
    g2_neg(&multiple, &multiple); /* x < 0 */
    psi(&image, q);
    return g2_eq(&image, &multiple);
}

#endif

size_t g1_scan_outside(const uint8_t *points, size_t n)
{
    size_t i = 0;
    for (g1_affine p; i < n; i++) {
        g1_affine_load(&p, points + i * sizeof p);
        if (!g1_in_subgroup(&p))
            break;
    }
    return i;
}

size_t g2_scan_outside(const uint8_t *points, size_t n)
{
    size_t i = 0;
    for (g2_affine q; i < n; i++) {
        g2_affine_load(&q, points + i * sizeof q);
        if (!g2_in_subgroup(&q))
            break;
    }
    return i;
}
