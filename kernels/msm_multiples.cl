/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_multiples.cl - a work-item a point: its multiples 2^(c w) P for all windows w, affine, one inversion for several.
 *
 * Doublings keep x = X / Z^2 and y = Y / Z^3, and Z is the product of every 2 Y before: so with Z_w = Z_(w-1) r_w the inverse of the last
 * Z gives all others from behind, 1 / Z_(w-1) = r_w / Z_w (docs/math.md, eq. 51). The r_w lie in private memory: hence a chunk of windows at a time.
 * source  Explicit-Formulas Database, short Weierstrass a = 0, dbl-2008-s-1 without ZZ and ZZZ; Montgomery 1987, section 10.3.1 */
#include "kernels/msm_points.h"
#include "kernels/shared/msm_sum_args.h"

/* p = 2 p, and z = the factor by which Z grows. */
PT_PRODUCT void double_over_z(point_affine *p, coord *z)
{
    *z = coord_dbl(p->y);
    const coord v = coord_sqr(*z), s = coord_mul(p->x, v), w = coord_mul(*z, v);
    coord m = coord_sqr(p->x);
    m = coord_add(coord_dbl(m), m);
    p->x = coord_sub(coord_sqr(m), coord_dbl(s));
    p->y = coord_mul_sub_mul(m, coord_sub(s, p->x), w, p->y);
}

__kernel void msm_multiples(MSM_POINTS_ARGS, msm_multiples_args args)
{
    if (get_global_id(0) >= args.n_here)
        return;
    const uint index = args.first + (uint)get_global_id(0);
    point_affine p = *msm_point_at(MSM_POINTS, args.part_len, index); /* (0, 0) doubles to (0, 0), with Z = 0 */
    coord growth[MSM_MULTIPLES_CHUNK], factor;
    for (uint w = 1; w < args.n_windows; w += MSM_MULTIPLES_CHUNK) {
        const uint n = min(args.n_windows - w, (uint)MSM_MULTIPLES_CHUNK);
        coord z = coord_one();
        for (uint j = 0; j < n; j++) {
            growth[j] = coord_one();
            for (uint i = 0; i < args.c; i++) {
                double_over_z(&p, &factor);
                growth[j] = coord_mul(growth[j], factor);
            }
            z = coord_mul(z, growth[j]);
            *msm_point_at(MSM_POINTS, args.part_len, (w + j) * args.n + index) = p;
        }
        coord inverse = coord_inv(z);
        for (uint j = n; j-- > 0;) {
            __global point_affine *at = msm_point_at(MSM_POINTS, args.part_len, (w + j) * args.n + index);
            const coord square = coord_sqr(inverse);
            const point_affine over_z = *at;
            at->x = coord_reduce(coord_mul(over_z.x, square));
            at->y = coord_reduce(coord_mul(over_z.y, coord_mul(square, inverse)));
            inverse = coord_mul(inverse, growth[j]);
        }
        p = *msm_point_at(MSM_POINTS, args.part_len, (w + n - 1) * args.n + index);
    }
}
