/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/subgroup.h - is a point of the curve in the subgroup of order r? A file's points must be. */
#ifndef PT_SUBGROUP_H
#define PT_SUBGROUP_H

#include "node/arith/g1.h"
#include "node/arith/g2.h"

enum { G1_COFACTOR_IS_1 = CURVE_FAMILY_BN }; /* then every point of the curve is in the subgroup */

#define g1_in_subgroup PT_NAME(g1_in_subgroup)
#define g2_in_subgroup PT_NAME(g2_in_subgroup)
#define g1_scan_outside PT_NAME(g1_scan_outside)
#define g2_scan_outside PT_NAME(g2_scan_outside)
#define g1_xyzz_in_subgroup PT_NAME(g1_xyzz_in_subgroup)
#define g2_xyzz_in_subgroup PT_NAME(g2_xyzz_in_subgroup)

/** Does p have order r, or 1? On BN254 every point of the curve does; on BLS12-381 it is phi(p) = [-x^2] p (eq. 21).
 *  shape   *p is on the curve (g1_is_on_curve); infinity is in the subgroup
 *  thread  any; the time depends on p
 *  source  Scott, eprint 2021/1130; El Housni, Guillevic, Piellard, eprint 2022/352, section 4 */
bool g1_in_subgroup(const g1_affine *p);

/** The same in G2: [x + 1] q + psi([x] q) + psi^2([x] q) = psi^3([2x] q) on BN254 (eq. 22), psi(q) = [x] q on
 *  BLS12-381 (eq. 23).
 *  shape   *q is on the twist (g2_is_on_curve); infinity is in the subgroup
 *  thread  any; the time depends on q
 *  source  BN254: Dai, Lin, Zhao, Zhou, eprint 2022/348, sections 3 and 5.1; BLS12-381: Scott, eprint 2021/1130, section 4 */
bool g2_in_subgroup(const g2_affine *q);

/** The same of sums of points of the curve. */
bool g1_xyzz_in_subgroup(const g1_xyzz *p);
bool g2_xyzz_in_subgroup(const g2_xyzz *q);

/** The index of the first of n points that is not in the subgroup, or n: one by one, for few.
 *  shape   points as in a key file, on the curve */
size_t g1_scan_outside(const uint8_t *points, size_t n);
size_t g2_scan_outside(const uint8_t *points, size_t n);

#endif
